import type { Scenario } from '#load/scenario.ts';
import { describeFailure, type RunReport, runSeeds } from './run.ts';

export interface SimCommandOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly isJson: boolean;
  /** Instead of drawn clients and faults: these people, on ordinary bad days. `name`: as it was asked for. */
  readonly played?: { readonly name: string; readonly scenario: Scenario };
  /** Called now and then, with how far it is. */
  readonly onProgress: (done: number) => void;
  readonly nowMs: () => number;
}

export interface SimCommandResult {
  readonly text: string;
  readonly hasFailed: boolean;
}

const PROGRESS_EVERY = 50;
const FAILURES_SHOWN_MAX = 5;
/** Shorter runs need not have been everywhere. */
const COVERING_SEEDS_MIN = 1000;

/** `lingua sim`: runs seeds and says what happened in them; a failed one with the way to replay it [SIM12]. */
export const runSimCommand = async (options: SimCommandOptions): Promise<SimCommandResult> => {
  const startedAtMs = options.nowMs();
  let done = 0;
  const { played } = options;
  const onSeed = (): void => {
    done += 1;
    if (done % PROGRESS_EVERY === 0) options.onProgress(done);
  };
  const world = played === undefined ? {} : { mix: 'standard' as const, scenario: played.scenario };
  const report = await runSeeds(options.seed, options.seeds, onSeed, world);
  const seconds = (options.nowMs() - startedAtMs) / 1000;
  const isUncovered =
    played === undefined && options.seeds >= COVERING_SEEDS_MIN && report.uncovered.length > 0;
  const hasFailed = report.failures.length > 0 || isUncovered;
  return {
    text: options.isJson ? asJson(report, seconds) : asText(report, seconds, played?.name),
    hasFailed,
  };
};

const asJson = (report: RunReport, seconds: number): string => {
  const failures = report.failures.map(({ seed, failure }) => ({ seed, ...failure }));
  return JSON.stringify({ ...report, failures, coverage: Object.fromEntries(report.coverage), seconds });
};

const asText = (report: RunReport, seconds: number, played: string | undefined): string => {
  const { from, seeds, failures, redispatch } = report;
  const mustCover = played === undefined && seeds >= COVERING_SEEDS_MIN;
  const uncovered = mustCover ? report.uncovered : [];
  const moreOptions = played === undefined ? '' : ` --scenario ${played}`;
  const coverage = [...report.coverage]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, times]) => `  ${what.padEnd(60)} ${Math.round(times)}`);
  return [
    ...failures.slice(0, FAILURES_SHOWN_MAX).map((failed) => describeFailure(failed, moreOptions)),
    'how often each thing occurred:',
    ...coverage,
    ...(uncovered.length === 0 ? [] : [`never occurred: ${uncovered.join(', ')}`]),
    `seeds ${from} to ${from + seeds - 1}: ${failures.length} failed${seedsOf(failures)}`,
    `${report.events} events (${Math.round(report.events / seeds)} a seed), ${(seeds / seconds).toFixed(1)} seeds a second`,
    `${report.outcomes} outcomes, ${report.missing} of them missing, ${report.givenUp} given up for the order; ${report.hedges} hedges`,
    `${redispatch.count} attempts lost with a socket and made anew: p50 ${Math.round(redispatch.p50Ms)} ms, p99 ${Math.round(redispatch.p99Ms)} ms, at most ${Math.round(redispatch.maxMs)} ms later`,
  ].join('\n');
};

const seedsOf = (failures: RunReport['failures']): string =>
  failures.length === 0 ? '' : ` (${failures.map(({ seed }) => seed).join(', ')})`;
