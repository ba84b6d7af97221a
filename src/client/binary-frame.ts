/**
 * Audio without base64, for servers that granted `binary`.
 *
 * layout: byte 0 type, byte 1 length n of the session id, bytes 2-5 seq, bytes 6-9 time (both u32 LE).
 *   Audio (0x01): byte 10 is_final, byte 11 reserved, n bytes of session id, then the audio.
 *   Final (0x02), for a final without audio: n bytes of session id from byte 10.
 * units: `clientTimeMs` epoch milliseconds, sent modulo 2^32.
 * source: docs/spec/protocol.md [PRO7]; a test reads these frames with the server's decoder [SDK62].
 */
const AUDIO = 0x01;
const FINAL = 0x02;
const AUDIO_HEAD_BYTES = 12;
const FINAL_HEAD_BYTES = 10;
/** The id's length is one byte. */
const ID_BYTES_MAX = 255;
const text = new TextEncoder();

export interface BinaryChunk {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly isFinal: boolean;
}

/** Null when the session id does not fit: such a session speaks JSON. */
export const encodeBinaryFrame = (
  sessionId: string,
  { seq, bytes, isFinal }: BinaryChunk,
  clientTimeMs: number,
): Uint8Array<ArrayBuffer> | null => {
  const id = text.encode(sessionId);
  if (id.length > ID_BYTES_MAX) return null;
  const isBareFinal = isFinal && bytes.length === 0;
  const headBytes = isBareFinal ? FINAL_HEAD_BYTES : AUDIO_HEAD_BYTES;
  const frame = new Uint8Array(headBytes + id.length + bytes.length);
  const head = new DataView(frame.buffer);
  head.setUint8(0, isBareFinal ? FINAL : AUDIO);
  head.setUint8(1, id.length);
  head.setUint32(2, seq, true);
  head.setUint32(6, clientTimeMs % 2 ** 32, true);
  if (!isBareFinal) head.setUint8(10, isFinal ? 1 : 0);
  frame.set(id, headBytes);
  frame.set(bytes, headBytes + id.length);
  return frame;
};
