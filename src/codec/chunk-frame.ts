import { ID_CHARS_MAX, SEQ_MAX } from '#protocol/limits.ts';

/**
 * The frame that comes a hundred times as often as any other, an `audio_chunk` in the form in which every client writes
 * it: compact JSON, the fields in this order, nothing else, an id of plain letters. It is read by its form, byte by byte,
 * and never parsed. Anything that differs in one byte is read the usual way, in the same words [AUD13].
 */
export interface ChunkFrame {
  readonly sessionId: string;
  readonly seq: number;
  readonly isFinal: boolean;
  /** Where the base64 stands in the frame, not yet checked; both the same = no audio. */
  readonly from: number;
  readonly to: number;
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

const HEAD = bytesOf('{"type":"audio_chunk","session_id":"');
const SEQ = bytesOf('","seq":');
const NOT_FINAL = bytesOf(',"is_final":false');
const FINAL = bytesOf(',"is_final":true');
const PAYLOAD = bytesOf(',"payload":"');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7d;
const ZERO = 0x30;
const DIGITS_MAX = String(SEQ_MAX).length;

const standsAt = (frame: Uint8Array, at: number, text: Uint8Array): boolean => {
  if (at + text.length > frame.length) return false;
  for (let i = 0; i < text.length; i += 1) if (frame[at + i] !== text[i]) return false;
  return true;
};

/** Behind the id that begins at `at`; -1 unless it is plain, printable ASCII. */
const endOfId = (frame: Uint8Array, at: number): number => {
  const last = Math.min(frame.length, at + ID_CHARS_MAX + 1);
  for (let end = at; end < last; end += 1) {
    const byte = frame[end] ?? 0;
    if (byte === QUOTE) return end;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1;
  }
  return -1;
};

/** How the chunks of one session begin, up to their number: they are known by it, and no id is read again and again. */
export interface ChunkHead {
  readonly sessionId: string;
  readonly bytes: Uint8Array;
}

/** Null for an id that is not written as it is. */
export const chunkHeadOf = (sessionId: string): ChunkHead | null => {
  const bytes = Buffer.concat([HEAD, Buffer.from(sessionId, 'utf8'), SEQ]);
  return endOfId(bytes, HEAD.length) === bytes.length - SEQ.length ? { sessionId, bytes } : null;
};

/** Null: not in that form. `expected`: the head that its session's chunks have; any other id is read as well. */
export const readChunkFrame = (frame: Buffer, expected: ChunkHead | null = null): ChunkFrame | null => {
  if (expected !== null && standsAt(frame, 0, expected.bytes)) {
    return readBehindHead(frame, expected.sessionId, expected.bytes.length);
  }
  if (!standsAt(frame, 0, HEAD)) return null;
  const idEnd = endOfId(frame, HEAD.length);
  if (idEnd < 0 || !standsAt(frame, idEnd, SEQ)) return null;
  const sessionId = frame.toString('latin1', HEAD.length, idEnd);
  return readBehindHead(frame, sessionId, idEnd + SEQ.length);
};

const readBehindHead = (frame: Buffer, sessionId: string, digitsAt: number): ChunkFrame | null => {
  let at = digitsAt;
  let seq = 0;
  for (let digit = (frame[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (frame[at] ?? 0) - ZERO) {
    seq = seq * 10 + digit;
    at += 1;
  }
  const digits = at - digitsAt;
  if (digits === 0 || digits > DIGITS_MAX || seq > SEQ_MAX) return null;
  // JSON has no leading zeros.
  if (frame[digitsAt] === ZERO && digits > 1) return null;

  const isFinal = standsAt(frame, at, FINAL);
  if (!isFinal && !standsAt(frame, at, NOT_FINAL)) return null;
  at += isFinal ? FINAL.length : NOT_FINAL.length;

  const last = frame.length - 1;
  if (frame[last] !== BRACE) return null;
  const hasPayload = standsAt(frame, at, PAYLOAD);
  if (hasPayload ? frame[last - 1] !== QUOTE : at !== last) return null;
  const from = hasPayload ? at + PAYLOAD.length : at;
  const to = hasPayload ? last - 1 : at;
  if (to < from) return null;
  return { sessionId, seq, isFinal, from, to };
};
