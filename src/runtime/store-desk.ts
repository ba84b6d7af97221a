import type { Store, StoreOutcome, StoreRequest, StoreSettled } from '#core/ports.ts';
import type { Meter } from './contract.ts';

export interface StoreDeskPorts {
  readonly store: Store;
  readonly meter: Meter;
  /** Longest wait for an answer. */
  readonly deadlineMs: number;
  /** Monotonic. */
  nowMs(): number;
  timerAt(atMs: number, ring: () => void): { cancel(): void };
  /** Called when a request has settled, also when its actor is gone. */
  settled(): void;
}

/** A request that has not settled. */
interface OpenVerb {
  readonly request: StoreRequest;
  readonly endsAtMs: number;
  readonly settle: (settled: StoreSettled) => void;
}

/**
 * Asks the store on behalf of actors. Every request settles exactly once: by its answer, or as `refused` at the deadline,
 * after which the answer counts no more. What was done is told to nobody, because nobody acts on it, and every job asks
 * twice; anything else is an event of the actor that asked [RUN14].
 */
export class StoreDesk {
  readonly #ports: StoreDeskPorts;
  /** In the order of asking, which is that of their deadlines. */
  readonly #open = new Set<OpenVerb>();
  /** One for all of them. It may ring for nothing: to stop it with every answer would cost more. */
  #isTimerSet = false;

  constructor(ports: StoreDeskPorts) {
    this.#ports = ports;
  }

  /** Requests that have not settled. */
  get openCount(): number {
    return this.#open.size;
  }

  ask(request: StoreRequest, settle: (settled: StoreSettled) => void): void {
    const verb: OpenVerb = { request, endsAtMs: this.#ports.nowMs() + this.#ports.deadlineMs, settle };
    this.#open.add(verb);
    this.#watch(verb.endsAtMs);
    this.#perform(verb);
  }

  /** An adapter that throws has refused, like one that rejects. */
  #perform(verb: OpenVerb): void {
    const refused = (): void => this.#end(verb, 'refused');
    try {
      this.#ports.store.perform(verb.request).then((outcome) => this.#end(verb, outcome), refused);
    } catch {
      refused();
    }
  }

  #end(verb: OpenVerb, outcome: StoreOutcome): void {
    if (!this.#open.delete(verb)) return;
    const { request, settle } = verb;
    if (outcome === 'refused') this.#ports.meter.count('store_failures_total', 1, { verb: request.verb });
    if (outcome !== 'done') settle({ kind: 'storeSettled', request, outcome });
    this.#ports.settled();
  }

  #watch(atMs: number): void {
    if (this.#isTimerSet) return;
    this.#isTimerSet = true;
    this.#ports.timerAt(atMs, () => {
      this.#isTimerSet = false;
      this.#endOverdue();
    });
  }

  #endOverdue(): void {
    const nowMs = this.#ports.nowMs();
    for (const verb of this.#open) {
      if (verb.endsAtMs > nowMs) {
        this.#watch(verb.endsAtMs);
        return;
      }
      this.#end(verb, 'refused');
    }
  }
}
