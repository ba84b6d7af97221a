import type { JobId } from '#protocol/ids.ts';
import { type Percentiles, percentilesOf, runSeed } from '#sim/run.ts';

/** What an ordinary bad day comes to, in simulated time: exact, and the same on every machine. */
export interface BadDay {
  readonly seeds: number;
  readonly outcomes: number;
  readonly missing: number;
  /** Sentences given up because later ones had waited too long. */
  readonly givenUp: number;
  /** Those among them that would have been answered in the same world if nobody were given up for the order. */
  readonly lostToHold: number;
  readonly hedges: number;
  readonly redispatch: Percentiles;
  readonly queued: Percentiles;
  /** Seeds in which something was lost, came twice or out of order, or a node held more than it can. */
  readonly brokenSeeds: readonly number[];
}

/** Longer than the work for any sentence goes on, and settled before a world has to be. */
const ENDLESS_HOLD_MS = 100_000;

/** How many of these jobs are answered in the same world where a result waits for those before it as long as it takes. */
const answeredWithoutHold = async (seed: number, jobIds: readonly JobId[]): Promise<number> => {
  if (jobIds.length === 0) return 0;
  const { answered } = await runSeed(seed, { mix: 'standard', holdMs: ENDLESS_HOLD_MS });
  return jobIds.filter((jobId) => answered.has(jobId)).length;
};

export const badDay = async (seeds: number): Promise<BadDay> => {
  const sums = { outcomes: 0, missing: 0, hedges: 0 };
  let givenUp = 0;
  let lostToHold = 0;
  const redispatchMs: number[] = [];
  const queuedMs: number[] = [];
  const brokenSeeds: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await runSeed(seed, { mix: 'standard' });
    if (report.failure !== null) brokenSeeds.push(seed);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
    givenUp += report.givenUp.length;
    lostToHold += await answeredWithoutHold(seed, report.givenUp);
    redispatchMs.push(...report.redispatchMs);
    queuedMs.push(...report.queuedMs);
  }
  return {
    seeds,
    ...sums,
    givenUp,
    lostToHold,
    brokenSeeds,
    redispatch: percentilesOf(redispatchMs),
    queued: percentilesOf(queuedMs),
  };
};
