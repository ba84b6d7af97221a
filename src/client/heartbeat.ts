import type { Timers } from './timers.ts';

const HEARTBEAT_MS = 30_000;
/** Heartbeats that may stay without any frame from the server. */
const UNANSWERED_COUNT_MAX = 2;

/** Says "still here" every 30 s, and notices when the server no longer does [SDK7]. */
export class Heartbeat {
  readonly #timers: Timers;
  readonly #beat: () => void;
  readonly #silence: () => void;
  #timer: unknown = null;
  #unansweredCount = 0;

  constructor(timers: Timers, beat: () => void, silence: () => void) {
    this.#timers = timers;
    this.#beat = beat;
    this.#silence = silence;
  }

  /** Anew, on a fresh socket. */
  start(): void {
    this.stop();
    this.#unansweredCount = 0;
    this.#arm();
  }

  /** Any frame counts. */
  heard(): void {
    this.#unansweredCount = 0;
  }

  stop(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    this.#timer = this.#timers.set(HEARTBEAT_MS, () => {
      if (this.#unansweredCount >= UNANSWERED_COUNT_MAX) {
        this.#silence();
        return;
      }
      this.#unansweredCount += 1;
      this.#beat();
      this.#arm();
    });
  }
}
