import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';

/**
 * Byte pass-through: the base64 of a frame is cut out of the wire bytes and only what is around it is parsed, with a
 * stand-in in its place, so that audio never becomes a JavaScript string [AUD11].
 *
 * Why that is safe. The field is looked for as `,"field":"`. Its first quote follows a comma, so it is not escaped
 * and either opens a string or ends one; in the second case letters follow where JSON has none, with the stand-in as
 * without it. So in whatever parses, the match is a key and our cut is its whole value up to the first quote: a value
 * with an escape in it ends in a backslash, which is not base64. And nobody can write the stand-in, for it is drawn
 * anew by each process: where it comes back at the top of the message is where the cut was made.
 */
export interface Spliceable {
  readonly type: string;
  /** The one field of that type that holds base64. */
  readonly field: string;
}

export interface CompiledSplice extends Spliceable {
  /** How every client that writes compact JSON begins such a frame. */
  readonly head: Buffer;
  readonly key: Buffer;
}

export interface Spliced {
  /** The message with the stand-in as its audio. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What stood there: a view on the frame, not empty, not yet checked. */
  readonly base64: Buffer;
}

/** Below this, parsing the whole frame costs no more than parsing around the audio. */
export const SPLICE_BYTES_MIN = 2048;

const QUOTE = 0x22;
const STAND_IN = randomBytes(16).toString('base64url');

export const compileSplice = ({ type, field }: Spliceable): CompiledSplice => ({
  type,
  field,
  head: Buffer.from(`{"type":"${type}"`),
  key: Buffer.from(`,"${field}":"`),
});

/** Null: nothing to cut, or a frame of unusual form, which the plain way reads. */
export const spliceFrame = (frame: Buffer, splices: readonly CompiledSplice[]): Spliced | null => {
  if (frame.length < SPLICE_BYTES_MIN) return null;
  for (const splice of splices) {
    if (startsWith(frame, splice.head)) return cutOut(frame, splice);
  }
  return null;
};

const startsWith = (frame: Buffer, head: Buffer): boolean => {
  for (let at = head.length - 1; at >= 0; at -= 1) {
    if (frame[at] !== head[at]) return false;
  }
  return true;
};

const cutOut = (frame: Buffer, { type, field, head, key }: CompiledSplice): Spliced | null => {
  const keyAt = frame.indexOf(key, head.length);
  if (keyAt === -1) return null;
  const start = keyAt + key.length;
  const end = frame.indexOf(QUOTE, start);
  // An empty value is worth no cut; a frame that is no UTF-8 is refused as a whole.
  if (end <= start || !isUtf8(frame)) return null;
  const fields = parse(withStandIn(frame, start, end));
  if (fields === null || fields.type !== type || fields[field] !== STAND_IN) return null;
  return { fields, base64: frame.subarray(start, end) };
};

/** Of one frame after the other; messages are small around their audio. */
const scratch = Buffer.allocUnsafeSlow(8192);

const withStandIn = (frame: Buffer, start: number, end: number): string => {
  const length = start + STAND_IN.length + frame.length - end;
  if (length > scratch.length)
    return frame.toString('utf8', 0, start) + STAND_IN + frame.toString('utf8', end);
  // One text that is made at once: one of three would be put together before it is parsed.
  frame.copy(scratch, 0, 0, start);
  scratch.write(STAND_IN, start, 'latin1');
  frame.copy(scratch, start + STAND_IN.length, end);
  return scratch.toString('utf8', 0, length);
};

/** The text begins with a brace, so what parses is an object. */
const parse = (text: string): Spliced['fields'] | null => {
  try {
    return JSON.parse(text) as Spliced['fields'];
  } catch {
    return null;
  }
};
