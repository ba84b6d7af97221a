import { describe, expect, it } from 'vitest';
import { attemptDeadlineMs } from '#core/jobs/deadlines.ts';
import { newSpeed, observeSpeed, type Speed } from '#core/nodes/speed.ts';
import { defaultDispatchSettings as settings } from '#core/settings.ts';

const seen = (samples: number, msPerAudioSecond: number): Speed => {
  const speed = newSpeed();
  for (let n = 0; n < samples; n += 1) observeSpeed(speed, msPerAudioSecond, 1000);
  return speed;
};

describe('attempt deadlines (case 34 is turned round: its formula is not a rule)', () => {
  it.each([
    [0, 15_000],
    [2000, 19_000],
    [20_000, 55_000],
    [30_000, 60_000],
  ])('[JOB14] [W27] before enough was seen, %i ms of audio get %i ms', (audioMs, deadlineMs) => {
    expect(attemptDeadlineMs(newSpeed(), audioMs, settings)).toBe(deadlineMs);
    expect(attemptDeadlineMs(seen(4, 10_000), audioMs, settings)).toBe(deadlineMs);
  });

  it.each([
    [200, 2000, 4000],
    [1000, 4000, 12_000],
    [1000, 30_000, 60_000],
  ])('[JOB14] at %i ms per second, %i ms of audio get %i ms', (pace, audioMs, deadlineMs) => {
    expect(attemptDeadlineMs(seen(5, pace), audioMs, settings)).toBe(deadlineMs);
  });

  it('[JOB14] a configured limit caps both, even below the floor', () => {
    const capped = { ...settings, jobTimeoutMs: 2500 };
    expect(attemptDeadlineMs(newSpeed(), 2000, capped)).toBe(2500);
    expect(attemptDeadlineMs(seen(5, 200), 2000, capped)).toBe(2500);
  });

  it('[NOD21] speed is smoothed, and audio under a second counts as one', () => {
    const speed = newSpeed();
    observeSpeed(speed, 500, 100);
    expect(speed.msPerAudioSecond).toBe(500);
    observeSpeed(speed, 2000, 2000);
    expect(speed).toEqual({ msPerAudioSecond: 600, samples: 2 });
  });
});
