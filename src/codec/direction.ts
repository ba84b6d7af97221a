import { isUtf8 } from 'node:buffer';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { answeredAttemptOf } from './answered-attempt.ts';
import type { Decoded, DecodeNote, Invalid } from './decoded.ts';
import { type Explanation, explain } from './explain.ts';
import { viewOf } from './schema-view.ts';
import { compileShaper, type ShapeLog } from './shaper.ts';
import { type CompiledSplice, compileSplice, type Spliceable, spliceFrame } from './splice.ts';

/** A message that fits its schema, with audio still as base64 text. */
export type Fields = Readonly<Record<string, unknown>>;

interface CompiledMessage {
  readonly shape: (value: Fields, log: ShapeLog) => Fields;
  readonly check: (value: unknown) => boolean;
  readonly explain: (value: unknown) => Explanation;
}

/** The messages of one direction of one socket, compiled once at load. */
export interface Direction {
  readonly messages: ReadonlyMap<string, CompiledMessage>;
  /** Types that only travel the other way on this socket. */
  readonly reverseTypes: ReadonlySet<string>;
  /** Types whose audio need not become text. */
  readonly splices: readonly CompiledSplice[];
}

const compiled = new Map<TSchema, CompiledMessage>();
const compileMessage = (schema: TSchema): CompiledMessage => {
  const known = compiled.get(schema);
  if (known) return known;
  const validator = Compile(schema);
  const view = viewOf(schema);
  const message: CompiledMessage = {
    shape: compileShaper(view) as CompiledMessage['shape'],
    check: (value) => validator.Check(value),
    explain: (value) => explain(view, validator.Errors(value)),
  };
  compiled.set(schema, message);
  return message;
};

export const compileDirection = (
  schemas: Readonly<Record<string, TSchema>>,
  reverse: Readonly<Record<string, TSchema>>,
  spliceable: readonly Spliceable[] = [],
): Direction => ({
  messages: new Map(Object.entries(schemas).map(([type, schema]) => [type, compileMessage(schema)])),
  reverseTypes: new Set(Object.keys(reverse).filter((type) => !Object.hasOwn(schemas, type))),
  splices: spliceable.map(compileSplice),
});

/**
 * What is left to do once the fields fit: audio text becomes audio, or is not audio at all. `wire` holds the base64
 * of a frame whose audio was cut out; the field then holds a stand-in.
 */
export type Finish<Message> = (fields: Fields, wire: Buffer | null) => Finished<Message>;
export type Finished<Message> = { readonly message: Message } | Explanation;

export const NO_NOTES: readonly DecodeNote[] = Object.freeze([]);
const TYPE_CHARS_MAX = 64;
const invalid = (type: string | null, field: string, expected: string): Invalid => ({
  kind: 'invalid',
  type,
  field,
  expected,
});

/** The schema check has just established the type that is claimed here. */
export const asMessage = <Message>(fields: Fields): { readonly message: Message } => ({
  message: fields as Message,
});

/** One text frame to one message. Total: any bytes give a value [PRO1]. */
export const decodeFrame = <Message>(
  bytes: Uint8Array,
  direction: Direction,
  finish: Finish<Message>,
): Decoded<Message> => {
  const frame = bufferOf(bytes);
  const spliced = spliceFrame(frame, direction.splices);
  if (spliced !== null) {
    const decoded = decodeFields(spliced.fields, direction, finish, spliced.base64);
    // Only messages are taken from here. What is refused is refused by the plain way, so in the same words.
    if (decoded.kind === 'message') return decoded;
  }
  return decodePlainFrame(frame, direction, finish);
};

/** The same for every frame there is, by parsing all of it: what `decodeFrame` is measured against [AUD11]. */
export const decodePlainFrame = <Message>(
  bytes: Uint8Array,
  direction: Direction,
  finish: Finish<Message>,
): Decoded<Message> => {
  const parsed = parseObject(bufferOf(bytes));
  if (parsed === null) return invalid(null, 'frame', 'one JSON object in UTF-8');
  return decodeFields(parsed, direction, finish, null);
};

const decodeFields = <Message>(
  parsed: Fields,
  direction: Direction,
  finish: Finish<Message>,
  wire: Buffer | null,
): Decoded<Message> => {
  const { type } = parsed;
  if (typeof type !== 'string') return invalid(null, 'type', 'a string');
  const known = direction.messages.get(type);
  if (known === undefined) {
    const reason = direction.reverseTypes.has(type) ? 'wrong_direction' : 'unknown_type';
    return { kind: 'ignored', reason, type: type.slice(0, TYPE_CHARS_MAX) };
  }
  const log: ShapeLog = { notes: null, fault: null };
  const fields = known.shape(parsed, log);
  const refuse = ({ field, expected }: Explanation): Invalid => {
    const answers = answeredAttemptOf(type, fields);
    return { ...invalid(type, field, expected), ...(answers === null ? {} : { answers }) };
  };
  if (!known.check(fields)) {
    return refuse(known.explain(fields));
  }
  if (log.fault !== null) return refuse(log.fault);
  const finished = finish(fields, wire);
  if (!('message' in finished)) return refuse(finished);
  return { kind: 'message', message: finished.message, notes: log.notes ?? NO_NOTES };
};

export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const parseObject = (frame: Buffer): Fields | null => {
  // A text frame must be UTF-8 (RFC 6455 8.1); Buffer would quietly put a replacement character.
  if (!isUtf8(frame)) return null;
  try {
    const value: unknown = JSON.parse(frame.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
};
