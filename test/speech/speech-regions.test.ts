import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationMs, ENGINE_RATE_HZ, joined, samplesFromPcm16 } from '../../speech-node/src/samples.ts';
import { capRegions, padRegions, type SpeechRegion } from '../../speech-node/src/speech-regions.ts';
import { unbothered, useRealEngines } from './engines-for-tests.ts';
import { INAUGURAL, NOVEL } from './recordings.ts';

const engines = useRealEngines();
const find = (samples: Float32Array) => engines().findSpeech(samples, unbothered());
const silence = (ms: number) => new Float32Array((ms * ENGINE_RATE_HZ) / 1000);
const novel = samplesFromPcm16(NOVEL.wav.pcm16);

const regionsIn = (samplesCount: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: samplesCount }), { maxLength: 12 })
    .map((marks) => marks.sort((one, other) => one - other))
    .map((marks) =>
      marks.flatMap((start, index): SpeechRegion[] => {
        const end = marks[index + 1];
        return index % 2 === 0 && end !== undefined ? [{ start, end }] : [];
      }),
    );

it('[SPN4] silence and noise are not speech', async () => {
  expect(await find(silence(3_000))).toEqual([]);
  const noise = Float32Array.from(
    { length: 3 * ENGINE_RATE_HZ },
    (_, index) => 0.1 * Math.sin(index * index),
  );
  expect(await find(noise)).toEqual([]);
  expect(await find(new Float32Array(0))).toEqual([]);
});

it('[SPN4] speech between silences is found whole, with a quarter of a second around it', async () => {
  const [region, ...more] = await find(joined([silence(2_000), novel, silence(2_000)]));
  expect(more).toEqual([]);
  const startMs = ((region?.start ?? 0) / ENGINE_RATE_HZ) * 1000;
  const endMs = ((region?.end ?? 0) / ENGINE_RATE_HZ) * 1000;
  expect(startMs).toBeGreaterThan(1_500);
  expect(startMs).toBeLessThan(2_500);
  expect(endMs).toBeGreaterThan(4_500);
  expect(endMs).toBeLessThanOrEqual(2_000 + durationMs(novel) + 500);
});

it('[SPN4] a search does not remember the one before, also when several run at once', async () => {
  const alone = await find(novel);
  const [first, second, quiet] = await Promise.all([find(novel), find(novel), find(silence(2_000))]);
  expect(first).toEqual(alone);
  expect(second).toEqual(alone);
  expect(quiet).toEqual([]);
});

it('[SPN4] speech without an end is cut into pieces of at most 20 s', async () => {
  const speech = samplesFromPcm16(INAUGURAL.wav.pcm16);
  const regions = await find(joined([speech, speech, speech, speech, speech]));
  for (const { start, end } of regions) expect(end - start).toBeLessThanOrEqual(20 * ENGINE_RATE_HZ);
  const found = regions.reduce((sum, { start, end }) => sum + end - start, 0);
  expect(found).toBeGreaterThan(0.7 * 5 * speech.length);
});

it('[SPN12] a search that is no longer wanted stops', async () => {
  const wish = new AbortController();
  const search = engines().findSpeech(silence(60_000), wish.signal);
  wish.abort(new Error('no longer wanted'));
  await expect(search).rejects.toThrow('no longer wanted');
});

it('[SPN4] padded regions stay inside the audio, in order and apart', () => {
  fc.assert(
    fc.property(regionsIn(1_000), fc.nat({ max: 300 }), (regions, pad) => {
      const padded = padRegions(regions, pad, 1_000);
      let last = -1;
      for (const { start, end } of padded) {
        expect(start).toBeGreaterThan(last);
        expect(end).toBeLessThanOrEqual(1_000);
        last = end;
      }
      for (const { start, end } of regions)
        expect(padded.some((wide) => wide.start <= start && wide.end >= end)).toBe(true);
    }),
  );
});

it('[SPN4] capped regions are short enough and cover the same samples', () => {
  const samples = Float32Array.from({ length: 100_000 }, (_, index) => Math.sin(index));
  fc.assert(
    fc.property(regionsIn(samples.length), fc.integer({ min: 10_000, max: 30_000 }), (regions, max) => {
      const capped = capRegions(regions, samples, max);
      for (const { start, end } of capped) expect(end - start).toBeLessThanOrEqual(max);
      expect(padRegions(capped, 0, samples.length)).toEqual(padRegions(regions, 0, samples.length));
    }),
  );
});

it('[SPN4] a long region is cut where it is quiet', () => {
  const samples = new Float32Array(40_000).fill(0.5);
  samples.fill(0, 17_000, 19_000);
  const [first] = capRegions([{ start: 0, end: 40_000 }], samples, 20_000);
  expect(first?.end).toBeGreaterThan(17_000);
  expect(first?.end).toBeLessThan(19_000);
});
