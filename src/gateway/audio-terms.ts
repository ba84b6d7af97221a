import { decodeSessionBinaryFrame } from '#codec/binary-frame.ts';
import { type ChunkHead, chunkHeadOf } from '#codec/chunk-frame.ts';
import type { AudioContext } from '#codec/decode-session.ts';
import type { Decoded } from '#codec/decoded.ts';
import type { SessionTerms } from '#core/session/negotiation.ts';
import type { SessionId } from '#protocol/ids.ts';
import { AUDIO_ENCODINGS, type AudioChunk } from '#protocol/session-client-messages.ts';
import type { SessionInitAck } from '#protocol/session-server-messages.ts';

/** How the audio of one socket is read. */
export interface AudioTerms extends AudioContext {
  readonly isBinaryGranted: boolean;
  /** How the chunks of its session begin; null while it has none. */
  readonly chunkHead: ChunkHead | null;
}

/** What every client sends that names no form of audio. */
export const LEGACY_AUDIO: AudioTerms = {
  encoding: 'opus',
  sampleRateHz: 16_000,
  isBinaryGranted: false,
  chunkHead: null,
};

/** The ack says what was agreed on, so it is also what we read by. */
export const audioAgreedIn = (ack: SessionInitAck, sessionId: SessionId): AudioTerms => ({
  encoding:
    AUDIO_ENCODINGS.find((encoding) => encoding === ack.negotiated_audio_format) ?? LEGACY_AUDIO.encoding,
  sampleRateHz: ack.negotiated_sample_rate ?? LEGACY_AUDIO.sampleRateHz,
  isBinaryGranted: ack.use_binary_frame ?? false,
  chunkHead: chunkHeadOf(sessionId),
});

/** Of a session that a client comes back to. */
export const audioOf = (
  { encoding, sampleRateHz, granted }: SessionTerms,
  sessionId: SessionId,
): AudioTerms => ({
  encoding,
  sampleRateHz,
  isBinaryGranted: granted.includes('binary'),
  chunkHead: chunkHeadOf(sessionId),
});

/** A binary frame is audio for those who were granted it, and a mistake of everybody else [GAT40]. */
export const decodeBinary = (bytes: Uint8Array, terms: AudioTerms): Decoded<AudioChunk> =>
  terms.isBinaryGranted
    ? decodeSessionBinaryFrame(bytes, terms)
    : { kind: 'invalid', type: null, field: 'frame', expected: 'text; binary frames were not granted' };
