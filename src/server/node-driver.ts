import type { Clock } from '#core/clock.ts';
import type { TurnDriver } from '#runtime/contract.ts';

/** The longest wait that setTimeout takes; a longer alarm rings early and is set again by the runtime. */
const WAIT_MS_MAX = 2_147_483_647;

/** Turns by setImmediate, so that sockets are read between them; one setTimeout for everything that waits. */
export class NodeDriver implements TurnDriver {
  readonly #clock: Clock;
  #alarm: NodeJS.Timeout | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  soon(turn: () => void): void {
    setImmediate(turn);
  }

  alarmAt(atMs: number, ring: () => void): void {
    this.clearAlarm();
    const waitMs = Math.min(WAIT_MS_MAX, Math.max(0, Math.ceil(atMs - this.#clock.now().atMs)));
    this.#alarm = setTimeout(() => {
      this.#alarm = null;
      ring();
    }, waitMs);
  }

  clearAlarm(): void {
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    this.#alarm = null;
  }
}
