/** Where delayed work comes from; tests turn it by hand. `delayMs` in milliseconds, each timer fires once. */
export interface Timers {
  set(delayMs: number, run: () => void): unknown;
  /** Clearing a timer that has fired, or was cleared, does nothing. */
  clear(timer: unknown): void;
}

/** The platform's own timers. */
export const systemTimers: Timers = {
  set: (delayMs, run) => setTimeout(run, delayMs),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
