import type { Labels } from '#core/metrics.ts';

/** Counts everything the process counts, by name and labels: `jobs_ended_total outcome=result`. */
export class SimMeter {
  readonly counts = new Map<string, number>();

  count(name: string, by: number, labels?: Labels): void {
    let key = name;
    if (labels !== undefined) for (const label in labels) key += ` ${label}=${labels[label]}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  tally(name: string, labels: Labels): { add(by: number): void } {
    return { add: (by) => this.count(name, by, labels) };
  }

  observe(): void {
    // Distributions say nothing about right or wrong.
  }

  get(key: string): number {
    return this.counts.get(key) ?? 0;
  }
}
