/** Who has to be awake for an event to happen: a scheduler that stands still gets its events when it goes on. */
export interface Sleeper {
  readonly stalledUntilMs: number;
}

export interface Appointment {
  cancel(): void;
}

interface Entry {
  atMs: number;
  sequence: number;
  readonly owner: Sleeper | null;
  /** What happens, for the trace. */
  readonly what: string;
  run: (() => void) | null;
}

/**
 * The one queue of a world: everything that will happen, ordered by time, then by when it was written down [SIM1].
 * Time is where the agenda is; nothing else moves it.
 */
export class Agenda {
  readonly #heap: Entry[] = [];
  #nowMs: number;
  #sequence = 0;
  #eventCount = 0;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Entries left, cancelled ones that are still on the list included. */
  get length(): number {
    return this.#heap.length;
  }

  /** What has happened so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** A time that has passed means now, after what was written down before. */
  at(atMs: number, what: string, run: () => void, owner: Sleeper | null = null): Appointment {
    this.#sequence += 1;
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), sequence: this.#sequence, owner, what, run };
    this.#push(entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  after(delayMs: number, what: string, run: () => void, owner: Sleeper | null = null): Appointment {
    return this.at(this.#nowMs + delayMs, what, run, owner);
  }

  /** When the next entry is due; Infinity when nothing is left. */
  get nextAtMs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets the next thing happen and says what it was; null when nothing is due up to then, and it is then. */
  step(untilMs: number): string | null {
    for (;;) {
      if (this.nextAtMs > untilMs || this.#heap.length === 0) {
        if (untilMs !== Number.POSITIVE_INFINITY) this.#nowMs = Math.max(this.#nowMs, untilMs);
        return null;
      }
      const entry = this.#pop();
      if (entry?.run == null) continue;
      this.#nowMs = entry.atMs;
      const { owner, run, what } = entry;
      if (owner !== null && owner.stalledUntilMs > this.#nowMs) {
        // Those that wait for the same awakening keep their order.
        this.#sequence += 1;
        entry.atMs = owner.stalledUntilMs;
        entry.sequence = this.#sequence;
        this.#push(entry);
        continue;
      }
      entry.run = null;
      this.#eventCount += 1;
      run();
      return what;
    }
  }

  #dropCancelled(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].run === null) this.#pop();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const leftEntry = heap[left];
      if (leftEntry === undefined) break;
      const rightEntry = heap[left + 1];
      const isRight = rightEntry !== undefined && isBefore(rightEntry, leftEntry);
      const least = isRight ? rightEntry : leftEntry;
      if (isBefore(last, least)) break;
      heap[at] = least;
      at = isRight ? left + 1 : left;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
