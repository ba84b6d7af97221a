import type { Runtime } from '#runtime/contract.ts';

/** How long this process has not been able to act, in all. Peers are not blamed for that time [GAT14]. */
export interface StallMeter {
  /** Milliseconds since the start; never falls. */
  stalledMs(nowMs: number): number;
}

export const noStalls: StallMeter = { stalledMs: () => 0 };

const BEAT_MS = 500;
/** Timers are a little late in any process; that is no stall. */
const TOLERANCE_MS = 50;

/** Measures stalls by a beat on the injected clock: what the beat comes late by, the process stood still. */
export class LoopLag implements StallMeter {
  readonly #runtime: Runtime;
  readonly #onStall: (durationMs: number) => void;
  #stalledMs = 0;
  #worstMs = 0;
  #dueAtMs: number;
  #timer: { cancel(): void };

  /** `onStall` hears of each stall, once it is over. */
  constructor(runtime: Runtime, onStall: (durationMs: number) => void) {
    this.#runtime = runtime;
    this.#onStall = onStall;
    this.#dueAtMs = runtime.ports.clock.now().atMs + BEAT_MS;
    this.#timer = runtime.timerAt(this.#dueAtMs, () => this.#beat());
  }

  stalledMs(nowMs: number): number {
    return this.#stalledMs + lateness(nowMs, this.#dueAtMs);
  }

  /** The worst stall since the last call, milliseconds: a gauge for scrapes. */
  takeWorstMs(): number {
    const worstMs = this.#worstMs;
    this.#worstMs = 0;
    return worstMs;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #beat(): void {
    const { atMs } = this.#runtime.ports.clock.now();
    this.#worstMs = Math.max(this.#worstMs, atMs - this.#dueAtMs);
    const latenessMs = lateness(atMs, this.#dueAtMs);
    this.#stalledMs += latenessMs;
    if (latenessMs > 0) this.#onStall(latenessMs);
    this.#dueAtMs = atMs + BEAT_MS;
    this.#timer = this.#runtime.timerAt(this.#dueAtMs, () => this.#beat());
  }
}

const lateness = (nowMs: number, dueAtMs: number): number =>
  nowMs - dueAtMs > TOLERANCE_MS ? nowMs - dueAtMs : 0;
