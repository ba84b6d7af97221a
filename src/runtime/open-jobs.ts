import type { Now } from '#core/clock.ts';
import type { JobOutcome } from '#core/jobs/job-outcome.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import type { JobId } from '#protocol/ids.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import type { AudioShare } from './audio-budget.ts';

/** A job that was submitted and has not ended: what is needed to submit it again to a new dispatcher [RUN18]. */
export interface OpenJob {
  readonly request: JobRequest;
  readonly submittedAtMs: number;
  readonly submittedWallMs: number;
  /** Set once its session wants it no more; its end is then only a formality. */
  cancelReason: MissingReason | null;
  isDispatchTold: boolean;
  isAcceptanceTold: boolean;
  /** How often its session asked for haste: a new dispatcher is told so too. */
  hastenings: number;
  /** Failures of the dispatcher that it lived through. */
  failuresOutlived: number;
}

/** A job that was opened and is not whole yet [CAP1]. */
interface SpokenJob {
  readonly jobId: JobId;
  /** Failures of dispatchers that may have made attempts at it. */
  failuresOutlived: number;
}

/** The open jobs of one session, in order of submission. They keep their audio alive, so each leaves at its end. */
export class OpenJobs {
  readonly #jobs = new Map<JobId, OpenJob>();
  readonly #share: AudioShare;
  #spoken: SpokenJob | null = null;

  constructor(share: AudioShare) {
    this.#share = share;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Still being spoken, and held by the dispatcher only as long as this session lives. */
  get spoken(): SpokenJob | null {
    return this.#spoken;
  }

  speak(jobId: JobId): void {
    this.#spoken = { jobId, failuresOutlived: 0 };
  }

  /** It is whole now, or given up. Null when it is not what is being spoken. */
  endSpoken(jobId: JobId): SpokenJob | null {
    const spoken = this.#spoken;
    if (spoken?.jobId !== jobId) return null;
    this.#spoken = null;
    return spoken;
  }

  /** The same job submitted again is the same open job. */
  add(request: JobRequest, now: Now, failuresOutlived = 0): void {
    if (this.#jobs.has(request.jobId)) return;
    this.#share.work(request.audioBytes);
    this.#jobs.set(request.jobId, {
      request,
      submittedAtMs: now.atMs,
      submittedWallMs: now.wallMs,
      cancelReason: null,
      isDispatchTold: false,
      isAcceptanceTold: false,
      hastenings: 0,
      failuresOutlived,
    });
  }

  find(jobId: JobId): OpenJob | undefined {
    return this.#jobs.get(jobId);
  }

  end(jobId: JobId): OpenJob | undefined {
    const job = this.#jobs.get(jobId);
    if (this.#jobs.delete(jobId)) this.#share.work(-(job?.request.audioBytes ?? 0));
    return job;
  }

  /** Ends of jobs while one walks are allowed. */
  all(): IterableIterator<OpenJob> {
    return this.#jobs.values();
  }
}

/** The end of a job that no dispatcher could bring about. */
export const missingOutcome = (job: OpenJob, reason: MissingReason, now: Now): JobOutcome => ({
  kind: 'missing',
  reason,
  wasSent: job.isDispatchTold,
  times: {
    createdWallMs: job.submittedWallMs,
    endedWallMs: now.wallMs,
    queuedMs: now.atMs - job.submittedAtMs,
    attempts: 0,
  },
});
