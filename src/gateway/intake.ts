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

/** Reads a socket no faster than its rates; above them it is read more slowly, never cut [GAT10]. */
export class Intake {
  readonly #context: GatewayContext;
  readonly #transport: Transport;
  readonly #messages: Allowance;
  readonly #bytes: Allowance;
  readonly #onPause: () => void;
  readonly #onResume: () => void;
  #timer: { cancel(): void } | null = null;

  constructor(
    context: GatewayContext,
    transport: Transport,
    rates: { readonly messagesPerS: number; readonly bytesPerS: number },
    told: { readonly onPause: () => void; readonly onResume: () => void },
  ) {
    const nowMs = nowMsOf(context);
    const { rateBurstS } = context.settings;
    this.#context = context;
    this.#transport = transport;
    this.#messages = new Allowance(rates.messagesPerS, rateBurstS, nowMs);
    this.#bytes = new Allowance(rates.bytesPerS, rateBurstS, nowMs);
    this.#onPause = told.onPause;
    this.#onResume = told.onResume;
  }

  get isPaused(): boolean {
    return this.#timer !== null;
  }

  took(frameBytes: number): void {
    const waitMs = this.#take(1, frameBytes);
    if (waitMs === 0 || this.#timer !== null) return;
    this.#transport.pauseReading();
    this.#onPause();
    this.#wait(waitMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #take(messages: number, bytes: number): number {
    const nowMs = nowMsOf(this.#context);
    return Math.max(this.#messages.take(messages, nowMs), this.#bytes.take(bytes, nowMs));
  }

  #wait(waitMs: number): void {
    this.#timer = this.#context.runtime.timerAt(nowMsOf(this.#context) + waitMs, () => {
      // Frames that were already on their way may have come meanwhile.
      const leftMs = this.#take(0, 0);
      if (leftMs > 0) return this.#wait(leftMs);
      this.#timer = null;
      this.#transport.resumeReading();
      this.#onResume();
    });
  }
}
