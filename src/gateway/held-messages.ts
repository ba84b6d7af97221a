import type { SessionClientMessage } from '#protocol/messages.ts';
import { type GatewayContext, nowMsOf } from './context.ts';

/**
 * Room and WebRTC messages that a client sent before its `session_init`: kept for it a short while, in order, then
 * dropped and counted. Source: small print 40 [GAT4].
 */
export class HeldMessages {
  readonly #context: GatewayContext;
  #held: { readonly message: SessionClientMessage; readonly untilAtMs: number }[] = [];
  #timer: { cancel(): void } | null = null;

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  hold(message: SessionClientMessage): void {
    const { heldCountMax, heldMs } = this.#context.settings;
    if (this.#held.length >= heldCountMax) {
      this.#countDropped(1, 'too_many');
      return;
    }
    this.#held.push({ message, untilAtMs: nowMsOf(this.#context) + heldMs });
    this.#watch();
  }

  /** Everything held, oldest first; nothing is held afterwards. */
  takeAll(): readonly SessionClientMessage[] {
    this.#dropLate();
    const messages = this.#held.map(({ message }) => message);
    this.#clear();
    return messages;
  }

  dropAll(): void {
    this.#countDropped(this.#held.length, 'no_session');
    this.#clear();
  }

  #clear(): void {
    this.#held = [];
    this.#timer?.cancel();
    this.#timer = null;
  }

  #dropLate(): void {
    const nowMs = nowMsOf(this.#context);
    const kept = this.#held.filter(({ untilAtMs }) => untilAtMs > nowMs);
    this.#countDropped(this.#held.length - kept.length, 'late');
    this.#held = kept;
  }

  #watch(): void {
    const first = this.#held[0];
    if (first === undefined || this.#timer !== null) return;
    this.#timer = this.#context.runtime.timerAt(first.untilAtMs, () => {
      this.#timer = null;
      this.#dropLate();
      this.#watch();
    });
  }

  #countDropped(count: number, reason: 'late' | 'too_many' | 'no_session'): void {
    if (count > 0) this.#context.meter.count('messages_held_dropped_total', count, { reason });
  }
}
