import type { AudioEncoding, AudioPiece, WireAudio } from '#protocol/audio.ts';
import { decodeBase64, decodeBase64Wire, measureBase64Wire } from './base64.ts';
import { walkOpusPackets } from './opus-packets.ts';
import { isPcmSilent, pcmDurationMs } from './pcm.ts';

/** Why bytes are not audio, as what was expected instead, in plain words. */
export interface AudioError {
  readonly error: string;
}

export const isAudioError = (result: object): result is AudioError => 'error' in result;

/** Audio as a piece; duration and silence are found here, so that nobody behind needs a decoder [AUD3]. */
export const pieceFromBytes = (
  bytes: Uint8Array,
  encoding: AudioEncoding,
  sampleRateHz: number,
): AudioPiece | AudioError => {
  if (encoding === 'opus') {
    const run = walkOpusPackets(bytes);
    if (typeof run === 'string') return { error: run };
    return { encoding, bytes, durationMs: run.durationMs, sampleRateHz, isSilent: run.isSilent };
  }
  if (bytes.byteLength % 2 !== 0) return { error: 'an even number of bytes of 16-bit samples' };
  return {
    encoding,
    bytes,
    durationMs: pcmDurationMs(bytes.byteLength, sampleRateHz),
    sampleRateHz,
    isSilent: isPcmSilent(bytes, sampleRateHz),
  };
};

/** Base64 as the frame brought it: text where all of it was parsed, else its bytes on the wire, never empty. */
export type Base64Source = string | Buffer;

const NOT_BASE64: AudioError = { error: 'base64 with padding' };

/** As `pieceFromBytes`, from standard base64 with padding; no text = a piece without audio. */
export const pieceFromBase64 = (
  source: Base64Source,
  encoding: AudioEncoding,
  sampleRateHz: number,
): AudioPiece | AudioError => {
  const bytes = typeof source === 'string' ? decodeBase64(source) : decodeBase64Wire(source);
  return bytes === null ? NOT_BASE64 : pieceFromBytes(bytes, encoding, sampleRateHz);
};

/** The same of base64 that stands in a frame. */
export const pieceFromFrame = (
  frame: Buffer,
  from: number,
  to: number,
  { encoding, sampleRateHz }: { readonly encoding: AudioEncoding; readonly sampleRateHz: number },
): AudioPiece | AudioError => {
  const bytes = decodeBase64Wire(frame, from, to);
  return bytes === null ? NOT_BASE64 : pieceFromBytes(bytes, encoding, sampleRateHz);
};

/**
 * Speech on its way through, kept as base64. It is checked all the same: what we splice into a frame later must
 * not be able to end the string it stands in.
 */
export const wireAudioFromBase64 = (source: Base64Source): WireAudio | AudioError => {
  if (typeof source !== 'string') {
    const rawBytes = measureBase64Wire(source);
    return rawBytes === null ? NOT_BASE64 : { base64: keptSlice(source), rawBytes };
  }
  const raw = decodeBase64(source);
  return raw === null ? NOT_BASE64 : { base64: Buffer.from(source, 'latin1'), rawBytes: raw.byteLength };
};

/**
 * A slice that is kept keeps all of the block that the socket read. So it stays a view where it is at least half of
 * that block, as long speech is, and is copied where it is less: no result pins more than twice its own size [AUD10].
 */
const keptSlice = (slice: Buffer): Buffer =>
  slice.byteLength * 2 >= slice.buffer.byteLength ? slice : Buffer.from(slice);
