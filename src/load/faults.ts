import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';

/** What a schema of these files says of one field. */
interface View {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly items?: TSchema;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

/** One mistake: the field as people write it (`speech.chunk_ms`), and what is wrong with it. */
export interface Fault {
  readonly field: string;
  readonly text: string;
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Every mistake, field by field, in the order of the schema; the values are not repeated. */
export const faultsOf = (schema: TSchema, value: unknown, field = ''): readonly Fault[] => {
  const view = schema as View;
  if (view.properties !== undefined && isTable(value)) return faultsInTable(view, value, field);
  if (view.items !== undefined && Array.isArray(value) && value.length <= (view.maxItems ?? value.length)) {
    const { items } = view;
    return value.flatMap((item, at) => faultsOf(items, item, `${field} entry ${at + 1}`));
  }
  return Check(schema, value) ? [] : [{ field, text: `must be ${expectationOf(view)}` }];
};

const faultsInTable = (
  { properties = {}, required = [] }: View,
  table: Readonly<Record<string, unknown>>,
  field: string,
): readonly Fault[] => {
  const within = (name: string): string => (field === '' ? name : `${field}.${name}`);
  const known = Object.keys(properties);
  return [
    ...Object.keys(table)
      .filter((name) => !Object.hasOwn(properties, name))
      .map((name) => ({ field: within(name), text: `no such key; there is ${known.join(', ')}` })),
    ...Object.entries(properties).flatMap(([name, schema]) => {
      if (Object.hasOwn(table, name)) return faultsOf(schema, table[name], within(name));
      return required.includes(name)
        ? [{ field: within(name), text: `is missing; must be ${expectationOf(schema as View)}` }]
        : [];
    }),
  ];
};

const expectationOf = (view: View): string => {
  const { type, enum: words, minimum, maximum, multipleOf, minLength = 0, maxLength, maxItems } = view;
  if (words !== undefined) return `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`;
  switch (type) {
    case 'integer':
    case 'number': {
      const kind = type === 'integer' ? 'a whole number' : 'a number';
      const step = multipleOf === undefined ? '' : `, a multiple of ${multipleOf}`;
      return `${kind} from ${minimum} to ${maximum}${step}`;
    }
    case 'boolean':
      return 'true or false';
    case 'object':
      return `a table with ${Object.keys(view.properties ?? {}).join(', ')}`;
    case 'array':
      return `a list of at most ${maxItems}`;
    default:
      return maxLength === undefined
        ? 'a text that is not empty'
        : `a text of ${minLength} to ${maxLength} characters`;
  }
};
