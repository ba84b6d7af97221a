import type { AudioChunk } from '#protocol/session-client-messages.ts';
import { isAudioError, pieceFromBytes } from './audio.ts';
import type { AudioContext } from './decode-session.ts';
import type { Decoded, Invalid } from './decoded.ts';

/**
 * Audio without base64, for clients granted `binary` [PRO7].
 *
 * layout: byte 0 type, byte 1 length n of the session id, bytes 2-5 seq, bytes 6-9 time (both u32 LE).
 *   Audio (0x01): byte 10 is_final, byte 11 reserved, n bytes of session id, then the audio.
 *   Final (0x02): n bytes of session id from byte 10.
 * The time is the client's clock modulo 2^32 ms. It names no instant, so it is not taken over.
 */
const AUDIO = 0x01;
const FINAL = 0x02;
const AUDIO_HEAD_BYTES = 12;
const FINAL_HEAD_BYTES = 10;
/** The id's length is one byte. */
const ID_BYTES_MAX = 255;

const invalid = (field: string, expected: string): Invalid => ({
  kind: 'invalid',
  type: 'audio_chunk',
  field,
  expected,
});

/** A binary frame of a client, as the chunk it stands for. Total: any bytes give a value. */
export const decodeSessionBinaryFrame = (bytes: Uint8Array, context: AudioContext): Decoded<AudioChunk> => {
  const type = bytes[0];
  if (type !== AUDIO && type !== FINAL) {
    if (type === undefined) return invalid('frame', 'at least one byte');
    return { kind: 'ignored', reason: 'unknown_type', type: `binary:${type}` };
  }
  const headBytes = type === AUDIO ? AUDIO_HEAD_BYTES : FINAL_HEAD_BYTES;
  const idEnd = headBytes + (bytes[1] ?? 0);
  if (bytes.length < idEnd) return invalid('session_id', 'as many bytes as its length says');
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A copy: the piece outlives the frame, and must not pin the block that the socket read.
  const audioBytes = type === AUDIO ? Buffer.from(frame.subarray(idEnd)) : null;
  const audio =
    audioBytes === null || audioBytes.length === 0
      ? null
      : pieceFromBytes(audioBytes, context.encoding, context.sampleRateHz);
  if (audio !== null && isAudioError(audio)) return invalid('payload', audio.error);
  const message: AudioChunk = {
    type: 'audio_chunk',
    session_id: frame.toString('utf8', headBytes, idEnd),
    seq: frame.readUInt32LE(2),
    is_final: type === FINAL || bytes[10] !== 0,
    audio,
  };
  return { kind: 'message', message, notes: [] };
};

/**
 * The client's side.
 *
 * units: `clientTimeMs` any clock of the client, sent modulo 2^32.
 * errors: throws on a session id of more than 255 bytes; ours are far shorter.
 */
export const encodeSessionBinaryFrame = (chunk: AudioChunk, clientTimeMs: number): Buffer => {
  const id = Buffer.from(chunk.session_id, 'utf8');
  if (id.length > ID_BYTES_MAX) throw new RangeError('session id too long for a binary frame');
  const isBareFinal = chunk.is_final && chunk.audio === null;
  const headBytes = isBareFinal ? FINAL_HEAD_BYTES : AUDIO_HEAD_BYTES;
  const head = Buffer.alloc(headBytes);
  head[0] = isBareFinal ? FINAL : AUDIO;
  head[1] = id.length;
  head.writeUInt32LE(chunk.seq, 2);
  head.writeUInt32LE(Math.floor(clientTimeMs) >>> 0, 6);
  if (!isBareFinal) head[10] = chunk.is_final ? 1 : 0;
  return Buffer.concat([head, id, chunk.audio?.bytes ?? Buffer.alloc(0)]);
};
