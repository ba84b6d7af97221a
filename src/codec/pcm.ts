import { PCM_SILENCE_DBFS } from '#protocol/limits.ts';

const SAMPLE_BYTES = 2;
const WINDOW_MS = 20;
const SILENCE_SQUARE = (32_768 * 10 ** (PCM_SILENCE_DBFS / 20)) ** 2;

/** Duration of mono 16-bit samples, milliseconds. */
export const pcmDurationMs = (byteCount: number, sampleRateHz: number): number =>
  (byteCount / SAMPLE_BYTES / sampleRateHz) * 1000;

/**
 * Whether little-endian 16-bit samples are silence: the RMS of every 20 ms run lies below -55 dBFS, so that a
 * short word in a long pause is still heard [AUD5]. Stops at the first loud run.
 */
export const isPcmSilent = (bytes: Uint8Array, sampleRateHz: number): boolean => {
  const samples = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const windowBytes = Math.max(1, Math.round((sampleRateHz * WINDOW_MS) / 1000)) * SAMPLE_BYTES;
  const evenBytes = bytes.byteLength - (bytes.byteLength % SAMPLE_BYTES);
  for (let start = 0; start < evenBytes; start += windowBytes) {
    const end = Math.min(start + windowBytes, evenBytes);
    let squares = 0;
    for (let at = start; at < end; at += SAMPLE_BYTES) {
      const sample = samples.getInt16(at, true);
      squares += sample * sample;
    }
    if (squares >= SILENCE_SQUARE * ((end - start) / SAMPLE_BYTES)) return false;
  }
  return true;
};
