import { Breach } from './checkers/breach.ts';
import type { FaultName } from './faults.ts';
import { World, type WorldOptions } from './world.ts';

export interface SeedReport {
  readonly seed: number;
  /** Null = every invariant held. */
  readonly failure: SeedFailure | null;
  readonly events: number;
  readonly outcomes: number;
  readonly missing: number;
  readonly held: number;
  readonly droppedResults: number;
  readonly hedges: number;
  readonly faults: ReadonlyMap<FaultName, number>;
  readonly traceHash: string;
}

export interface SeedFailure {
  /** The broken invariant; null when the code itself threw. */
  readonly invariant: string | null;
  readonly message: string;
  /** The last events in and effects out before it. */
  readonly trace: readonly string[];
}

const traceLinesShown = 60;

/** One world from its seed to the end of its history. Never rejects: a failure is in the report. */
export const runSeed = async (seed: number, options: WorldOptions = {}): Promise<SeedReport> => {
  const world = new World(seed, options);
  let failure: SeedFailure | null = null;
  try {
    await world.run();
  } catch (error) {
    failure = {
      invariant: error instanceof Breach ? error.invariant : null,
      message: error instanceof Error ? error.message : String(error),
      trace: world.trace.last(traceLinesShown),
    };
  }
  return {
    seed,
    failure,
    events: world.agenda.eventCount,
    outcomes: world.sessions.outcomes,
    missing: world.sessions.missing,
    held: world.sessions.held,
    droppedResults: world.dispatcher.dropped,
    hedges: world.dispatcher.hedges,
    faults: world.faultCounts,
    traceHash: world.trace.hash,
  };
};

export interface RunReport {
  readonly from: number;
  readonly seeds: number;
  readonly failures: readonly SeedReport[];
  readonly events: number;
  readonly outcomes: number;
  readonly missing: number;
  readonly held: number;
  readonly droppedResults: number;
  readonly hedges: number;
  readonly faults: Readonly<Record<string, number>>;
}

/** Seeds `from`, `from` + 1, …; goes on after a failure. `onSeed` is for progress. */
export const runSeeds = async (
  from: number,
  seeds: number,
  onSeed: (report: SeedReport) => void = () => {},
): Promise<RunReport> => {
  const failures: SeedReport[] = [];
  const sums = { events: 0, outcomes: 0, missing: 0, held: 0, droppedResults: 0, hedges: 0 };
  const faults: Record<string, number> = {};
  for (let seed = from; seed < from + seeds; seed++) {
    const report = await runSeed(seed);
    onSeed(report);
    if (report.failure !== null) failures.push(report);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
    for (const [name, times] of report.faults) faults[name] = (faults[name] ?? 0) + times;
  }
  return { from, seeds, failures, ...sums, faults };
};

/** A failed seed as a person reads it: the seed first, then what broke, then what led there. */
export const describeFailure = ({ seed, failure }: SeedReport): string =>
  failure === null
    ? `seed ${seed}: held`
    : [
        `seed ${seed} failed: ${failure.message}`,
        ...failure.trace.map((line) => `  ${line}`),
        `replay: lingua sim --seed ${seed} --seeds 1`,
      ].join('\n');
