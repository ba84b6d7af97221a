import type { Timers } from './timers.ts';

/** Results are held by the server for the sake of a resume; saying so once a second keeps that short. */
const ACK_AFTER_MS = 1_000;

/**
 * Which numbered outcomes have come: each passes once, in the server's order, however many sockets it took
 * [SDK64]. Tells the server regularly what it may forget.
 */
export class Deliveries {
  readonly #timers: Timers;
  readonly #acknowledge: (deliverySeq: number) => void;
  #lastSeq = 0;
  #acknowledgedSeq = 0;
  /** Deliveries of earlier sessions of the same conversation. */
  #base = 0;
  #isAcknowledging = false;
  #timer: unknown = null;

  constructor(timers: Timers, acknowledge: (deliverySeq: number) => void) {
    this.#timers = timers;
    this.#acknowledge = acknowledge;
  }

  /** By the present session's count; 0 = none yet. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The number that the reader sees: it goes on over sessions. */
  numberOf(deliverySeq: number): number {
    return this.#base + deliverySeq;
  }

  /** False = it came before. Outcomes without a number always pass: nobody sends them twice. */
  take(deliverySeq: number | null): boolean {
    if (deliverySeq === null) return true;
    if (deliverySeq <= this.#lastSeq) return false;
    this.#lastSeq = deliverySeq;
    if (this.#isAcknowledging && this.#timer === null)
      this.#timer = this.#timers.set(ACK_AFTER_MS, () => {
        this.#timer = null;
        this.acknowledge();
      });
    return true;
  }

  /** At once, if there is something to say. */
  acknowledge(): void {
    if (!this.#isAcknowledging || this.#acknowledgedSeq === this.#lastSeq) return;
    this.#acknowledgedSeq = this.#lastSeq;
    this.#acknowledge(this.#lastSeq);
  }

  /** A socket with a session of its own. */
  begin(isAcknowledging: boolean): void {
    this.#base += this.#lastSeq;
    this.#lastSeq = 0;
    this.#acknowledgedSeq = 0;
    this.#isAcknowledging = isAcknowledging;
  }

  /** The same session on another socket: `session_resume` has told the server how far we are. */
  resumed(): void {
    this.#acknowledgedSeq = this.#lastSeq;
  }

  stop(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }
}
