import { type TProperties, type TSchema, Type } from 'typebox';

/**
 * The vocabulary of the configuration schema. Every key carries its default and its meaning; units are part of the
 * meaning and of the range. From these the defaults, the checks, the error texts and `config.example.toml` are made.
 */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

export const between = (minimum: number, maximum: number): Range => ({ minimum, maximum });

const DAY_S = 86_400;
export const HOUR_MS = 3_600_000;
const COUNT_MAX = 1_000_000_000;
export const anyCount = between(0, COUNT_MAX);
export const someCount = between(1, COUNT_MAX);
export const someSeconds = between(1, DAY_S);

export const whole = (fallback: number, range: Range, description: string) =>
  Type.Integer({ ...range, default: fallback, description });
export const real = (fallback: number, range: Range, description: string) =>
  Type.Number({ ...range, default: fallback, description });
export const flag = (fallback: boolean, description: string) =>
  Type.Boolean({ default: fallback, description });
export const text = (fallback: string, description: string) =>
  Type.String({ default: fallback, description, maxLength: 1024 });
export const choice = <const Word extends string>(
  fallback: NoInfer<Word>,
  words: readonly Word[],
  description: string,
) => Type.Enum(words, { default: fallback, description });
export const texts = (description: string) =>
  Type.Array(Type.String({ maxLength: 1024 }), { default: [], description, maxItems: 1000 });

/** Never printed: not in errors, not in warnings, not in logs [CFG5]. */
export const secret = <Schema extends TSchema>(schema: Schema): Schema => ({ ...schema, 'x-secret': true });

/** Absent unless set: there is no value that would mean "none". */
export const ifSet = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);

export const table = <Keys extends TProperties>(description: string, keys: Keys) =>
  Type.Object(keys, { description, additionalProperties: false });

/** A list of tables (`[[name]]`). */
export const tables = <Keys extends TProperties>(description: string, keys: Keys) =>
  Type.Array(Type.Object(keys, { additionalProperties: false }), {
    default: [],
    description,
    maxItems: 1000,
  });
