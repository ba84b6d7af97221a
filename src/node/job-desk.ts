import type { NodeFeature } from '#protocol/capabilities.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { AudioAppend, AudioEnd, JobAssign, JobCancel } from '#protocol/node-server-messages.ts';
import { JobBeat } from './job-beat.ts';
import { contextOf, type Seat } from './job-context.ts';
import { failedResult, goodResult, type ResultStamp } from './job-result.ts';
import { type HeldJob, holdJob, type JobEnding, JobTable } from './job-table.ts';
import { type NodeJob, NodeJobError, type NodeJobHandler } from './node-job.ts';
import type { JobEnded, NodeStatusEvent } from './node-status.ts';
import type { Timers } from './timers.ts';

/** After a takeover the server still takes answers to jobs of the old socket for this long. */
const TAKEOVER_MS = 5_000;
/** No attempt lives longer than this, so no answer can count after it. */
const AWAY_MS = 60_000;

export interface JobDeskOptions {
  readonly capacity: number;
  readonly onJob: NodeJobHandler;
  readonly handlesOpenJobs: boolean;
  readonly timers: Timers;
  readonly clockMs: () => number;
  readonly wallClockMs: () => number;
  emit(event: NodeStatusEvent): void;
  send(message: NodeAgentMessage): void;
}

/**
 * Takes jobs and gives results, over whatever connection there is. When a connection is lost its jobs run on:
 * their results leave on the next one of the same node id, until 5 s after its registration [SDK25].
 */
export class JobDesk {
  readonly #options: JobDeskOptions;
  readonly #table: JobTable;
  readonly #beat: JobBeat;
  #seat: Seat | null = null;
  #lastNodeId: string | null = null;
  /** Counts registered connections; a job belongs to the one it came on. */
  #epoch = 0;
  #unsent: { readonly held: HeldJob; readonly result: JobResult; readonly event: JobEnded }[] = [];
  #orphanTimer: unknown = null;
  /** On the way out, for good. */
  #isStopping = false;
  /** The server, or the owner, wants no more jobs for now. */
  #isDraining = false;

  constructor(options: JobDeskOptions) {
    this.#options = options;
    this.#table = new JobTable(options.capacity, {
      run: (held) => this.#run(held),
      ended: (held, ending) => this.#ended(held, ending),
      cancelled: (held) => this.#cancelled(held),
    });
    this.#beat = new JobBeat(options.timers, () => {
      for (const held of this.#table.all()) this.#tellProgress(held);
      return this.#table.heldCount > 0;
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

  /** The server answered a registration on the same connection: its jobs stay. */
  registeredAnew(nodeId: string, features: readonly string[]): void {
    this.#lastNodeId = nodeId;
    this.#seat = { nodeId, features: new Set(features as readonly NodeFeature[]) };
  }

  connectionLost(): void {
    if (this.#seat === null) return;
    this.#seat = null;
    // Whatever is held now came on a connection that is gone.
    this.#epoch += 1;
    // The rest of their audio will come on no other connection.
    this.#table.abortWhere(({ audio }) => !audio.isComplete);
    this.#setOrphanTimer(AWAY_MS);
  }

  assigned(message: JobAssign): void {
    if (this.#seat === null || this.#table.isKnown(message)) return;
    const held = holdJob(message, this.#epoch);
    if (this.#isStopping || this.#isDraining || this.#table.isFull) {
      this.#refuse(held.job, this.#seat);
      return;
    }
    if (this.#seat.features.has('job_ack')) this.#sendAttempt(held.job, 'job_ack');
    this.#table.take(held);
    this.#beat.start();
  }

  /** False when there is no such open job. */
  appended({ job_id, attempt_id, seq, audio }: AudioAppend): boolean {
    const held = this.#table.find({ job_id, attempt_id });
    if (held === undefined || held.audio.isComplete) return false;
    held.audio.append(
      seq,
      audio.map(({ bytes }) => bytes),
    );
    return true;
  }

  /** The same. */
  audioEnded({ type: _, job_id, attempt_id, seq, ...cut }: AudioEnd): boolean {
    const held = this.#table.find({ job_id, attempt_id });
    if (held === undefined || held.audio.isComplete) return false;
    Object.assign(held.job, cut);
    held.audio.complete(seq);
    return true;
  }

  cancel({ job_id, attempt_id }: JobCancel): void {
    this.#table.abortWhere(
      ({ job }) => job.job_id === job_id && (attempt_id ?? job.attempt_id) === job.attempt_id,
    );
  }

  /** Takes no more until told otherwise; resolves when nothing is held. */
  drain(): Promise<void> {
    this.#isDraining = true;
    return this.#table.untilIdle();
  }

  undrain(): void {
    this.#isDraining = false;
  }

  /** Aborts everything and forgets what could not be sent. */
  abandon(): void {
    this.#isStopping = true;
    this.#beat.stop();
    this.#clearOrphanTimer();
    this.#table.abortWhere(() => true);
    this.#dropUnsent();
  }

  async #run(held: HeldJob): Promise<JobEnding> {
    const { job, audio } = held;
    try {
      if (!this.#options.handlesOpenJobs) await audio.whole();
      held.startedAtMs = this.#options.clockMs();
      this.#options.emit({ kind: 'jobStarted', jobId: job.job_id, attemptId: job.attempt_id });
      const context = contextOf(held, {
        seat: () => this.#seat,
        send: (message) => this.#options.send(message),
        sendStarted: () => this.#sendAttempt(job, 'job_started'),
        tellProgress: () => this.#tellProgress(held),
      });
      const output = await this.#options.onJob(job, context);
      // A result that comes before the person has finished would be taken for one of less than was said.
      await audio.whole();
      return { kind: 'output', output };
    } catch (error) {
      return { kind: 'thrown', error };
    }
  }

  #tellProgress({ job, isOver, abort, stage, percent }: HeldJob): void {
    if (isOver || abort.signal.aborted || this.#seat?.features.has('job_progress') !== true) return;
    this.#options.send({
      type: 'job_progress',
      job_id: job.job_id,
      attempt_id: job.attempt_id,
      node_id: this.#seat.nodeId,
      stage,
      ...(percent !== null && { percent }),
    });
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
        reason: this.#isStopping || this.#isDraining ? 'draining' : 'full',
        running_jobs: this.heldCount,
        free_slots:
          this.#isStopping || this.#isDraining ? 0 : Math.max(0, this.#options.capacity - this.heldCount),
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
