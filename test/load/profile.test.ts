import { describe, expect, test } from 'vitest';
import { seededChance } from '#core/chance.ts';
import { conductOf, latencyMs, readProfile } from '#load/profile.ts';

const profile = (fields: string) => readProfile(`name = "a"\n${fields}`, 'a.toml');
const drawn = (fields: string, audioMs = 2000): number[] => {
  const chance = seededChance(7);
  const told = profile(fields);
  return Array.from({ length: 4001 }, () => latencyMs(told, audioMs, chance)).sort((a, b) => a - b);
};

describe('a mock node', () => {
  test.each(['fixed', 'uniform', 'lognormal'])('[LOD5] %s: the median is as told', (distribution) => {
    const times = drawn(
      `[latency]\ndistribution = "${distribution}"\nbase_ms = 100\nper_audio_second_ms = 50`,
    );
    expect(times[2000]).toBeGreaterThan(190);
    expect(times[2000]).toBeLessThan(210);
    const [least = 0, most = 0] = [times[0], times.at(-1)];
    expect(least).toBeGreaterThanOrEqual(0);
    if (distribution === 'fixed') expect([least, most]).toEqual([200, 200]);
    if (distribution === 'uniform') expect([least >= 140, most <= 260]).toEqual([true, true]);
    if (distribution === 'lognormal') expect(times[3960]).toBeGreaterThan(350);
  });

  test('[LOD5] failures have the shares that the profile says', () => {
    const chance = seededChance(3);
    const shaky = profile('[failures]\nno_answer = 0.1\nerror = 0.2\nlate = 0.05');
    const seen = new Map<string, number>();
    for (let job = 0; job < 10_000; job += 1) {
      const conduct = conductOf(shaky, chance);
      seen.set(conduct, (seen.get(conduct) ?? 0) + 1);
    }
    for (const [conduct, share] of [
      ['no_answer', 0.1],
      ['error', 0.2],
      ['late', 0.05],
      ['answer', 0.65],
    ] as const) {
      expect(Math.abs((seen.get(conduct) ?? 0) / 10_000 - share)).toBeLessThan(0.02);
    }
    expect([...seen.keys()].sort()).toEqual(['answer', 'error', 'late', 'no_answer']);
  });
});
