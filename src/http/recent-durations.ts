const KEPT_COUNT = 1000;

export interface Percentiles {
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** How many the figures are of; at most 1 000. */
  readonly count: number;
}

/** The last thousand durations, for figures that are asked for now and then. units: ms */
export class RecentDurations {
  readonly #kept = new Float64Array(KEPT_COUNT);
  #seen = 0;

  note(durationMs: number): void {
    this.#kept[this.#seen % KEPT_COUNT] = durationMs;
    this.#seen += 1;
  }

  percentiles(): Percentiles {
    const count = Math.min(this.#seen, KEPT_COUNT);
    const sorted = this.#kept.slice(0, count).sort();
    const at = (share: number): number => Math.round(sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? 0);
    return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), count };
  }
}
