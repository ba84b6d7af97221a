import { parse, TomlError } from 'smol-toml';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

/** A file that cannot be used, in one sentence that names the field and what is expected of it. */
export class TableError extends Error {
  override readonly name = 'TableError';
}

/** `/speech/chunk_ms` as people write it. */
const fieldOf = (path: string): string => path.replace(/^\//, '').replaceAll('/', '.') || 'the file';

interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const faultText = ({ keyword, instancePath, message, params }: Fault): string => {
  const field = fieldOf(instancePath);
  // What is not in the schema is checked against nothing at all.
  if (keyword === 'boolean') return `${field}: no such key`;
  if (keyword === 'required') {
    const missing = (params.requiredProperties as readonly string[] | undefined) ?? [];
    return `${missing.map((key) => (instancePath === '' ? key : `${field}.${key}`)).join(', ')}: is missing`;
  }
  return `${field}: ${message}`;
};

/**
 * TOML text as a checked table, with the defaults of the schema where it says nothing [LOD1].
 *
 * errors: `TableError` for broken TOML (with line), an unknown key, a missing one, and a value out of its range.
 */
export const readTable = <Schema extends TSchema>(
  text: string,
  schema: Schema,
  what: string,
): Static<Schema> => {
  let table: unknown;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new TableError(`${what}: broken TOML at line ${error.line}, column ${error.column}`);
  }
  return checkedTable(Value.Default(schema, table), schema, what);
};

/** The same for a table that is read already. errors: `TableError` as above. */
export const checkedTable = <Schema extends TSchema>(
  table: unknown,
  schema: Schema,
  what: string,
): Static<Schema> => {
  const validator = Compile(schema);
  if (validator.Check(table)) return table as Static<Schema>;
  const [first] = validator.Errors(table) as unknown as readonly Fault[];
  throw new TableError(`${what}: ${first === undefined ? 'does not fit' : faultText(first)}`);
};
