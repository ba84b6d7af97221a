import type { Timers } from './timers.ts';

/** Two missed ones and the server takes the job for hung. Source: extensions 1. */
const EVERY_MS = 2_000;

/** Beats while there is something to tell of; one timer for all jobs. */
export class JobBeat {
  readonly #timers: Timers;
  /** Says whether there is more to tell later. */
  readonly #tell: () => boolean;
  #timer: unknown = null;

  constructor(timers: Timers, tell: () => boolean) {
    this.#timers = timers;
    this.#tell = tell;
  }

  start(): void {
    this.#timer ??= this.#timers.set(EVERY_MS, () => {
      this.#timer = null;
      if (this.#tell()) this.start();
    });
  }

  stop(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }
}
