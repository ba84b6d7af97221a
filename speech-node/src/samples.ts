import sherpa from 'sherpa-onnx-node';

/** The rate that every engine here works at. Samples without a rate of their own are mono, -1 to 1, at this rate. */
export const ENGINE_RATE_HZ = 16_000;
const SAMPLE_BYTES = 2;
const FULL_SCALE = 32_768;

/** shape: raw 16-bit little-endian mono in, samples out. `bytes` has an even length. */
export const samplesFromPcm16 = (bytes: Uint8Array): Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.byteLength / SAMPLE_BYTES);
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = view.getInt16(index * SAMPLE_BYTES, true) / FULL_SCALE;
  return samples;
};

/** shape: samples in, raw 16-bit little-endian mono out; what is too loud is clipped. */
export const pcm16FromSamples = (samples: Float32Array): Uint8Array => {
  const bytes = new Uint8Array(samples.length * SAMPLE_BYTES);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => {
    const scaled = Math.round(sample * FULL_SCALE);
    view.setInt16(index * SAMPLE_BYTES, Math.min(FULL_SCALE - 1, Math.max(-FULL_SCALE, scaled)), true);
  });
  return bytes;
};

export const resampled = (samples: Float32Array, fromHz: number, toHz: number): Float32Array =>
  fromHz === toHz || samples.length === 0 ? samples : new sherpa.LinearResampler(fromHz, toHz).flush(samples);

export const durationMs = (samples: Float32Array): number => (samples.length / ENGINE_RATE_HZ) * 1000;

export const joined = (parts: readonly Float32Array[]): Float32Array => {
  const whole = new Float32Array(parts.reduce((count, part) => count + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
