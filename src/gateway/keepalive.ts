import { type GatewayContext, nowMsOf } from './context.ts';
import type { Transport } from './transport.ts';

/**
 * Finds the dead end of a socket: a ping every `pingEveryMs`; nothing heard for `deadAfterMs` (any frame or pong
 * counts), our own stalls not counted against the peer, and it is dead [GAT13, GAT14].
 */
export class Keepalive {
  readonly #context: GatewayContext;
  readonly #transport: Transport;
  readonly #onDead: () => void;
  #heardAtMs: number;
  /** What had been stalled in all when the peer was last heard. */
  #stalledBeforeMs: number;
  #nextPingAtMs: number;
  #isSuspended = false;
  #timer: { cancel(): void };

  constructor(context: GatewayContext, transport: Transport, onDead: () => void) {
    const nowMs = nowMsOf(context);
    this.#context = context;
    this.#transport = transport;
    this.#onDead = onDead;
    this.#heardAtMs = nowMs;
    this.#stalledBeforeMs = context.stalls.stalledMs(nowMs);
    this.#nextPingAtMs = nowMs + context.settings.pingEveryMs;
    this.#timer = this.#arm(nowMs);
  }

  heard(nowMs: number = nowMsOf(this.#context)): void {
    this.#heardAtMs = nowMs;
    this.#stalledBeforeMs = this.#context.stalls.stalledMs(nowMs);
  }

  /** While we do not read we cannot hear: silence then says nothing. */
  suspend(): void {
    this.#isSuspended = true;
  }

  resume(): void {
    this.#isSuspended = false;
    this.heard();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #deadAtMs(nowMs: number): number {
    const { settings, stalls } = this.#context;
    if (this.#isSuspended) return Number.POSITIVE_INFINITY;
    return this.#heardAtMs + settings.deadAfterMs + stalls.stalledMs(nowMs) - this.#stalledBeforeMs;
  }

  #arm(nowMs: number): { cancel(): void } {
    const atMs = Math.min(this.#nextPingAtMs, this.#deadAtMs(nowMs));
    return this.#context.runtime.timerAt(atMs, () => this.#ring());
  }

  #ring(): void {
    const nowMs = nowMsOf(this.#context);
    if (nowMs >= this.#deadAtMs(nowMs)) {
      this.#onDead();
      return;
    }
    if (nowMs >= this.#nextPingAtMs) {
      this.#transport.ping();
      this.#nextPingAtMs = nowMs + this.#context.settings.pingEveryMs;
    }
    this.#timer = this.#arm(nowMs);
  }
}
