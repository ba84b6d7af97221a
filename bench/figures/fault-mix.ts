import { type Percentiles, percentilesOf, runSeed } from '#sim/run.ts';

/** What an ordinary bad day comes to, in simulated time: exact, and the same on every machine. */
export interface BadDay {
  readonly seeds: number;
  readonly outcomes: number;
  readonly missing: number;
  /** Sentences given up because later ones had waited too long. */
  readonly givenUp: number;
  readonly hedges: number;
  readonly redispatch: Percentiles;
  readonly queued: Percentiles;
  /** Seeds in which something was lost, came twice or out of order, or a node held more than it can. */
  readonly brokenSeeds: readonly number[];
}

export const badDay = async (seeds: number): Promise<BadDay> => {
  const sums = { outcomes: 0, missing: 0, hedges: 0 };
  let givenUp = 0;
  const redispatchMs: number[] = [];
  const queuedMs: number[] = [];
  const brokenSeeds: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await runSeed(seed, { mix: 'standard' });
    if (report.failure !== null) brokenSeeds.push(seed);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
    givenUp += report.givenUp.length;
    redispatchMs.push(...report.redispatchMs);
    queuedMs.push(...report.queuedMs);
  }
  return {
    seeds,
    ...sums,
    givenUp,
    brokenSeeds,
    redispatch: percentilesOf(redispatchMs),
    queued: percentilesOf(queuedMs),
  };
};
