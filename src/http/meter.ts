import { Counter, Histogram, Registry } from 'prom-client';
import { type Labels, OBSERVATIONS, type ObservationName } from '#core/metrics.ts';
import type { CounterFamily } from './counter-families.ts';

/** Every name at `/metrics` starts with this. */
export const METRIC_PREFIX = 'scheduler_';

/** A family never grows beyond this many sets of labels; what comes later counts as `other` [HTT9]. */
const LABEL_SETS_MAX = 200;
const OTHER = 'other';

const DURATION_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000];

interface Countable {
  inc(by: number): void;
}

/** One counter family; children are kept, because finding them by labels costs more than counting. */
class Family {
  readonly #counter: Counter;
  readonly #labels: readonly string[];
  readonly #children = new Map<string, Countable>();

  constructor(registry: Registry, name: string, { help, labels }: CounterFamily) {
    this.#labels = labels;
    this.#counter = new Counter({
      name: METRIC_PREFIX + name,
      help,
      labelNames: [...labels],
      registers: [registry],
    });
  }

  count(by: number, given: Labels | undefined): void {
    if (this.#labels.length === 0) {
      this.#counter.inc(by);
      return;
    }
    const values = this.#labels.map((label) => given?.[label] ?? '');
    this.#child(values).inc(by);
  }

  #child(values: readonly string[]): Countable {
    const key = values.join('\n');
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size >= LABEL_SETS_MAX && values.some((value) => value !== OTHER)) {
      return this.#child(this.#labels.map(() => OTHER));
    }
    const child = this.#counter.labels(...values);
    this.#children.set(key, child);
    return child;
  }
}

/** Counts and observes into a registry of its own. Counting never throws: metrics must not be what ends an actor. */
export class PrometheusMeter<Name extends string> {
  readonly registry = new Registry();
  readonly #families: ReadonlyMap<string, Family>;
  readonly #observations: Readonly<Record<ObservationName, Histogram>>;

  constructor(families: Readonly<Record<Name, CounterFamily>>) {
    this.#families = new Map(
      Object.entries<CounterFamily>(families).map(([name, family]) => [
        name,
        new Family(this.registry, name, family),
      ]),
    );
    this.#observations = Object.fromEntries(
      Object.entries(OBSERVATIONS).map(([name, help]) => [
        name,
        new Histogram({
          name: METRIC_PREFIX + name,
          help,
          buckets: DURATION_BUCKETS_MS,
          registers: [this.registry],
        }),
      ]),
    ) as Record<ObservationName, Histogram>;
  }

  count(name: Name, by: number, labels?: Labels): void {
    // A counter only grows; nothing and nonsense change nothing.
    if (by > 0 && by < Number.POSITIVE_INFINITY) this.#families.get(name)?.count(by, labels);
  }

  observe(name: ObservationName, value: number): void {
    if (Number.isFinite(value)) this.#observations[name].observe(value);
  }
}
