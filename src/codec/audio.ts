import type { AudioEncoding, AudioPiece, WireAudio } from '#protocol/audio.ts';
import { decodeBase64 } from './base64.ts';
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

/** As `pieceFromBytes`, from standard base64 with padding; no text = a piece without audio. */
export const pieceFromBase64 = (
  text: string,
  encoding: AudioEncoding,
  sampleRateHz: number,
): AudioPiece | AudioError => {
  const bytes = decodeBase64(text);
  return bytes === null ? { error: 'base64 with padding' } : pieceFromBytes(bytes, encoding, sampleRateHz);
};

/**
 * Speech on its way through, kept as base64. It is checked all the same: what we splice into a frame later must
 * not be able to end the string it stands in.
 */
export const wireAudioFromBase64 = (text: string): WireAudio | AudioError => {
  const raw = decodeBase64(text);
  return raw === null
    ? { error: 'base64 with padding' }
    : { base64: Buffer.from(text, 'latin1'), rawBytes: raw.byteLength };
};
