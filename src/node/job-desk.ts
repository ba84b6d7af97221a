import type { NodeFeature } from '#protocol/capabilities.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { JobAssign, JobCancel } from '#protocol/node-server-messages.ts';
import { failedResult, goodResult, type ResultStamp } from './job-result.ts';
import { type HeldJob, type JobEnding, JobTable } from './job-table.ts';
import { type NodeJob, type NodeJobContext, NodeJobError, type NodeJobHandler } from './node-job.ts';
import type { JobEnded, NodeStatusEvent } from './node-status.ts';
import type { Timers } from './timers.ts';

/** After a takeover the server still takes answers to jobs of the old socket for this long. */
const TAKEOVER_MS = 5_000;
/** No attempt lives longer than this, so no answer can count after it. */
const AWAY_MS = 60_000;

export interface JobDeskOptions {
  readonly capacity: number;
  readonly onJob: NodeJobHandler;
  readonly timers: Timers;
  readonly clockMs: () => number;
  readonly wallClockMs: () => number;
  emit(event: NodeStatusEvent): void;
  send(message: NodeAgentMessage): void;
}

/** A registered connection. */
interface Seat {
  readonly nodeId: string;
  readonly features: ReadonlySet<NodeFeature>;
}

/**
 * Takes jobs and gives results, over whatever connection there is. When a connection is lost its jobs run on:
 * their results leave on the next one of the same node id, until 5 s after its registration [SDK25].
 */
export class JobDesk {
  readonly #options: JobDeskOptions;
  readonly #table: JobTable;
  #seat: Seat | null = null;
  #lastNodeId: string | null = null;
  /** Counts registered connections; a job belongs to the one it came on. */
  #epoch = 0;
  #unsent: { readonly held: HeldJob; readonly result: JobResult; readonly event: JobEnded }[] = [];
  #orphanTimer: unknown = null;
  #isStopping = false;

  constructor(options: JobDeskOptions) {
    this.#options = options;
    this.#table = new JobTable(options.capacity, {
      run: (held) => this.#run(held),
      ended: (held, ending) => this.#ended(held, ending),
      cancelled: (held) => this.#cancelled(held),
    });
  }

  /** Jobs that occupy the node, waiting and aborted ones included. */
  get heldCount(): number {
    return this.#table.heldCount;
  }

  registered(nodeId: string, features: readonly string[]): void {
    if (this.#lastNodeId !== null && this.#lastNodeId !== nodeId) this.#dropOrphans();
    this.#epoch += 1;
    this.#lastNodeId = nodeId;
    this.#seat = { nodeId, features: new Set(features as readonly NodeFeature[]) };
    for (const { result, event } of this.#unsent.splice(0)) {
      this.#options.send(result);
      this.#options.emit(event);
    }
    this.#setOrphanTimer(TAKEOVER_MS);
  }

  connectionLost(): void {
    if (this.#seat === null) return;
    this.#seat = null;
    // Whatever is held now came on a connection that is gone.
    this.#epoch += 1;
    this.#setOrphanTimer(AWAY_MS);
  }

  assigned(message: JobAssign): void {
    if (this.#seat === null) return;
    const job: NodeJob = { ...message, audioBytes: joinBytes(message.audio.map(({ bytes }) => bytes)) };
    if (this.#table.isKnown(job)) return;
    if (this.#seat.features.has('job_ack')) this.#sendAttempt(job, 'job_ack');
    if (this.#isStopping || this.#table.isFull) this.#refuse(job, this.#seat);
    else this.#table.take(job, this.#epoch);
  }

  cancel({ job_id, attempt_id }: JobCancel): void {
    this.#table.abortWhere(
      ({ job }) => job.job_id === job_id && (attempt_id ?? job.attempt_id) === job.attempt_id,
    );
  }

  /** Takes no more; resolves when nothing is held. */
  drain(): Promise<void> {
    this.#isStopping = true;
    return this.#table.untilIdle();
  }

  /** Aborts everything and forgets what could not be sent. */
  abandon(): void {
    this.#isStopping = true;
    this.#clearOrphanTimer();
    this.#table.abortWhere(() => true);
    this.#dropUnsent();
  }

  async #run(held: HeldJob): Promise<JobEnding> {
    const { job } = held;
    held.startedAtMs = this.#options.clockMs();
    this.#options.emit({ kind: 'jobStarted', jobId: job.job_id, attemptId: job.attempt_id });
    try {
      return { kind: 'output', output: await this.#options.onJob(job, this.#contextOf(held)) };
    } catch (error) {
      return { kind: 'thrown', error };
    }
  }

  #contextOf(held: HeldJob): NodeJobContext {
    const { job } = held;
    const { signal } = held.abort;
    let revision = 0;
    let hasStarted = false;
    return {
      signal,
      partial: (text, isFinal) => {
        const seat = this.#seat;
        if (signal.aborted || held.isOver || seat === null) return;
        const isRevised = seat.features.has('partials');
        if (!isRevised && job.enable_streaming_asr !== true) return;
        revision += 1;
        this.#options.send({
          type: 'asr_partial',
          job_id: job.job_id,
          node_id: seat.nodeId,
          session_id: job.session_id,
          utterance_index: job.utterance_index,
          text,
          is_final: isFinal,
          trace_id: job.trace_id,
          ...(isRevised && { attempt_id: job.attempt_id, revision }),
        });
      },
      started: () => {
        if (hasStarted || held.isOver || signal.aborted) return;
        hasStarted = true;
        this.#sendAttempt(job, 'job_started');
      },
    };
  }

  #ended(held: HeldJob, ending: JobEnding): void {
    const stamp: ResultStamp = {
      nodeId: this.#lastNodeId ?? '',
      processingMs: this.#durationMsOf(held),
      completedAtMs: this.#options.wallClockMs(),
    };
    const { result, error } = resultOf(held.job, ending, stamp);
    const event: JobEnded = {
      kind: 'jobEnded',
      jobId: held.job.job_id,
      attemptId: held.job.attempt_id,
      outcome: result.success ? 'succeeded' : 'failed',
      code: result.error?.code ?? null,
      durationMs: stamp.processingMs,
      ...(error !== undefined && { cause: error }),
    };
    if (this.#seat === null) {
      this.#unsent.push({ held, result, event });
      return;
    }
    this.#options.send(result);
    this.#options.emit(event);
  }

  #cancelled(held: HeldJob): void {
    const { job_id, attempt_id } = held.job;
    if (this.#seat?.features.has('job_reject'))
      this.#options.send({ type: 'job_cancelled', job_id, attempt_id, node_id: this.#seat.nodeId });
    this.#options.emit({
      kind: 'jobEnded',
      jobId: job_id,
      attemptId: attempt_id,
      outcome: 'cancelled',
      code: null,
      durationMs: this.#durationMsOf(held),
    });
  }

  /** Too many, or on the way out: said at once, so that it is tried elsewhere at once. */
  #refuse(job: NodeJob, { nodeId, features }: Seat): void {
    if (features.has('job_reject')) {
      this.#options.send({
        type: 'job_reject',
        job_id: job.job_id,
        attempt_id: job.attempt_id,
        node_id: nodeId,
        reason: this.#isStopping ? 'draining' : 'full',
        running_jobs: this.heldCount,
        free_slots: 0,
      });
      return;
    }
    const overload = new NodeJobError('NODE_OVERLOADED', 'the node takes no more jobs at present');
    const stamp = { nodeId, processingMs: 0, completedAtMs: this.#options.wallClockMs() };
    this.#options.send(failedResult(job, overload, stamp));
  }

  #sendAttempt(job: NodeJob, type: 'job_ack' | 'job_started'): void {
    if (this.#seat === null) return;
    this.#options.send({
      type,
      job_id: job.job_id,
      attempt_id: job.attempt_id,
      node_id: this.#seat.nodeId,
      session_id: job.session_id,
      trace_id: job.trace_id,
    });
  }

  #setOrphanTimer(delayMs: number): void {
    this.#clearOrphanTimer();
    this.#orphanTimer = this.#options.timers.set(delayMs, () => {
      this.#orphanTimer = null;
      this.#dropOrphans();
    });
  }

  #clearOrphanTimer(): void {
    if (this.#orphanTimer !== null) this.#options.timers.clear(this.#orphanTimer);
    this.#orphanTimer = null;
  }

  /** Nobody waits any more for jobs of earlier connections. */
  #dropOrphans(): void {
    this.#table.abortWhere(({ epoch }) => epoch !== this.#epoch);
    this.#dropUnsent();
  }

  #dropUnsent(): void {
    for (const { event } of this.#unsent.splice(0)) this.#options.emit({ ...event, outcome: 'dropped' });
  }

  #durationMsOf({ startedAtMs }: HeldJob): number {
    return startedAtMs === null ? 0 : this.#options.clockMs() - startedAtMs;
  }
}

const resultOf = (
  job: NodeJob,
  ending: JobEnding,
  stamp: ResultStamp,
): { readonly result: JobResult; readonly error?: unknown } => {
  if (ending.kind === 'thrown')
    return { result: failedResult(job, ending.error, stamp), error: ending.error };
  try {
    return { result: goodResult(job, ending.output, stamp) };
  } catch (error) {
    return { result: failedResult(job, error, stamp), error };
  }
};

const joinBytes = (runs: readonly Uint8Array[]): Uint8Array => {
  const [first] = runs;
  return first !== undefined && runs.length === 1 ? first : Buffer.concat(runs);
};
