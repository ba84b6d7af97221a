import type { Registry } from 'prom-client';

const BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000] as const;

/**
 * A histogram of durations without labels. Like the counters it only adds; the registry is told when it is read: the
 * library's own hashes its labels at each observation, and every job is observed two or three times.
 */
export class Durations {
  readonly #counts = new Float64Array(BUCKETS_MS.length + 1);
  #sumMs = 0;

  constructor(registry: Registry, name: string, help: string) {
    const get = async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: this.#values(name),
    });
    registry.registerMetric({ name, help, get } as unknown as Parameters<Registry['registerMetric']>[0]);
  }

  observe(durationMs: number): void {
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && durationMs > (BUCKETS_MS[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += durationMs;
  }

  /** Each bucket counts all that is not longer than its bound. */
  #values(name: string) {
    let count = 0;
    const buckets = [...BUCKETS_MS, '+Inf'].map((le, at) => {
      count += this.#counts[at] ?? 0;
      return { labels: { le }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels: {}, value: this.#sumMs, metricName: `${name}_sum` },
      { labels: {}, value: count, metricName: `${name}_count` },
    ];
  }
}
