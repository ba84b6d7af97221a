import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWav, speechRateHz, WavError, writeWav } from '#cli/wav.ts';

const wavOf = (
  channels: readonly (readonly number[])[],
  rateHz: number,
  change: (view: DataView) => void = () => {},
): Uint8Array => {
  const frames = channels[0]?.length ?? 0;
  const file = new Uint8Array(44 + frames * channels.length * 2);
  file.set(writeWav(new Uint8Array(0), rateHz));
  const view = new DataView(file.buffer);
  view.setUint32(4, file.byteLength - 8, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(40, file.byteLength - 44, true);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, frame) => {
      view.setInt16(44 + 2 * (frame * channels.length + channel), sample, true);
    });
  });
  change(view);
  return file;
};

describe('reading recordings', () => {
  test('[CLI1] 16 kHz mono comes back sample for sample', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1 }), (samples) => {
        expect([...readWav(wavOf([samples], speechRateHz)).samples]).toEqual(samples);
      }),
    );
  });

  test('[CLI1] stereo is mixed and other rates are brought to 16 kHz with their duration kept', () => {
    const left = Array.from({ length: 4410 }, () => 1000);
    const right = Array.from({ length: 4410 }, () => 3000);
    const recording = readWav(wavOf([left, right], 44_100));
    expect(recording.samples.length).toBe(1600);
    expect(new Set(recording.samples)).toEqual(new Set([2000]));
    expect(recording.durationMs).toBe(100);
  });

  test('[CLI1] a chunk between format and data is passed over, and a size past the end takes what is there', () => {
    const plain = wavOf([[1, 2, 3]], speechRateHz);
    const withList = new Uint8Array(plain.byteLength + 10);
    withList.set(plain.subarray(0, 36));
    withList.set([0x4c, 0x49, 0x53, 0x54, 1, 0, 0, 0, 9, 0], 36);
    withList.set(plain.subarray(36), 46);
    new DataView(withList.buffer).setUint32(50, 1_000_000, true);
    expect([...readWav(withList).samples]).toEqual([1, 2, 3]);
  });

  test.each([
    ['no RIFF', new Uint8Array(60), 'not a RIFF/WAVE file'],
    ['empty file', new Uint8Array(0), 'not a RIFF/WAVE file'],
    ['8 bits', wavOf([[0]], 16_000, (v) => v.setUint16(34, 8, true)), '16-bit PCM is expected'],
    ['float', wavOf([[0]], 16_000, (v) => v.setUint16(20, 3, true)), '16-bit PCM is expected'],
    ['no channels', wavOf([[0]], 16_000, (v) => v.setUint16(22, 0, true)), '1 to 16 channels'],
    ['rate 1 Hz', wavOf([[0]], 1), '4 to 192 kHz'],
    ['no data', wavOf([[0]], 16_000).subarray(0, 36), 'no data chunk'],
  ])('[CLI2] %s is refused with what was expected', (_, file, message) => {
    expect(() => readWav(file)).toThrow(WavError);
    expect(() => readWav(file)).toThrow(message);
  });

  test('[CLI2] any bytes give samples or a WavError, never another failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const file = new Uint8Array(12 + tail.length);
        file.set(wavOf([[0]], 16_000).subarray(0, 12));
        file.set(tail, 12);
        try {
          readWav(file);
        } catch (error) {
          expect(error).toBeInstanceOf(WavError);
        }
      }),
    );
  });
});
