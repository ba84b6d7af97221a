import type { JobId } from '#protocol/ids.ts';
import { Breach } from './checkers/breach.ts';
import { missingFrom } from './coverage.ts';
import { World, type WorldOptions } from './world.ts';

export interface SeedFailure {
  /** The broken rule; null when the code itself threw. */
  readonly rule: string | null;
  readonly message: string;
  /** The last events in and effects out before it. */
  readonly trace: readonly string[];
}

export interface SeedReport {
  readonly seed: number;
  /** Null = every rule held. */
  readonly failure: SeedFailure | null;
  readonly events: number;
  readonly outcomes: number;
  readonly missing: number;
  readonly hedges: number;
  /** Sentences given up because later ones had waited too long, by their jobs. */
  readonly givenUp: readonly JobId[];
  readonly redispatchMs: readonly number[];
  readonly queuedMs: readonly number[];
  readonly coverage: ReadonlyMap<string, number>;
  readonly traceHash: string;
}

const TRACE_LINES_SHOWN = 60;

/** One world from its seed to the end of its history. Never rejects: a failure is in the report. */
export const runSeed = async (seed: number, options: WorldOptions = {}): Promise<SeedReport> => {
  const world = new World(seed, options);
  let failure: SeedFailure | null = null;
  try {
    await world.run();
  } catch (error) {
    failure = {
      rule: error instanceof Breach ? error.rule : null,
      message: error instanceof Breach ? error.message : describeError(error),
      trace: world.trace.last(TRACE_LINES_SHOWN),
    };
  }
  const { outcomes, missing, hedges, givenUp, redispatchMs, queuedMs } = world.figures;
  return {
    seed,
    failure,
    events: world.agenda.eventCount,
    outcomes,
    missing,
    hedges,
    givenUp,
    redispatchMs,
    queuedMs,
    coverage: world.coverage.counts,
    traceHash: world.trace.hash,
  };
};

const describeError = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** units: simulated milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface RunReport {
  readonly from: number;
  readonly seeds: number;
  readonly failures: readonly SeedReport[];
  readonly events: number;
  readonly outcomes: number;
  readonly missing: number;
  /** Sentences given up because later ones had waited too long. */
  readonly givenUp: number;
  readonly hedges: number;
  /** From the loss of a node's socket to the next attempt of each of its jobs. */
  readonly redispatch: Percentiles;
  readonly coverage: ReadonlyMap<string, number>;
  /** What should have occurred in a long run and did not [SIM11]. */
  readonly uncovered: readonly string[];
}

/** Seeds `from`, `from` + 1, …; goes on after a failure. `onSeed` is for progress. */
export const runSeeds = async (
  from: number,
  seeds: number,
  onSeed: (report: SeedReport) => void = () => {},
  options: WorldOptions = {},
): Promise<RunReport> => {
  const failures: SeedReport[] = [];
  const sums = { events: 0, outcomes: 0, missing: 0, hedges: 0 };
  let givenUp = 0;
  const redispatchMs: number[] = [];
  const coverage = new Map<string, number>();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const report = await runSeed(seed, options);
    onSeed(report);
    if (report.failure !== null) failures.push(report);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
    givenUp += report.givenUp.length;
    for (const [what, times] of report.coverage) coverage.set(what, (coverage.get(what) ?? 0) + times);
    redispatchMs.push(...report.redispatchMs);
  }
  const redispatch = percentilesOf(redispatchMs);
  return { from, seeds, failures, ...sums, givenUp, redispatch, coverage, uncovered: missingFrom(coverage) };
};

export const percentilesOf = (valuesMs: readonly number[]): Percentiles => {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1) ?? 0 };
};

/** A failed seed as a person reads it: the seed first, then what broke, then what led there, then how to replay it. */
export const describeFailure = ({ seed, failure }: SeedReport, moreOptions = ''): string =>
  failure === null
    ? `seed ${seed}: held`
    : [
        `seed ${seed} failed: ${failure.message}`,
        ...failure.trace.map((line) => `  ${line}`),
        `replay: lingua sim --seed ${seed} --seeds 1${moreOptions}`,
      ].join('\n');
