const FIRST_MS = 1_000;
/** Where the doubling ends when the caller names no other ceiling. */
const LARGEST_MS_DEFAULT = 30_000;

/**
 * Waits between attempts to come back: anything between nothing and a step of 1 s that doubles up to a ceiling.
 * Full jitter, because the listeners of a server that went away must not return together [SDK60].
 *
 * `chance` gives 0 (inclusive) to 1 (exclusive).
 */
export class Backoff {
  readonly #chance: () => number;
  readonly #largestMs: number;
  #stepMs = FIRST_MS;

  constructor(chance: () => number, largestMs: number = LARGEST_MS_DEFAULT) {
    this.#chance = chance;
    this.#largestMs = Math.max(1, largestMs);
  }

  /** `askedMs`: the server's own wish, kept at least, plus up to a tenth; the ceiling does not shorten it. */
  nextMs(askedMs: number | null): number {
    const stepMs = Math.min(this.#stepMs, this.#largestMs);
    this.#stepMs = Math.min(this.#largestMs, stepMs * 2);
    const ownMs = stepMs * this.#chance();
    return Math.round(askedMs === null ? ownMs : Math.max(ownMs, askedMs * (1 + this.#chance() / 10)));
  }

  reset(): void {
    this.#stepMs = FIRST_MS;
  }
}
