import type { Clock, Now } from '#core/clock.ts';

/** Where wall time stands when a clock is made: far from zero, so that mixing it with monotonic time shows. */
const WALL_START_MS = 1_790_000_000_000;

/**
 * A clock that goes only when it is told to. Monotonic time (`atMs`, from 0) never goes back; wall time follows it and may be
 * stepped either way, as an operator or NTP would.
 */
export class SimulatedClock implements Clock {
  readonly #listeners: ((atMs: number) => void)[] = [];
  #atMs = 0;
  #wallOffsetMs: number;

  constructor(wallStartMs: number = WALL_START_MS) {
    this.#wallOffsetMs = wallStartMs;
  }

  get atMs(): number {
    return this.#atMs;
  }

  now(): Now {
    return { atMs: this.#atMs, wallMs: this.#atMs + this.#wallOffsetMs };
  }

  /** A time that has passed already is refused. */
  advanceTo(atMs: number): void {
    if (!(atMs >= this.#atMs)) throw new RangeError('monotonic time never goes back');
    this.#atMs = atMs;
    for (const listener of this.#listeners) listener(atMs);
  }

  advanceBy(durationMs: number): void {
    this.advanceTo(this.#atMs + durationMs);
  }

  /** Steps the wall alone; monotonic time does not notice. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Called after every advance, in order of subscription. */
  onAdvance(listener: (atMs: number) => void): void {
    this.#listeners.push(listener);
  }
}
