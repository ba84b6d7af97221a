import type { Runtime } from '#runtime/contract.ts';
import { type Census, takeCensus } from './census.ts';
import type { Breathe } from './slices.ts';

/** A census is good for so long. */
const FRESH_MS = 1000;

/** Takes at most one census a second; who asks meanwhile shares the last one, or the one being taken [HTT5]. */
export class CensusDesk {
  readonly #runtime: Runtime;
  readonly #breathe: Breathe;
  #last: Census | null = null;
  #taking: Promise<Census> | null = null;

  constructor(runtime: Runtime, breathe: Breathe) {
    this.#runtime = runtime;
    this.#breathe = breathe;
  }

  /** Age of the last census in milliseconds; 0 when there was none. */
  get ageMs(): number {
    return this.#last === null ? 0 : this.#runtime.ports.clock.now().atMs - this.#last.takenAtMs;
  }

  async census(): Promise<Census> {
    if (this.#last !== null && this.ageMs < FRESH_MS) return this.#last;
    this.#taking ??= this.#take();
    return this.#taking;
  }

  async #take(): Promise<Census> {
    try {
      this.#last = await takeCensus(this.#runtime, this.#breathe);
      return this.#last;
    } finally {
      this.#taking = null;
    }
  }
}
