import type { Clock } from '#core/clock.ts';

interface Entry<Value> {
  readonly value: Value;
  readonly endsAtMs: number;
}

/** Entries looked at with every write, so that what has ended leaves without anyone asking for it. */
const SWEPT_PER_WRITE = 2;

/** A bounded map whose entries end by themselves: an entry is there while its time to live has not passed. */
export class ExpiringMap<Key, Value> {
  readonly #clock: Clock;
  readonly #sizeMax: number;
  readonly #entries = new Map<Key, Entry<Value>>();
  #sweep = this.#entries.entries();
  /** Before this time a full map holds nothing that has ended. */
  #nextEndAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, sizeMax: number) {
    this.#clock = clock;
    this.#sizeMax = sizeMax;
  }

  /** Entries held in memory, ended ones that were not swept yet included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock.now().atMs < entry.endsAtMs) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** False when the map is full of entries that live: nothing was written. */
  set(key: Key, value: Value, ttlMs: number): boolean {
    const { atMs } = this.#clock.now();
    this.#sweepSome(atMs);
    if (!this.#entries.has(key) && this.#entries.size >= this.#sizeMax && !this.#makeRoom(atMs)) return false;
    const endsAtMs = atMs + ttlMs;
    this.#entries.set(key, { value, endsAtMs });
    if (endsAtMs < this.#nextEndAtMs) this.#nextEndAtMs = endsAtMs;
    return true;
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  #sweepSome(atMs: number): void {
    for (let count = 0; count < SWEPT_PER_WRITE; count += 1) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = this.#entries.entries();
        return;
      }
      const [key, entry] = next.value;
      if (entry.endsAtMs <= atMs) this.#entries.delete(key);
    }
  }

  /** Looks at everything, but not again before something can have ended. */
  #makeRoom(atMs: number): boolean {
    if (atMs < this.#nextEndAtMs) return false;
    this.#nextEndAtMs = Number.POSITIVE_INFINITY;
    for (const [key, { endsAtMs }] of this.#entries) {
      if (endsAtMs <= atMs) this.#entries.delete(key);
      else if (endsAtMs < this.#nextEndAtMs) this.#nextEndAtMs = endsAtMs;
    }
    return this.#entries.size < this.#sizeMax;
  }
}
