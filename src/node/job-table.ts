import type { JobStage } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import { JobAudio } from './job-audio.ts';
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
  readonly audio: JobAudio;
  /** What its handler works on, as it last said. */
  stage: JobStage;
  percent: number | null;
  startedAtMs: number | null;
  /** The handler has ended. */
  isOver: boolean;
}

export const holdJob = (message: JobAssign, epoch: number): HeldJob => {
  const abort = new AbortController();
  const first = message.audio.map(({ bytes }) => bytes);
  const audio = new JobAudio(first, message.open !== true, abort.signal);
  const job: NodeJob = {
    ...message,
    get isOpen() {
      return !audio.isComplete;
    },
    get audioBytes() {
      return audio.bytes;
    },
    audioPieces: { [Symbol.asyncIterator]: () => audio.pieces() },
  };
  return { job, epoch, abort, audio, stage: 'other', percent: null, startedAtMs: null, isOver: false };
};

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

  isKnown(job: AttemptName): boolean {
    return this.#known.has(keyOf(job));
  }

  find(name: AttemptName): HeldJob | undefined {
    const fits = ({ job }: HeldJob): boolean => keyOf(job) === keyOf(name);
    return [...this.#running].find(fits) ?? this.#queue.find(fits);
  }

  /** Running ones first. */
  all(): readonly HeldJob[] {
    return [...this.#running, ...this.#queue];
  }

  get isFull(): boolean {
    return this.heldCount >= 2 * this.#capacity;
  }

  take(held: HeldJob): void {
    this.#remember(keyOf(held.job));
    this.#queue.push(held);
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

type AttemptName = Pick<JobAssign, 'attempt_id' | 'job_id'>;

const keyOf = ({ attempt_id, job_id }: AttemptName): string => `${attempt_id} ${job_id}`;
