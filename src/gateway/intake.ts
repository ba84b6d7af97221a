import { type GatewayContext, nowMsOf } from './context.ts';
import type { Transport } from './transport.ts';

/** A token bucket; its balance may go below zero, because a frame that is here is taken. */
class Allowance {
  readonly #perS: number;
  readonly #burst: number;
  #balance: number;
  #atMs: number;

  constructor(perS: number, burstS: number, nowMs: number) {
    this.#perS = perS;
    this.#burst = perS * burstS;
    this.#balance = this.#burst;
    this.#atMs = nowMs;
  }

  /** Whole milliseconds until the balance is no longer below zero; 0 while it is not. */
  take(amount: number, nowMs: number): number {
    if (this.#perS === Number.POSITIVE_INFINITY) return 0;
    this.#balance = Math.min(this.#burst, this.#balance + ((nowMs - this.#atMs) / 1000) * this.#perS);
    this.#atMs = nowMs;
    this.#balance -= amount;
    return this.#balance >= 0 ? 0 : Math.ceil((-this.#balance / this.#perS) * 1000);
  }
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

export interface IntakeUser {
  /** `nowMs`: the monotonic instant at which it is handled. */
  onFrame(bytes: Uint8Array, isBinary: boolean, nowMs: number): void;
  onPause(): void;
  onResume(): void;
}

/** Enough for some turns of the loop. */
const REST_MS = 10;

/** Reads a socket no faster than its rates; above them it is read more slowly, never cut [GAT10]. */
export class Intake {
  readonly #context: GatewayContext;
  readonly #transport: Transport;
  readonly #messages: Allowance;
  readonly #bytes: Allowance;
  readonly #told: IntakeUser;
  /** Read already when a rest began, and still to be handled: at most what one read brings. */
  readonly #unread: Frame[] = [];
  #isPaused = false;
  #isResting = false;
  #isStopped = false;
  #timer: { cancel(): void } | null = null;

  constructor(
    context: GatewayContext,
    transport: Transport,
    rates: { readonly messagesPerS: number; readonly bytesPerS: number },
    told: IntakeUser,
  ) {
    const nowMs = nowMsOf(context);
    const { rateBurstS } = context.settings;
    this.#context = context;
    this.#transport = transport;
    this.#messages = new Allowance(rates.messagesPerS, rateBurstS, nowMs);
    this.#bytes = new Allowance(rates.bytesPerS, rateBurstS, nowMs);
    this.#told = told;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** A frame was read; it is handled now, or after the rest, in its order. */
  take(bytes: Uint8Array, isBinary: boolean, nowMs: number): void {
    if (this.#isResting || this.#unread.length > 0) this.#unread.push({ bytes, isBinary });
    else this.#told.onFrame(bytes, isBinary, nowMs);
  }

  /** Handles what a rest has kept back, whether or not there is room for it: no more will come. */
  finish(): void {
    this.#isResting = false;
    for (const frame of this.#unread.splice(0)) this.#handle(frame);
  }

  took(frameBytes: number, nowMs: number): void {
    const waitMs = this.#withdraw(1, frameBytes, nowMs);
    if (waitMs > 0) this.#pause(waitMs);
  }

  /** What was handed on waits: a heap of frames, as of a client that sends again, comes in portions [GAT43]. */
  rest(): void {
    this.#isResting = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#pause(REST_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#unread.length = 0;
  }

  #withdraw(messages: number, bytes: number, nowMs: number): number {
    return Math.max(this.#messages.take(messages, nowMs), this.#bytes.take(bytes, nowMs));
  }

  #handleUnread(): void {
    this.#isResting = false;
    while (!this.#isResting) {
      const frame = this.#unread.shift();
      if (frame === undefined) return;
      this.#handle(frame);
    }
  }

  #handle({ bytes, isBinary }: Frame): void {
    this.#told.onFrame(bytes, isBinary, nowMsOf(this.#context));
  }

  #pause(waitMs: number): void {
    if (!this.#isPaused) {
      this.#isPaused = true;
      this.#transport.pauseReading();
      this.#told.onPause();
    }
    if (this.#timer === null) this.#wait(waitMs);
  }

  #wait(waitMs: number): void {
    this.#timer = this.#context.runtime.timerAt(nowMsOf(this.#context) + waitMs, () => {
      this.#timer = null;
      this.#handleUnread();
      // What was kept back may have asked for a rest again, or ended the socket.
      if (this.#timer !== null || this.#isStopped) return;
      // Frames that were already on their way may have come meanwhile.
      const leftMs = this.#withdraw(0, 0, nowMsOf(this.#context));
      if (leftMs > 0) return this.#wait(leftMs);
      this.#isPaused = false;
      this.#transport.resumeReading();
      this.#told.onResume();
    });
  }
}
