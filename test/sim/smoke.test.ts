import { describe, expect, test } from 'vitest';
import { FAULTS } from '#sim/faults.ts';
import { MUTANTS } from '#sim/mutants.ts';
import { describeFailure, runSeed, runSeeds } from '#sim/run.ts';

const seeds = 300;
const mutantSeedsMax = 150;

describe('the scheduler on a simulated clock and network', () => {
  test('[SIM5] [I1] [I2] [I3] [I4] [I5] [I6] [I8] 300 seeds with faults keep the invariants', {
    timeout: 180_000,
  }, async () => {
    const report = await runSeeds(1, seeds);
    expect(report.failures.map(describeFailure)).toEqual([]);
    // A run that did little proves little.
    expect(report.events / seeds).toBeGreaterThan(500);
    expect(report.outcomes).toBeGreaterThan(seeds * 5);
    expect(report.hedges).toBeGreaterThan(0);
    expect(report.held).toBeGreaterThan(0);
    const struck = Object.keys(report.faults).toSorted();
    expect(struck).toEqual(Object.keys(FAULTS).toSorted());
  });

  test('[SIM2] the same seed goes the same way twice, another one another way', async () => {
    const [one, again, other] = [await runSeed(11), await runSeed(11), await runSeed(12)];
    expect(again.traceHash).toBe(one.traceHash);
    expect(other.traceHash).not.toBe(one.traceHash);
  });

  test.each(Object.entries(MUTANTS))(
    '[SIM7] the checkers see that %s is broken',
    { timeout: 60_000 },
    async (_name, sabotage) => {
      let caughtBy: string | null = null;
      for (let seed = 1; seed <= mutantSeedsMax && caughtBy === null; seed++) {
        caughtBy = (await runSeed(seed, { sabotage })).failure?.message ?? null;
      }
      expect(caughtBy).not.toBeNull();
    },
  );
});

describe('seeds that failed once', () => {
  test.each([
    [210, 'a reader that stood still: the deadline of the outbound buffer rang for ever at one instant'],
  ])('[SIM8] seed %i holds (%s)', async (seed) => {
    expect(describeFailure(await runSeed(seed))).toBe(`seed ${seed}: held`);
  });
});
