import type { Clock } from '#core/clock.ts';
import type { Store, StoreOutcome, StoreRequest } from '#core/ports.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import type { Agenda, Sleeper } from './agenda.ts';
import type { Random } from './random.ts';

export type StoreMood = 'answers' | 'refuses' | 'silent';

/** The memory store at the end of a line: answers take their time, and in a bad mood there are none. */
export class SimStore {
  mood: StoreMood = 'answers';
  /** Promises were settled since this was last cleared: what waits for them has not run yet. */
  hasAnswered = false;
  readonly port: Store;
  /** What the process has told the store of and not taken back, as far as the store would listen. */
  readonly #leases = new Set<string>();

  constructor(clock: Clock, agenda: Agenda, random: Random, owner: Sleeper) {
    const completeLater = (complete: () => void): void => {
      agenda.after(
        random.soonOrLate(2),
        'store answers',
        () => {
          this.hasAnswered = true;
          complete();
        },
        owner,
      );
    };
    const memory = new MemoryStore({ clock, completeLater });
    const perform = (request: StoreRequest): Promise<StoreOutcome> => {
      this.#note(request);
      if (this.mood === 'answers') return memory.perform(request);
      return new Promise((resolve) => {
        if (this.mood === 'refuses') completeLater(() => resolve('refused'));
      });
    };
    this.port = {
      perform,
      readJob: (id) => memory.readJob(id),
      readNode: (id) => memory.readNode(id),
      readSession: (id) => memory.readSession(id),
      close: () => memory.close(),
    };
  }

  get leaseCount(): number {
    return this.#leases.size;
  }

  /** A lease that the store would not take back ends by its time to live, and is not the process's fault. */
  #note(request: StoreRequest): void {
    const lease = leaseOf(request);
    const isTaken =
      request.verb === 'claimJob' || request.verb === 'putNode' || request.verb === 'putSession';
    if (!isTaken) this.#leases.delete(lease);
    else if (this.mood === 'answers') this.#leases.add(lease);
  }
}

const leaseOf = (request: StoreRequest): string => {
  switch (request.verb) {
    case 'claimJob':
    case 'releaseJob':
      return request.jobId;
    case 'putNode':
    case 'dropNode':
      return request.nodeId;
    case 'putSession':
    case 'dropSession':
      return request.sessionId;
  }
};
