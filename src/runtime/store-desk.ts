import type { Store, StoreOutcome, StoreRequest, StoreSettled } from '#core/ports.ts';
import type { Meter } from './contract.ts';

export interface StoreDeskPorts {
  readonly store: Store;
  readonly meter: Meter;
  /** Longest wait for an answer. */
  readonly deadlineMs: number;
  afterMs(delayMs: number, ring: () => void): { cancel(): void };
  /** Called when a request has settled, also when its actor is gone. */
  settled(): void;
}

/**
 * Asks the store on behalf of actors. Every request settles exactly once, as an event: by its answer, or as `refused`
 * at the deadline, after which the answer counts no more [RUN14].
 */
export class StoreDesk {
  readonly #ports: StoreDeskPorts;
  #openCount = 0;

  constructor(ports: StoreDeskPorts) {
    this.#ports = ports;
  }

  /** Requests that have not settled. */
  get openCount(): number {
    return this.#openCount;
  }

  ask(request: StoreRequest, settle: (settled: StoreSettled) => void): void {
    let isOpen = true;
    this.#openCount += 1;
    const end = (outcome: StoreOutcome): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#openCount -= 1;
      deadline.cancel();
      if (outcome === 'refused') this.#ports.meter.count('store_failures_total', 1, { verb: request.verb });
      settle({ kind: 'storeSettled', request, outcome });
      this.#ports.settled();
    };
    const deadline = this.#ports.afterMs(this.#ports.deadlineMs, () => end('refused'));
    this.#perform(request, end);
  }

  /** An adapter that throws has refused, like one that rejects. */
  #perform(request: StoreRequest, end: (outcome: StoreOutcome) => void): void {
    const refused = (): void => end('refused');
    try {
      this.#ports.store.perform(request).then(end, refused);
    } catch {
      refused();
    }
  }
}
