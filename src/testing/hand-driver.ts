import type { SimulatedClock } from './sim-clock.ts';

/** More turns than this without time passing is a circle. */
const TURNS_MAX = 1_000_000;

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/** A macrotask that follows every microtask: promises that can settle have settled. */
const microtasksDone = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs a runtime by hand: turns happen when they are asked for, alarms ring when the clock is moved to them, and
 * nothing depends on the machine's speed. It is the runtime's `TurnDriver`.
 *
 * Promises settle in microtasks, which no synchronous call can wait for. Give `completeLater` to a memory store: then
 * its answers wait here, and `settle` hands them out in order, each followed by the turns that it causes.
 */
export class HandDriver {
  readonly #clock: SimulatedClock;
  #turns: (() => void)[] = [];
  #completions: (() => void)[] = [];
  #alarm: Alarm | null = null;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  soon(turn: () => void): void {
    this.#turns.push(turn);
  }

  alarmAt(atMs: number, ring: () => void): void {
    this.#alarm = { atMs, ring };
  }

  clearAlarm(): void {
    this.#alarm = null;
  }

  /** For a store: what it would have done later waits for `settle`. */
  readonly completeLater = (complete: () => void): void => {
    this.#completions.push(complete);
  };

  /** When something would happen by itself; Infinity if never. */
  get nextAlarmAtMs(): number {
    return this.#alarm?.atMs ?? Number.POSITIVE_INFINITY;
  }

  get hasTurns(): boolean {
    return this.#turns.length > 0;
  }

  /** Answers of a store that wait for `settle`. */
  get hasCompletions(): boolean {
    return this.#completions.length > 0;
  }

  /** Rings the alarm if it is due, and runs no turn yet: as a process that stood still finds it when it goes on. */
  ringAlarm(): boolean {
    const alarm = this.#alarm;
    if (alarm === null || alarm.atMs > this.#clock.atMs) return false;
    this.#alarm = null;
    alarm.ring();
    return true;
  }

  /** Runs turns, and alarms due at the present time, until none is left. Returns how many turns ran. */
  runUntilIdle(): number {
    let count = 0;
    while (this.#turns.length > 0 || this.ringAlarm()) {
      const turns = this.#turns;
      this.#turns = [];
      for (const turn of turns) turn();
      count += turns.length;
      if (count > TURNS_MAX) throw new Error(`${TURNS_MAX} turns without rest`);
    }
    return count;
  }

  /** Moves the clock from alarm to alarm up to that time, running everything on the way. */
  advanceTo(atMs: number): void {
    this.runUntilIdle();
    while (this.nextAlarmAtMs <= atMs) {
      this.#clock.advanceTo(Math.max(this.nextAlarmAtMs, this.#clock.atMs));
      this.runUntilIdle();
    }
    this.#clock.advanceTo(atMs);
    this.runUntilIdle();
  }

  advanceBy(durationMs: number): void {
    this.advanceTo(this.#clock.atMs + durationMs);
  }

  /** Like `runUntilIdle`, store answers and all other promises that can settle without I/O included. */
  async settle(): Promise<void> {
    do {
      this.runUntilIdle();
      const completions = this.#completions;
      this.#completions = [];
      for (const complete of completions) complete();
      await microtasksDone();
    } while (this.hasTurns || this.hasCompletions || this.nextAlarmAtMs <= this.#clock.atMs);
  }

  /** Like `advanceTo`, settling at every alarm. */
  async settleTo(atMs: number): Promise<void> {
    await this.settle();
    while (this.nextAlarmAtMs <= atMs) {
      this.#clock.advanceTo(Math.max(this.nextAlarmAtMs, this.#clock.atMs));
      await this.settle();
    }
    this.#clock.advanceTo(atMs);
    await this.settle();
  }

  async settleBy(durationMs: number): Promise<void> {
    await this.settleTo(this.#clock.atMs + durationMs);
  }
}

/**
 * Real turns, hand-turned time: for tests over real sockets. Turns run by themselves; alarms ring once the clock was
 * moved past them. It is the runtime's `TurnDriver`.
 */
export class ManualClockDriver {
  readonly #clock: SimulatedClock;
  #alarm: Alarm | null = null;
  /** Turns and rings that were asked for and have not run. */
  #pendingCount = 0;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    clock.onAdvance(() => this.#ringIfDue());
  }

  soon(turn: () => void): void {
    this.#pendingCount += 1;
    setImmediate(() => {
      this.#pendingCount -= 1;
      turn();
    });
  }

  alarmAt(atMs: number, ring: () => void): void {
    this.#alarm = { atMs, ring };
    this.#ringIfDue();
  }

  clearAlarm(): void {
    this.#alarm = null;
  }

  /** Waits until no turn is asked for. What sockets bring later is not waited for. */
  async settle(): Promise<void> {
    do await microtasksDone();
    while (this.#pendingCount > 0);
  }

  /**
   * Lets time pass from alarm to alarm, settling at each. `between` is awaited there too, for what needs real sockets in
   * the meantime, such as an answer to a ping.
   */
  async advanceBy(durationMs: number, between?: () => Promise<void>): Promise<void> {
    const endAtMs = this.#clock.atMs + durationMs;
    await this.settle();
    for (let atMs = this.#nextAlarmAtMs(); atMs <= endAtMs; atMs = this.#nextAlarmAtMs()) {
      this.#clock.advanceTo(Math.max(atMs, this.#clock.atMs));
      await this.settle();
      await between?.();
      await this.settle();
    }
    this.#clock.advanceTo(endAtMs);
    await this.settle();
  }

  #nextAlarmAtMs(): number {
    return this.#alarm?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Never inside the caller's turn. */
  #ringIfDue(): void {
    const alarm = this.#alarm;
    if (alarm === null || alarm.atMs > this.#clock.atMs) return;
    this.#alarm = null;
    this.soon(alarm.ring);
  }
}
