import { describe, expect, it } from 'vitest';
import { isAudioError, pieceFromBytes } from '#codec/audio.ts';

const RATE_HZ = 16_000;
const bytesOf = (samples: readonly number[]): Uint8Array => new Uint8Array(Int16Array.from(samples).buffer);
const tone = (count: number, amplitude: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => (at % 2 === 0 ? amplitude : -amplitude));
const piece = (bytes: Uint8Array, sampleRateHz = RATE_HZ) => {
  const result = pieceFromBytes(bytes, 'pcm16', sampleRateHz);
  if (isAudioError(result)) throw new Error(result.error);
  return result;
};

describe('PCM', () => {
  it.each([
    [32_000, 16_000, 1000],
    [16_000, 16_000, 500],
    [12_800, 16_000, 400],
    [96_000, 48_000, 1000],
    [0, 16_000, 0],
  ])('[AUD5] [W15] %i bytes at %i Hz last %i ms (case 29)', (byteCount, rateHz, durationMs) => {
    expect(piece(new Uint8Array(byteCount), rateHz)).toMatchObject({ durationMs, sampleRateHz: rateHz });
  });

  it('[AUD5] the line between silence and sound lies at -55 dBFS', () => {
    // 32 768 times 10^(-55/20) is 58.27: a square wave's RMS is its amplitude.
    expect(piece(bytesOf(tone(1600, 58))).isSilent).toBe(true);
    expect(piece(bytesOf(tone(1600, 59))).isSilent).toBe(false);
  });

  it('[AUD5] one loud run of 20 ms in two seconds of nothing is sound', () => {
    const samples = [...tone(16_000, 0), ...tone(320, 500), ...tone(15_680, 0)];
    expect(piece(bytesOf(samples)).isSilent).toBe(false);
  });

  it('[AUD5] samples are read at any alignment, little-endian', () => {
    const padded = Buffer.concat([Buffer.from([7]), bytesOf([0x0100, 0x0100])]);
    expect(piece(padded.subarray(1)).isSilent).toBe(false);
    expect(piece(Buffer.from([0, 0, 1, 0])).isSilent).toBe(true);
  });

  it('[AUD8] an odd number of bytes is an error', () => {
    expect(pieceFromBytes(new Uint8Array(3), 'pcm16', RATE_HZ)).toHaveProperty('error');
  });
});
