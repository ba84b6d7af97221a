import type { Clock } from '#core/clock.ts';

/** The machine's time. Monotonic time has its own origin and is never mixed with the wall's. */
export const systemClock: Clock = {
  now: () => ({ atMs: performance.now(), wallMs: Date.now() }),
};
