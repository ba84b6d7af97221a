/** What a run saw. Times from the end of a sentence to its outcome. */
export interface LoadReport {
  readonly scenario: string;
  readonly durationS: number;
  readonly sessions: { readonly opened: number; readonly refused: number; readonly reopened: number };
  readonly sentences: { readonly offered: number; readonly sent: number; readonly skipped: number };
  readonly outcomes: {
    readonly translated: number;
    readonly missing: Readonly<Record<string, number>>;
    /** Of sentences that were not spoken to their end, and so were not sent. */
    readonly unfinished: number;
  };
  /** Sentences without an outcome, outcomes twice, outcomes before an earlier one. All must be 0. */
  readonly wrong: { readonly lost: number; readonly duplicated: number; readonly misordered: number };
  readonly cuts: number;
  readonly audioS: number;
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
}

export const isWrong = ({ wrong, sessions }: LoadReport): boolean =>
  wrong.lost + wrong.duplicated + wrong.misordered > 0 || sessions.opened === 0;

const quantile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);

export const latencyFigures = (delaysMs: readonly number[]): LoadReport['latencyMs'] => {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1].map((share) => quantile(sorted, share));
  return { p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0, max: max ?? 0 };
};

/** For people. */
export const describeLoad = (report: LoadReport): string => {
  const { sessions, sentences, outcomes, wrong, latencyMs, cuts, audioS } = report;
  const missing = Object.entries(outcomes.missing);
  const missingCount = missing.reduce((sum, [, count]) => sum + count, 0);
  const reasons = missing.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return [
    `${report.scenario}: ${report.durationS.toFixed(0)} s, ${audioS.toFixed(0)} s of speech`,
    `sessions   ${sessions.opened} opened, ${sessions.refused} refused, ${sessions.reopened} opened again, ${cuts} cuts`,
    `sentences  ${sentences.offered} offered, ${sentences.sent} sent, ${sentences.skipped} skipped`,
    `outcomes   ${outcomes.translated} translated, ${missingCount} missing${reasons === '' ? '' : ` (${reasons})`}${outcomes.unfinished > 0 ? `, ${outcomes.unfinished} of unfinished sentences` : ''}`,
    outcomes.translated === 0
      ? 'latency    nothing was translated'
      : `latency    p50 ${latencyMs.p50} ms, p90 ${latencyMs.p90} ms, p99 ${latencyMs.p99} ms, at most ${latencyMs.max} ms`,
    `wrong      ${wrong.lost} lost, ${wrong.duplicated} twice, ${wrong.misordered} out of order`,
  ].join('\n');
};
