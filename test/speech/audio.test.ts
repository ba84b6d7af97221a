import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpeechFailure } from '../../speech-node/src/failure.ts';
import { AUDIO_MS_MAX, decodeJobAudio, type JobAudio } from '../../speech-node/src/job-audio.ts';
import { decodeOpus, encodeOpus } from '../../speech-node/src/opus.ts';
import {
  durationMs,
  ENGINE_RATE_HZ,
  pcm16FromSamples,
  resampled,
  samplesFromPcm16,
} from '../../speech-node/src/samples.ts';
import { readWav } from '../../speech-node/src/wav.ts';

const tone = (ms: number, rateHz = ENGINE_RATE_HZ): Float32Array =>
  Float32Array.from(
    { length: (ms * rateHz) / 1000 },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * 440 * index) / rateHz),
  );

const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

const audio = (audioBytes: Uint8Array, fields: Partial<JobAudio> = {}): JobAudio => ({
  audioBytes,
  audio_format: 'opus',
  sample_rate: ENGINE_RATE_HZ,
  ...fields,
});

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof SpeechFailure) return error.code;
    throw error;
  }
  return 'none';
};

describe('Opus', () => {
  it('[SPN2] speech keeps its length and loudness through both ways', () => {
    const there = encodeOpus(tone(1_000));
    const back = decodeJobAudio(audio(there));
    expect(durationMs(back)).toBe(1_000);
    // The first packets are still finding their way.
    const middle = back.subarray(4_000, 12_000);
    expect(rms(middle)).toBeCloseTo(rms(tone(1_000)), 1);
  });

  it('[SPN2] packets are 20 ms, each after its length; the last is filled up', () => {
    const bytes = encodeOpus(tone(50));
    const view = new DataView(bytes.buffer);
    const lengths: number[] = [];
    for (let at = 0; at < bytes.length; at += 2 + (lengths.at(-1) ?? 0))
      lengths.push(view.getUint16(at, true));
    expect(lengths).toHaveLength(3);
    expect(durationMs(decodeOpus(bytes, ENGINE_RATE_HZ))).toBe(60);
    expect(encodeOpus(new Float32Array(0))).toHaveLength(0);
  });

  it('[SPN2] a run of packets may stand anywhere in a larger buffer', () => {
    const bytes = encodeOpus(tone(100));
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    expect(decodeOpus(larger.subarray(3, 3 + bytes.length), ENGINE_RATE_HZ)).toEqual(
      decodeOpus(bytes, ENGINE_RATE_HZ),
    );
  });

  it.each([
    ['a length cut off', Uint8Array.of(5)],
    ['a length past the end', Uint8Array.of(5, 0, 1, 2)],
    ['an empty packet', Uint8Array.of(0, 0)],
    ['a packet that is none', Uint8Array.of(3, 0, 0xff, 0xff, 0xff)],
  ])('[SPN2] %s is INVALID_AUDIO', (_what, bytes) => {
    expect(codeOf(() => decodeJobAudio(audio(bytes)))).toBe('INVALID_AUDIO');
  });

  it('[SPN2] any bytes give samples or INVALID_AUDIO, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['none', 'INVALID_AUDIO']).toContain(codeOf(() => decodeJobAudio(audio(bytes))));
      }),
    );
  });

  it('[SPN2] audio of more than five minutes is TOO_LONG', () => {
    const second = encodeOpus(tone(1_000));
    const repeats = AUDIO_MS_MAX / 1000 + 1;
    const bytes = new Uint8Array(second.length * repeats);
    for (let index = 0; index < repeats; index += 1) bytes.set(second, index * second.length);
    expect(codeOf(() => decodeJobAudio(audio(bytes)))).toBe('TOO_LONG');
  });
});

describe('PCM', () => {
  it('[SPN2] samples survive exactly', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 500 }), (samples) => {
        const bytes = new Uint8Array(samples.buffer.slice(0, samples.byteLength));
        expect(pcm16FromSamples(samplesFromPcm16(bytes))).toEqual(bytes);
      }),
    );
  });

  it('[SPN2] what is too loud is clipped', () => {
    const bytes = pcm16FromSamples(Float32Array.of(2, -2));
    expect([...samplesFromPcm16(bytes)]).toEqual([32_767 / 32_768, -1]);
  });

  it.each([8_000, 22_050, 44_100, 48_000])('[SPN2] %i Hz becomes 16 kHz with the same length', (rateHz) => {
    const pcm = pcm16FromSamples(tone(500, rateHz));
    const samples = decodeJobAudio(audio(pcm, { audio_format: 'pcm16', sample_rate: rateHz }));
    expect(Math.abs(durationMs(samples) - 500)).toBeLessThan(5);
    expect(rms(samples.subarray(1_000, 7_000))).toBeCloseTo(rms(tone(500)), 1);
  });

  it('[SPN2] an odd number of bytes is INVALID_AUDIO, more than five minutes TOO_LONG', () => {
    const pcm = { audio_format: 'pcm16', sample_rate: 8_000 } as const;
    expect(codeOf(() => decodeJobAudio(audio(new Uint8Array(3), pcm)))).toBe('INVALID_AUDIO');
    expect(codeOf(() => decodeJobAudio(audio(new Uint8Array(16_000 * 301), pcm)))).toBe('TOO_LONG');
  });
});

it('[SPN2] the padding of a cut stands behind the audio as silence', () => {
  const samples = decodeJobAudio(
    audio(pcm16FromSamples(tone(100)), { audio_format: 'pcm16', padding_ms: 280 }),
  );
  expect(durationMs(samples)).toBe(380);
  expect(rms(samples.subarray(1_600))).toBe(0);
});

it('[SPN2] no bytes are no samples, also with padding', () => {
  expect(decodeJobAudio(audio(new Uint8Array(0), { padding_ms: 280 }))).toHaveLength(0);
});

it('[SPN2] resampling nothing gives nothing', () => {
  expect(resampled(new Float32Array(0), 22_050, ENGINE_RATE_HZ)).toHaveLength(0);
});

describe('WAV', () => {
  const wav = (fields: { readonly channels?: number; readonly extra?: number } = {}): Uint8Array => {
    const bytes = Buffer.alloc(56);
    bytes.write('RIFF', 0);
    bytes.write('WAVE', 8);
    bytes.write('fmt ', 12);
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(fields.channels ?? 1, 22);
    bytes.writeUInt32LE(16_000, 24);
    bytes.writeUInt16LE(16, 34);
    // An odd chunk that is none of ours, with its filling byte.
    bytes.write('LIST', 36);
    bytes.writeUInt32LE(1, 40);
    const data = Buffer.alloc(12);
    data.write('data', 0);
    data.writeUInt32LE(4 + (fields.extra ?? 0), 4);
    data.writeInt16LE(7, 8);
    return Buffer.concat([bytes.subarray(0, 46), data]);
  };

  it('[SPN18] the samples are found behind other chunks', () => {
    const { sampleRateHz, pcm16 } = readWav(wav());
    expect(sampleRateHz).toBe(16_000);
    expect([...pcm16]).toEqual([7, 0, 0, 0]);
  });

  it('[SPN18] a length past the end gives what is there', () => {
    expect(readWav(wav({ extra: 1_000 })).pcm16).toHaveLength(4);
  });

  it('[SPN18] anything but 16-bit mono PCM is refused', () => {
    expect(() => readWav(wav({ channels: 2 }))).toThrow(RangeError);
    expect(() => readWav(new Uint8Array(3))).toThrow(RangeError);
    expect(() => readWav(wav().subarray(0, 40))).toThrow(RangeError);
  });
});
