const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 5000;
/** A run of this length was a good one: the next failure starts over. */
const GOOD_RUN_MS = 60_000;

/** How long to stay down after a failure: longer each time, so that one that repeats does not eat the process. */
export class RestartPause {
  #pauseMs = 0;
  #lastUpAtMs = Number.NEGATIVE_INFINITY;

  /** The pause after a failure at that time. */
  next(failedAtMs: number): number {
    const isAfterGoodRun = failedAtMs - this.#lastUpAtMs >= GOOD_RUN_MS;
    this.#pauseMs = isAfterGoodRun ? PAUSE_MIN_MS : Math.min(PAUSE_MAX_MS, this.#pauseMs * 2);
    this.#lastUpAtMs = failedAtMs + this.#pauseMs;
    return this.#pauseMs;
  }
}
