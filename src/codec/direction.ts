import { isUtf8 } from 'node:buffer';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Decoded, DecodeNote, Invalid } from './decoded.ts';
import { type Explanation, explain } from './explain.ts';
import { viewOf } from './schema-view.ts';
import { compileShaper, type ShapeLog } from './shaper.ts';

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
): Direction => ({
  messages: new Map(Object.entries(schemas).map(([type, schema]) => [type, compileMessage(schema)])),
  reverseTypes: new Set(Object.keys(reverse).filter((type) => !Object.hasOwn(schemas, type))),
});

/** What is left to do once the fields fit: audio text becomes audio, or is not audio at all. */
export type Finish<Message> = (fields: Fields) => Finished<Message>;
export type Finished<Message> = { readonly message: Message } | Explanation;

const NO_NOTES: readonly DecodeNote[] = Object.freeze([]);
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
  const parsed = parseObject(bytes);
  if (parsed === null) return invalid(null, 'frame', 'one JSON object in UTF-8');
  const { type } = parsed;
  if (typeof type !== 'string') return invalid(null, 'type', 'a string');
  const known = direction.messages.get(type);
  if (known === undefined) {
    const reason = direction.reverseTypes.has(type) ? 'wrong_direction' : 'unknown_type';
    return { kind: 'ignored', reason, type: type.slice(0, TYPE_CHARS_MAX) };
  }
  const log: ShapeLog = { notes: null, fault: null };
  const fields = known.shape(parsed, log);
  if (!known.check(fields)) {
    const { field, expected } = known.explain(fields);
    return invalid(type, field, expected);
  }
  if (log.fault !== null) return invalid(type, log.fault.field, log.fault.expected);
  const finished = finish(fields);
  if (!('message' in finished)) return invalid(type, finished.field, finished.expected);
  return { kind: 'message', message: finished.message, notes: log.notes ?? NO_NOTES };
};

const parseObject = (bytes: Uint8Array): Fields | null => {
  // A text frame must be UTF-8 (RFC 6455 8.1); Buffer would quietly put a replacement character.
  if (!isUtf8(bytes)) return null;
  try {
    const value: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
};
