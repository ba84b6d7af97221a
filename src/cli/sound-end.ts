import { isPcmSilent } from '#codec/pcm.ts';
import { speechRateHz } from './wav.ts';

/** Where the last chunk ends that the scheduler takes for sound, if samples leave in such chunks; 0 = there is none. units: ms */
export const soundEndMs = (samples: Int16Array, chunkSamples: number): number => {
  let endMs = 0;
  for (let at = 0; at < samples.length; at += chunkSamples) {
    const chunk = samples.subarray(at, at + chunkSamples);
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!isPcmSilent(bytes, speechRateHz)) endMs = ((at + chunk.length) * 1000) / speechRateHz;
  }
  return endMs;
};
