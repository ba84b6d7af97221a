import type { Clock } from '#core/clock.ts';
import type { Store, StoreOutcome, StoreRequest } from '#core/ports.ts';
import type { InstanceId, JobId, NodeId, SessionId } from '#protocol/ids.ts';
import { ExpiringMap } from './expiring-map.ts';

/** Records of one kind. Far above what one process works on at a time; beyond it a verb is `refused` [STO8]. */
const RECORDS_MAX = 100_000;

export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Records of each kind that may live at once. */
  readonly recordsMax?: number;
  /**
   * Runs the rest of a verb later. By default a microtask; a test or the simulator gives a queue that it turns by hand,
   * so that answers come in an order of its own.
   */
  readonly completeLater?: (complete: () => void) => void;
}

interface Claim {
  readonly owner: InstanceId;
}
interface NodeSocket {
  readonly owner: InstanceId;
  readonly generation: number;
}
interface SessionRecord {
  readonly owner: InstanceId;
  readonly record: string;
}

const inMicrotask = (complete: () => void): void => {
  Promise.resolve().then(complete, complete);
};

/**
 * The store of a process that runs alone. It holds the same rules as any store (docs/spec/store.md), and like any other
 * it never answers inside the call [STO2].
 */
export class MemoryStore implements Store {
  readonly #completeLater: (complete: () => void) => void;
  readonly #jobs: ExpiringMap<JobId, Claim>;
  readonly #nodes: ExpiringMap<NodeId, NodeSocket>;
  readonly #sessions: ExpiringMap<SessionId, SessionRecord>;
  #isClosed = false;

  constructor({ clock, recordsMax = RECORDS_MAX, completeLater = inMicrotask }: MemoryStoreOptions) {
    this.#completeLater = completeLater;
    this.#jobs = new ExpiringMap(clock, recordsMax);
    this.#nodes = new ExpiringMap(clock, recordsMax);
    this.#sessions = new ExpiringMap(clock, recordsMax);
  }

  perform(request: StoreRequest): Promise<StoreOutcome> {
    return this.#later(() => (this.#isClosed ? 'refused' : this.#apply(request)));
  }

  readNode(nodeId: NodeId): Promise<NodeSocket | null> {
    return this.#later(() => this.#nodes.get(nodeId) ?? null);
  }

  readSession(sessionId: SessionId): Promise<SessionRecord | null> {
    return this.#later(() => this.#sessions.get(sessionId) ?? null);
  }

  readJob(jobId: JobId): Promise<Claim | null> {
    return this.#later(() => this.#jobs.get(jobId) ?? null);
  }

  /** What comes after is `refused`. */
  close(): Promise<void> {
    return this.#later(() => {
      this.#isClosed = true;
    });
  }

  #later<Answer>(answer: () => Answer): Promise<Answer> {
    return new Promise((resolve) => this.#completeLater(() => resolve(answer())));
  }

  #apply(request: StoreRequest): StoreOutcome {
    switch (request.verb) {
      case 'claimJob': {
        const { jobId, owner, ttlMs } = request;
        const claim = this.#jobs.get(jobId);
        if (claim !== undefined && claim.owner !== owner) return 'taken';
        return this.#jobs.set(jobId, { owner }, ttlMs) ? 'done' : 'refused';
      }
      case 'releaseJob': {
        const { jobId, owner } = request;
        const claim = this.#jobs.get(jobId);
        if (claim === undefined) return 'absent';
        if (claim.owner !== owner) return 'taken';
        this.#jobs.delete(jobId);
        return 'done';
      }
      case 'putNode': {
        const { nodeId, owner, generation, ttlMs } = request;
        const socket = this.#nodes.get(nodeId);
        if (socket !== undefined && generation < socket.generation) return 'stale';
        return this.#nodes.set(nodeId, { owner, generation }, ttlMs) ? 'done' : 'refused';
      }
      case 'dropNode': {
        const { nodeId, owner, generation } = request;
        const socket = this.#nodes.get(nodeId);
        if (socket === undefined) return 'absent';
        if (socket.owner !== owner || socket.generation !== generation) return 'stale';
        this.#nodes.delete(nodeId);
        return 'done';
      }
      case 'putSession': {
        const { sessionId, owner, record, ttlMs } = request;
        return this.#sessions.set(sessionId, { owner, record }, ttlMs) ? 'done' : 'refused';
      }
      case 'dropSession': {
        const { sessionId, owner } = request;
        const session = this.#sessions.get(sessionId);
        if (session === undefined) return 'absent';
        if (session.owner !== owner) return 'taken';
        this.#sessions.delete(sessionId);
        return 'done';
      }
    }
  }
}
