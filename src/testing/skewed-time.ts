import type { Clock, Now } from '#core/clock.ts';

/**
 * Time that flows as it does outside, but can be moved on: five minutes pass in one call, and whatever was due in
 * between rings at once. A clock and a turn driver in one, for tests over real sockets, which need both.
 */
export class SkewedTime implements Clock {
  #skewMs = 0;
  #alarm: { atMs: number; ring: () => void; cancel: () => void } | null = null;

  now(): Now {
    return { atMs: performance.now() + this.#skewMs, wallMs: Date.now() + this.#skewMs };
  }

  /** Moves both clocks on. */
  skip(ms: number): void {
    this.#skewMs += ms;
    if (this.#alarm !== null) this.alarmAt(this.#alarm.atMs, this.#alarm.ring);
  }

  soon(turn: () => void): void {
    setImmediate(turn);
  }

  alarmAt(atMs: number, ring: () => void): void {
    this.clearAlarm();
    const rings = (): void => {
      this.#alarm = null;
      ring();
    };
    const waitMs = Math.ceil(atMs - this.now().atMs);
    // What a skip made due rings before anything that is read afterwards.
    const cancel =
      waitMs <= 0
        ? cancellable(setImmediate(rings), clearImmediate)
        : cancellable(setTimeout(rings, waitMs), clearTimeout);
    this.#alarm = { atMs, ring, cancel };
  }

  clearAlarm(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
  }
}

const cancellable =
  <Handle>(handle: Handle, cancel: (handle: Handle) => void) =>
  (): void =>
    cancel(handle);
