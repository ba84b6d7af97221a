import type { Clock } from '#core/clock.ts';

/** An address may save up so many seconds of its rate. */
const BURST_S = 10;
/** Addresses remembered; at the bound the one that asked longest ago starts anew. */
const ADDRESSES_MAX = 10_000;

interface Balance {
  requests: number;
  atMs: number;
}

/** How often one address may ask: a token bucket each, so that nobody guesses tokens or holds the loop [HTT43]. */
export class RequestRate {
  readonly #clock: Clock;
  readonly #perS: number;
  /** The one that asked longest ago first. */
  readonly #balances = new Map<string, Balance>();

  constructor(clock: Clock, perS: number) {
    this.#clock = clock;
    this.#perS = perS;
  }

  /** Whole milliseconds until the address may ask again; 0 = this request may pass. */
  take(address: string): number {
    const { atMs } = this.#clock.now();
    const burst = this.#perS * BURST_S;
    const balance = this.#balances.get(address) ?? { requests: burst, atMs };
    this.#balances.delete(address);
    if (this.#balances.size >= ADDRESSES_MAX) {
      const oldest = this.#balances.keys().next();
      if (oldest.done !== true) this.#balances.delete(oldest.value);
    }
    this.#balances.set(address, balance);
    balance.requests = Math.min(burst, balance.requests + ((atMs - balance.atMs) / 1000) * this.#perS);
    balance.atMs = atMs;
    if (balance.requests < 1) return Math.ceil(((1 - balance.requests) / this.#perS) * 1000);
    balance.requests -= 1;
    return 0;
  }
}
