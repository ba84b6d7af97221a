import type { Agenda, Sleeper } from '../agenda.ts';

/** What travels on a line. */
export type Frame =
  | {
      readonly kind: 'text' | 'binary';
      readonly data: string | Uint8Array;
      readonly around: ((deliver: () => void) => void) | null;
    }
  | { readonly kind: 'ping' | 'pong' }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

const bytesOf = (frame: Frame): number =>
  frame.kind === 'text' || frame.kind === 'binary' ? frame.data.length : 2;

/**
 * One way of a socket: frames arrive in the order they were sent, each some time later. While the reader does not read,
 * they wait, as TCP makes them.
 */
export class Pipe {
  readonly #agenda: Agenda;
  readonly #what: string;
  readonly #latencyMs: () => number;
  readonly #deliver: (frame: Frame) => void;
  readonly #reader: Sleeper | null;
  /** Sent and not yet delivered, oldest first. */
  readonly #queue: Frame[] = [];
  #lastArrivalMs = 0;
  #isHeld = false;
  #isDead = false;
  /** How many of the queue have come and are not read. */
  #waitingCount = 0;
  #waitingBytes = 0;

  constructor(
    agenda: Agenda,
    what: string,
    latencyMs: () => number,
    deliver: (frame: Frame) => void,
    reader: Sleeper | null,
  ) {
    this.#agenda = agenda;
    this.#what = what;
    this.#latencyMs = latencyMs;
    this.#deliver = deliver;
    this.#reader = reader;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** What has come and is not read. */
  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  send(frame: Frame): void {
    if (this.#isDead) return;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#agenda.nowMs + this.#latencyMs());
    this.#queue.push(frame);
    this.#expect(this.#lastArrivalMs);
  }

  /** The reader stops reading. */
  hold(): void {
    this.#isHeld = true;
  }

  /** The reader reads again: what waited comes at once, in order, before anything newer. */
  letThrough(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    for (let left = this.#waitingCount; left > 0; left -= 1) this.#expect(this.#agenda.nowMs);
    this.#waitingCount = 0;
    this.#waitingBytes = 0;
  }

  /** Everything on its way is lost, and all that follows. */
  die(): void {
    this.#isDead = true;
    this.#queue.length = 0;
    this.#waitingCount = 0;
    this.#waitingBytes = 0;
  }

  #expect(atMs: number): void {
    this.#agenda.at(atMs, this.#what, () => this.#arrive(), this.#reader);
  }

  /** Whichever arrival this was meant to be, it is the oldest frame that is read: the order never changes. */
  #arrive(): void {
    if (this.#isDead) return;
    if (this.#isHeld) {
      const frame = this.#queue[this.#waitingCount];
      if (frame === undefined) return;
      this.#waitingCount += 1;
      this.#waitingBytes += bytesOf(frame);
      return;
    }
    const frame = this.#queue.shift();
    if (frame !== undefined) this.#deliver(frame);
  }
}
