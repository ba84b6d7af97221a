import { Counter, Histogram, Registry } from 'prom-client';
import { type Labels, OBSERVATIONS, type ObservationName } from '#core/metrics.ts';
import type { CounterFamily } from './counter-families.ts';
import { RecentDurations } from './recent-durations.ts';

/** Every name at `/metrics` starts with this. */
export const METRIC_PREFIX = 'scheduler_';

/** A family never grows beyond this many sets of labels; what comes later counts as `other` [HTT9]. */
const LABEL_SETS_MAX = 200;
const OTHER = 'other';

const DURATION_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000];

class Child {
  readonly labels: Labels;
  total = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  add(by: number): void {
    this.total += by;
  }
}

/**
 * One counter family. Every message is counted several times, so counting is one addition; the registry is told the
 * totals when it is read.
 */
class Family {
  readonly #labels: readonly string[];
  readonly #children = new Map<string, Child>();
  /** Of a family without labels, found without a look-up. */
  readonly #only: Child | null;

  constructor(registry: Registry, name: string, { help, labels }: CounterFamily) {
    this.#labels = labels;
    this.#only = labels.length === 0 ? this.#child([]) : null;
    const children = this.#children;
    new Counter({
      name: METRIC_PREFIX + name,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect() {
        this.reset();
        for (const child of children.values()) this.inc({ ...child.labels }, child.total);
      },
    });
  }

  /** What was counted so far, by labels. */
  get children(): Iterable<Readonly<Child>> {
    return this.#children.values();
  }

  count(by: number, given: Labels | undefined): void {
    this.of(given).total += by;
  }

  of(given: Labels | undefined): Child {
    if (this.#only !== null) return this.#only;
    const [label = ''] = this.#labels;
    if (this.#labels.length === 1) return this.#single(given?.[label] ?? '');
    return this.#child(this.#labels.map((name) => given?.[name] ?? ''));
  }

  /** Most families have one label: its value is the key as it is. */
  #single(value: string): Child {
    return this.#children.get(value) ?? this.#child([value]);
  }

  #child(values: readonly string[]): Child {
    const key = values.join('\n');
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size >= LABEL_SETS_MAX && values.some((value) => value !== OTHER)) {
      return this.#child(this.#labels.map(() => OTHER));
    }
    const labels = Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? '']));
    const child = new Child(labels);
    this.#children.set(key, child);
    return child;
  }
}

/** Values that wait before the registry is told: it costs several times what noting one does, and little for many at once. */
const NOTED_MAX = 256;

/** One histogram. What is observed is noted; the registry is told in heaps, and when it is read. */
class Observed {
  readonly #histogram: Histogram;
  #noted: number[] = [];

  constructor(registry: Registry, name: string, help: string) {
    this.#histogram = new Histogram({
      name: METRIC_PREFIX + name,
      help,
      buckets: DURATION_BUCKETS_MS,
      registers: [registry],
      collect: () => this.#tell(),
    });
  }

  note(value: number): void {
    if (this.#noted.push(value) >= NOTED_MAX) this.#tell();
  }

  #tell(): void {
    for (const value of this.#noted) this.#histogram.observe(value);
    this.#noted = [];
  }
}

/** Counts and observes into a registry of its own. Counting never throws: metrics must not be what ends an actor. */
export class PrometheusMeter<Name extends string> {
  readonly registry = new Registry();
  /** How long the last jobs took, from submission to their end. */
  readonly recentJobs = new RecentDurations();
  readonly #families: ReadonlyMap<string, Family>;
  readonly #observations: Readonly<Record<ObservationName, Observed>>;

  constructor(families: Readonly<Record<Name, CounterFamily>>) {
    this.#families = new Map(
      Object.entries<CounterFamily>(families).map(([name, family]) => [
        name,
        new Family(this.registry, name, family),
      ]),
    );
    this.#observations = Object.fromEntries(
      Object.entries(OBSERVATIONS).map(([name, help]) => [name, new Observed(this.registry, name, help)]),
    ) as Record<ObservationName, Observed>;
  }

  count(name: Name, by: number, labels?: Labels): void {
    // A counter only grows; nothing and nonsense change nothing.
    if (by > 0 && by < Number.POSITIVE_INFINITY) this.#families.get(name)?.count(by, labels);
  }

  /** Throws for a family that there is not. */
  tally(name: Name, labels: Labels): { add(by: number): void } {
    const family = this.#families.get(name);
    if (family === undefined) throw new Error(`no such counter: ${name}`);
    return family.of(labels);
  }

  observe(name: ObservationName, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#observations[name].note(value);
    if (name === 'job_total_ms') this.recentJobs.note(value);
  }

  /** Everything counted under a name so far; with labels, only what was counted under them. */
  total(name: Name, wanted: Labels = {}): number {
    let sum = 0;
    for (const { labels, total } of this.#families.get(name)?.children ?? []) {
      if (Object.entries(wanted).every(([label, value]) => labels[label] === value)) sum += total;
    }
    return sum;
  }

  /** What was counted under a name, by one of its labels, the greatest first. */
  totalsBy(name: Name, label: string): readonly { readonly key: string; readonly count: number }[] {
    const sums = new Map<string, number>();
    for (const { labels, total } of this.#families.get(name)?.children ?? []) {
      const key = labels[label] ?? '';
      sums.set(key, (sums.get(key) ?? 0) + total);
    }
    return [...sums].map(([key, count]) => ({ key, count })).sort((one, other) => other.count - one.count);
  }
}
