import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';
import {
  ID_CHARS_MAX,
  INTEGER_MAX,
  LABEL_CHARS_MAX,
  LANG_CHARS_MAX,
  SAMPLE_RATE_HZ_MAX,
  SAMPLE_RATE_HZ_MIN,
  SEQ_MAX,
} from './limits.ts';

/**
 * The vocabulary that message schemas are written in. Three annotations tell the decoder where to be kind [PRO5]:
 * `x-rounding` ('nearest' | 'down') on a number, `x-unknown` (fallback value, or 'drop') on an enumeration,
 * `x-skip-unknown` on a list whose entries with an unknown enumeration value are left out.
 * Optional means: absent or null, both mean none; the decoder strips the nulls [PRO4].
 */
export const Id = Type.String({ maxLength: ID_CHARS_MAX });
export const Label = Type.String({ maxLength: LABEL_CHARS_MAX });
export const Lang = Type.String({ maxLength: LANG_CHARS_MAX });
/** Transcripts, messages to people: bounded by the frame alone. */
export const Text = Type.String();
/** Base64 with padding. Never given a `maxLength` or a pattern: both walk the whole of the audio. */
export const Base64 = Type.String({ contentEncoding: 'base64' });
export const Flag = Type.Boolean();
/** A real number of any size. */
export const Real = Type.Number();
/** Count or running number. */
export const Uint = Type.Integer({ minimum: 0, maximum: INTEGER_MAX });
/** Sequence number or utterance index. */
export const Seq = Type.Integer({ minimum: 0, maximum: SEQ_MAX });
/** Duration or offset in milliseconds; a fraction is rounded. */
export const DurationMs = Type.Number({ minimum: 0, maximum: INTEGER_MAX, 'x-rounding': 'nearest' });
/** Instant: epoch milliseconds by the sender's clock; a fraction is rounded. */
export const InstantMs = Type.Number({
  minimum: -INTEGER_MAX,
  maximum: INTEGER_MAX,
  'x-rounding': 'nearest',
});
/** A count for which some peers send a measured fraction; rounded. */
export const RoundedUint = Type.Number({ minimum: 0, maximum: INTEGER_MAX, 'x-rounding': 'nearest' });
/** A size of memory; a fraction is rounded down. */
export const FlooredUint = Type.Number({ minimum: 0, maximum: INTEGER_MAX, 'x-rounding': 'down' });
export const SampleRateHz = Type.Integer({ minimum: SAMPLE_RATE_HZ_MIN, maximum: SAMPLE_RATE_HZ_MAX });

/** Any JSON, null included. */
export const Json = Type.Unsafe<unknown>({ 'x-json': true });
/** Any JSON but null. */
export const JsonNotNull = Type.Unsafe<unknown>({ not: { type: 'null' }, 'x-json': true });
/** Map from free keys to numbers; null values are left out. */
export const NumberByKey = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: { type: 'number' },
});
/** Map from free keys to booleans. */
export const FlagByKey = Type.Unsafe<Record<string, boolean>>({
  type: 'object',
  additionalProperties: { type: 'boolean' },
});

export const Opt = Type.Optional;
export const listOf = <Item extends TSchema>(item: Item, countMax: number, options: object = {}) =>
  Type.Array(item, { maxItems: countMax, ...options });

/** What a message is inside the process: readonly all the way down. */
export type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;
/** The in-process type of a schema without audio: null-free, readonly. */
export type MessageOf<Schema extends TSchema> = Immutable<Static<Schema>>;
/** As `MessageOf`, with the fields that hold base64 on the wire replaced by their in-process form. */
export type MessageWith<
  Schema extends TSchema,
  Audio extends object,
  Dropped extends PropertyKey = keyof Audio,
> = Flatten<Omit<MessageOf<Schema>, Dropped> & Readonly<Audio>>;
type Flatten<T> = { [Key in keyof T]: T[Key] };
