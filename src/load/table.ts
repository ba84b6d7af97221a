import { parse, TomlError } from 'smol-toml';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type Fault, faultsOf } from './faults.ts';

/** A file that cannot be used: all that is wrong with it, each by its field and what is expected there. */
export class TableError extends Error {
  override readonly name = 'TableError';
}

/** What must hold between fields, each of them fine by itself. */
export interface Relation<Table> {
  /** Those it looks at; it is not judged while one of them is wrong. */
  readonly fields: readonly string[];
  /** Null: it holds. */
  readonly faultOf: (table: Table) => Fault | null;
}

const refusal = (what: string, faults: readonly Fault[]): TableError => {
  const lines = faults.map(({ field, text }) => `${field || 'the file'}: ${text}`);
  return new TableError(
    lines.length === 1
      ? `${what}: ${lines[0]}`
      : [`${what}:`, ...lines.map((line) => `  ${line}`)].join('\n'),
  );
};

/**
 * TOML text as a checked table, with the defaults of the schema where it says nothing [LOD1].
 *
 * errors: `TableError` for broken TOML (with line), else with every unknown key, every missing one, every value out of its
 *   range and every relation that does not hold.
 */
export const readTable = <Schema extends TSchema>(
  text: string,
  schema: Schema,
  what: string,
  relations: readonly Relation<Static<Schema>>[] = [],
): Static<Schema> => {
  let table: unknown;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new TableError(`${what}: broken TOML at line ${error.line}, column ${error.column}`);
  }
  return checkedTable(Value.Default(schema, table), schema, what, relations);
};

/** The same for a table that is read already. errors: `TableError` as above. */
export const checkedTable = <Schema extends TSchema>(
  table: unknown,
  schema: Schema,
  what: string,
  relations: readonly Relation<Static<Schema>>[] = [],
): Static<Schema> => {
  const faults = faultsOf(schema, table);
  const isFine = (field: string): boolean => !faults.some((fault) => touches(fault.field, field));
  const broken = relations
    .filter(({ fields }) => fields.every(isFine))
    .flatMap(({ faultOf }) => faultOf(table as Static<Schema>) ?? []);
  if (faults.length + broken.length > 0) throw refusal(what, [...faults, ...broken]);
  return table as Static<Schema>;
};

/** The same field, or one of them within the other. */
const touches = (one: string, other: string): boolean =>
  one === '' || one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
