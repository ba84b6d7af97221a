import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { type SchemaView, viewOf } from '#codec/schema-view.ts';
import { opusRun } from './opus-run.ts';

/** Base64 that is valid as Opus packets and, being of even length, as PCM too. Never empty. */
const base64 = fc
  .array(opusRun, { minLength: 1, maxLength: 4 })
  .map((runs) => Buffer.concat(runs.map(({ bytes }) => bytes)))
  .filter(({ length }) => length % 2 === 0)
  .map((bytes) => bytes.toString('base64'));

const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
const real = fc.double({ noNaN: true, noDefaultInfinity: true });
const key = fc.string({ maxLength: 10 }).filter((text) => text !== '__proto__');

const stringOf = (schema: SchemaView & { readonly contentEncoding?: string }): fc.Arbitrary<unknown> =>
  schema.contentEncoding === 'base64'
    ? base64
    : fc
        .string({ unit: 'grapheme', maxLength: 12 })
        .filter(({ length }) => length <= (schema.maxLength ?? 99));

/** Wire JSON of any message of a schema: optional fields now there, now not; no nulls, no fractions of times. */
const arbitraryOf = (schema: SchemaView): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.not) return json.filter((value) => value !== null);
  switch (schema.type) {
    case 'object':
      return schema.properties
        ? objectOf(schema)
        : fc.dictionary(key, arbitraryOf(schema.additionalProperties ?? {}));
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}), { maxLength: 3 });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return stringOf(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 32 });
    case 'number':
      return schema['x-rounding']
        ? fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 32 })
        : real;
    default:
      return json;
  }
};

const objectOf = (schema: SchemaView): fc.Arbitrary<unknown> =>
  fc.record(
    Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, field]) => [
        name,
        schema.required?.includes(name)
          ? arbitraryOf(field)
          : arbitraryOf(field).filter((value) => value !== null),
      ]),
    ),
    { requiredKeys: [...(schema.required ?? [])] },
  );

/** A frame of any message of the table. */
export const arbitraryFrame = (
  schemas: Readonly<Record<string, TSchema>>,
): fc.Arbitrary<Record<string, unknown>> =>
  // Through text and back, as -0 and the like do not survive the wire.
  fc
    .oneof(...Object.values(schemas).map((schema) => arbitraryOf(viewOf(schema))))
    .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
