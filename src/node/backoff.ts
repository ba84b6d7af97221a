const FIRST_MS = 1_000;
const LARGEST_MS = 30_000;

/**
 * Waits between attempts to connect: 1 s doubling to 30 s, each between half and the whole of it, so that
 * many nodes do not come back at the same moment [SDK24]. `chance` gives 0 (inclusive) to 1 (exclusive).
 */
export class Backoff {
  readonly #chance: () => number;
  #stepMs = FIRST_MS;

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  nextMs(): number {
    const stepMs = this.#stepMs;
    this.#stepMs = Math.min(LARGEST_MS, stepMs * 2);
    return Math.round(Math.max(FIRST_MS, (stepMs / 2) * (1 + this.#chance())));
  }

  /** What the server asked for, plus up to a tenth. */
  atLeastMs(askedMs: number): number {
    return Math.round(askedMs * (1 + this.#chance() / 10));
  }

  reset(): void {
    this.#stepMs = FIRST_MS;
  }
}
