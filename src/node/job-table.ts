import type { NodeJob, NodeJobOutput } from './node-job.ts';

/** How a job's handler ended. */
export type JobEnding =
  | { readonly kind: 'output'; readonly output: NodeJobOutput }
  | { readonly kind: 'thrown'; readonly error: unknown };

/** A job that the node holds, from its assignment to its end. */
export interface HeldJob {
  readonly job: NodeJob;
  /** Of the connection it came on. */
  readonly epoch: number;
  readonly abort: AbortController;
  startedAtMs: number | null;
  /** The handler has ended. */
  isOver: boolean;
}

export interface JobTableEvents {
  /** Runs the handler; never rejects. */
  run(held: HeldJob): Promise<JobEnding>;
  ended(held: HeldJob, ending: JobEnding): void;
  /** Aborted, and it no longer runs. */
  cancelled(held: HeldJob): void;
}

/** Attempts remembered after their end, so that a repeated assignment is known. */
const KNOWN_COUNT_MAX = 1_024;

/**
 * The jobs of a node: at most `capacity` run, as many again wait [SDK22]. A job that was aborted keeps its
 * place until its handler has really ended.
 */
export class JobTable {
  readonly #capacity: number;
  readonly #events: JobTableEvents;
  readonly #running = new Set<HeldJob>();
  readonly #known = new Set<string>();
  #queue: HeldJob[] = [];
  #idleWaiters: (() => void)[] = [];

  constructor(capacity: number, events: JobTableEvents) {
    this.#capacity = capacity;
    this.#events = events;
  }

  get heldCount(): number {
    return this.#running.size + this.#queue.length;
  }

  isKnown(job: NodeJob): boolean {
    return this.#known.has(keyOf(job));
  }

  get isFull(): boolean {
    return this.heldCount >= 2 * this.#capacity;
  }

  take(job: NodeJob, epoch: number): void {
    this.#remember(keyOf(job));
    this.#queue.push({ job, epoch, abort: new AbortController(), startedAtMs: null, isOver: false });
    this.#pump();
  }

  /** Aborts what fits; what has not begun ends at once. */
  abortWhere(fits: (held: HeldJob) => boolean): void {
    for (const held of this.#running) if (fits(held)) held.abort.abort();
    const waiting = this.#queue;
    this.#queue = [];
    for (const held of waiting) {
      if (!fits(held)) {
        this.#queue.push(held);
        continue;
      }
      held.abort.abort();
      this.#events.cancelled(held);
    }
    this.#tellIdle();
  }

  /** Resolves when nothing is held. */
  untilIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#tellIdle();
    });
  }

  #pump(): void {
    while (this.#running.size < this.#capacity) {
      const held = this.#queue.shift();
      if (held === undefined) return;
      this.#running.add(held);
      void this.#events.run(held).then((ending) => this.#settle(held, ending));
    }
  }

  #settle(held: HeldJob, ending: JobEnding): void {
    held.isOver = true;
    this.#running.delete(held);
    if (held.abort.signal.aborted) this.#events.cancelled(held);
    else this.#events.ended(held, ending);
    this.#pump();
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.heldCount > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const waiter of waiters) waiter();
  }

  #remember(key: string): void {
    this.#known.add(key);
    if (this.#known.size <= KNOWN_COUNT_MAX) return;
    const [oldest] = this.#known;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

const keyOf = ({ attempt_id, job_id }: NodeJob): string => `${attempt_id} ${job_id}`;
