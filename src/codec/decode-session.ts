import type { AudioEncoding, AudioPiece } from '#protocol/audio.ts';
import {
  type SessionClientMessage,
  type SessionServerMessage,
  sessionClientSchemas,
  sessionServerSchemas,
} from '#protocol/messages.ts';
import type { AudioChunk } from '#protocol/session-client-messages.ts';
import { isAudioError, pieceFromBase64, pieceFromFrame, wireAudioFromBase64 } from './audio.ts';
import { type ChunkHead, readChunkFrame } from './chunk-frame.ts';
import type { Decoded } from './decoded.ts';
import {
  asMessage,
  bufferOf,
  compileDirection,
  decodeFrame,
  decodePlainFrame,
  type Fields,
  type Finished,
  NO_NOTES,
} from './direction.ts';

/** What the socket's session agreed on for audio that does not name its own form. */
export interface AudioContext {
  readonly encoding: AudioEncoding;
  readonly sampleRateHz: number;
}

const fromClient = compileDirection(sessionClientSchemas, sessionServerSchemas, [
  { type: 'audio_chunk', field: 'payload' },
  { type: 'utterance', field: 'audio' },
]);
const fromServer = compileDirection(sessionServerSchemas, sessionClientSchemas);

/**
 * A text frame of a client. `context` says what the audio of chunks is; whole utterances say it themselves. `chunkHead`:
 * how the chunks of the socket's session begin, which only makes reading them faster.
 */
export const decodeSessionFrame = (
  bytes: Uint8Array,
  context: AudioContext,
  chunkHead: ChunkHead | null = null,
): Decoded<SessionClientMessage> => {
  const frame = bufferOf(bytes);
  return (
    decodeChunkFrame(frame, context, chunkHead) ??
    decodeFrame(frame, fromClient, (fields, wire) => finishClient(fields, wire, context))
  );
};

/** Only messages are taken from here. What is refused is refused by the usual way, so in the same words [AUD13]. */
const decodeChunkFrame = (
  frame: Buffer,
  context: AudioContext,
  chunkHead: ChunkHead | null,
): Decoded<AudioChunk> | null => {
  const read = readChunkFrame(frame, chunkHead);
  if (read === null) return null;
  const { sessionId: session_id, seq, isFinal: is_final, from, to } = read;
  let audio: AudioPiece | null = null;
  if (from < to) {
    const piece = pieceFromFrame(frame, from, to, context);
    if (isAudioError(piece)) return null;
    audio = piece;
  }
  return {
    kind: 'message',
    message: { type: 'audio_chunk', session_id, seq, is_final, audio },
    notes: NO_NOTES,
  };
};

/** The same by parsing the whole frame; slower for audio of some size, otherwise equal [AUD11]. */
export const decodePlainSessionFrame = (
  bytes: Uint8Array,
  context: AudioContext,
): Decoded<SessionClientMessage> =>
  decodePlainFrame(bytes, fromClient, (fields, wire) => finishClient(fields, wire, context));

/** The client's side: a text frame of the server. */
export const decodeSessionServerFrame = (bytes: Uint8Array): Decoded<SessionServerMessage> =>
  decodeFrame(bytes, fromServer, finishServer);

const finishClient = (
  fields: Fields,
  wire: Buffer | null,
  context: AudioContext,
): Finished<SessionClientMessage> => {
  if (fields.type === 'audio_chunk') return finishChunk(fields, wire, context);
  if (fields.type === 'utterance') {
    const audio = pieceFromBase64(
      wire ?? (fields.audio as string),
      fields.audio_format as AudioEncoding,
      fields.sample_rate as number,
    );
    return isAudioError(audio) ? { field: 'audio', expected: audio.error } : asMessage({ ...fields, audio });
  }
  return asMessage(fields);
};

/** The hottest message: built field by field, so that all chunks share one shape. */
const finishChunk = (fields: Fields, wire: Buffer | null, context: AudioContext): Finished<AudioChunk> => {
  const source = wire ?? (fields.payload as string | undefined);
  const audio = source ? pieceFromBase64(source, context.encoding, context.sampleRateHz) : null;
  if (audio !== null && isAudioError(audio)) return { field: 'payload', expected: audio.error };
  const chunk = {
    type: 'audio_chunk' as const,
    session_id: fields.session_id as string,
    seq: fields.seq as number,
    is_final: fields.is_final as boolean,
    audio,
  };
  const { client_timestamp_ms } = fields;
  const message =
    client_timestamp_ms === undefined
      ? chunk
      : { ...chunk, client_timestamp_ms: client_timestamp_ms as number };
  return { message };
};

const finishServer = (fields: Fields): Finished<SessionServerMessage> => {
  if (fields.type === 'translation_result') {
    const text = fields.tts_audio as string;
    const tts_audio = text === '' ? null : wireAudioFromBase64(text);
    if (tts_audio !== null && isAudioError(tts_audio))
      return { field: 'tts_audio', expected: tts_audio.error };
    return asMessage({ ...fields, tts_audio });
  }
  if (fields.type === 'tts_audio') {
    const payload = wireAudioFromBase64(fields.payload as string);
    return isAudioError(payload)
      ? { field: 'payload', expected: payload.error }
      : asMessage({ ...fields, payload });
  }
  return asMessage(fields);
};
