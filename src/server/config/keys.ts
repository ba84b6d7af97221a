import type { TSchema } from 'typebox';
import { ConfigSchema } from './schema.ts';

/** What a key or table of the schema says of itself. */
export interface KeyView {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, KeyView>>;
  readonly required?: readonly string[];
  readonly items?: KeyView;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-secret'?: boolean;
  /** What the value has to be, where its type does not say enough. */
  readonly 'x-expected'?: string;
  /** What is wrong with the entries of the list is told of each. */
  readonly 'x-entries'?: 'tokens';
}

/** One leaf of the configuration, by its dotted path. */
export interface Key {
  readonly path: string;
  readonly names: readonly string[];
  readonly view: KeyView;
  readonly schema: TSchema;
  /** Absent unless set. */
  readonly isOptional: boolean;
}

export const rootView = ConfigSchema as KeyView;

const leavesOf = (table: KeyView, names: readonly string[]): readonly Key[] =>
  Object.entries(table.properties ?? {}).flatMap(([name, view]) => {
    const path = [...names, name];
    if (view.properties !== undefined) return leavesOf(view, path);
    const isOptional = !(table.required ?? []).includes(name);
    return [{ path: path.join('.'), names: path, view, schema: view as TSchema, isOptional }];
  });

/** Every key there is, in the order of the schema. */
export const KEYS: ReadonlyMap<string, Key> = new Map(leavesOf(rootView, []).map((key) => [key.path, key]));

const tablesOf = (table: KeyView, names: readonly string[]): readonly string[] =>
  Object.entries(table.properties ?? {}).flatMap(([name, view]) =>
    view.properties === undefined ? [] : [[...names, name].join('.'), ...tablesOf(view, [...names, name])],
  );

/** Every table there is, by its dotted path, in the order of the schema. */
export const TABLES: readonly string[] = tablesOf(rootView, []);

/** The table at a path; undefined when there is none. */
export const tableAt = (names: readonly string[]): KeyView | undefined => {
  let at: KeyView | undefined = rootView;
  for (const name of names) at = at?.properties?.[name];
  return at?.properties === undefined ? undefined : at;
};

/** What a value has to be, in plain words. */
export const expectationOf = (view: KeyView): string => {
  const { type, enum: words, minimum, maximum, items, 'x-expected': expected } = view;
  if (expected !== undefined) return expected;
  if (words !== undefined) return `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`;
  switch (type) {
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`;
    case 'number':
      return `a number from ${minimum} to ${maximum}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return items?.properties === undefined
        ? 'a list of texts'
        : `a list of tables with ${Object.keys(items.properties).join(', ')}`;
    default:
      return 'a text';
  }
};
