import { type GatewayContext, nowMsOf } from './context.ts';

/**
 * When frames of one socket came, to the peer's favour: time in which our process stood still since the frame before is
 * taken off, because the frame may have waited for us all that time [GAT50].
 */
export class FairArrival {
  readonly #context: GatewayContext;
  #lastAtMs: number;
  #stalledMs: number;

  constructor(context: GatewayContext) {
    this.#context = context;
    this.#lastAtMs = nowMsOf(context);
    this.#stalledMs = context.stalls.stalledMs(this.#lastAtMs);
  }

  /** The instant of a frame that is read now; monotonic. */
  stampMs(nowMs: number): number {
    const stalledMs = this.#context.stalls.stalledMs(nowMs);
    const arrivedAtMs = Math.max(this.#lastAtMs, nowMs - (stalledMs - this.#stalledMs));
    this.#lastAtMs = nowMs;
    this.#stalledMs = stalledMs;
    return arrivedAtMs;
  }
}
