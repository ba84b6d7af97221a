import { describeFailure, runSeeds } from './run.ts';

export interface SimCommandOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly isJson: boolean;
  /** Called now and then, with how far it is. */
  readonly onProgress: (done: number) => void;
  readonly nowMs: () => number;
}

export interface SimCommandResult {
  readonly text: string;
  readonly hasFailed: boolean;
}

const progressEvery = 50;

/** `lingua sim`: runs seeds and says what happened in them; a failed one with the way to replay it. */
export const runSimCommand = async (options: SimCommandOptions): Promise<SimCommandResult> => {
  const startedAtMs = options.nowMs();
  let done = 0;
  const report = await runSeeds(options.seed, options.seeds, () => {
    done += 1;
    if (done % progressEvery === 0) options.onProgress(done);
  });
  const seconds = (options.nowMs() - startedAtMs) / 1000;
  const hasFailed = report.failures.length > 0;
  if (options.isJson) {
    const failures = report.failures.map(({ seed, failure }) => ({ seed, ...failure }));
    return { text: JSON.stringify({ ...report, failures, seconds }), hasFailed };
  }
  const faults = Object.entries(report.faults)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `  ${name.padEnd(22)} ${times}`);
  const lines = [
    `seeds ${report.from} to ${report.from + report.seeds - 1}: ${report.failures.length} failed`,
    `${report.events} events (${Math.round(report.events / report.seeds)} a seed), ${(report.seeds / seconds).toFixed(1)} seeds a second`,
    `${report.outcomes} outcomes, ${report.missing} of them missing, ${report.held} held for order; ${report.hedges} hedges, ${report.droppedResults} results dropped`,
    'faults:',
    ...faults,
    ...report.failures.slice(0, 5).map(describeFailure),
  ];
  return { text: lines.join('\n'), hasFailed };
};
