import type { JobId, NodeId, SessionId } from '#protocol/ids.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import type { Now } from '../clock.ts';
import type { JobRequest } from './job-request.ts';

/** What can happen to a job, in the words of its record [JOB40]. */
export type JobMomentKind =
  | 'submitted'
  /** It was begun while it was being spoken, and now its audio is complete. */
  | 'completed'
  /** No node fits; `reason` = the selection rule that the nearest node failed. */
  | 'waiting'
  /** Given to a node's link; `reason` = what that node was chosen for, `why` = what the attempt is for. */
  | 'offered'
  | 'sent'
  | 'acked'
  | 'started'
  /** The first sign of each stage the node reports; `reason` = the stage. */
  | 'progress'
  /** A later result waits for this one. */
  | 'hastened'
  /** The link or the node would not take it; `reason` says which, and why. */
  | 'refused'
  /** The node answered that it could not do it; `reason` = its code. */
  | 'failed'
  /** The attempt counts no more and may still run; `reason` = why it was given up. */
  | 'given_up'
  /** The attempt is over without an answer; `reason` = how. */
  | 'lost'
  /** A result that was not used; `reason` = why. */
  | 'dropped'
  /** `reason` = `result`, `silence`, or why it is missing. */
  | 'ended';

/** One line of a job's record. */
export interface JobMoment {
  /** Since the submission. */
  readonly afterMs: number;
  readonly what: JobMomentKind;
  readonly attemptId?: number;
  readonly nodeId?: NodeId;
  /** Why the attempt is made: `first`, `failover`, `hedge`, `retry`. */
  readonly why?: string;
  /** A word of ours or a node's error code; never what somebody said. */
  readonly reason?: string;
}

/**
 * What happened to one job, from its submission on, for people who ask why. No transcript, no audio.
 *
 * units: `submittedWallMs` epoch ms, `afterMs` of each moment ms since then, `audioMs` ms of speech.
 * bound: `MOMENTS_MAX` moments; of later ones only the end is kept, the others are counted in `leftOut`.
 */
export interface JobRecord {
  readonly jobId: JobId;
  readonly sessionId: SessionId;
  readonly tenant: string;
  readonly utteranceIndex: number;
  readonly srcLang: string;
  readonly tgtLang: string;
  audioMs: number;
  readonly priority: number;
  readonly traceId: string;
  readonly submittedWallMs: number;
  /** The same instant by the monotonic clock, which moments are counted from. */
  readonly submittedAtMs: number;
  /** Null while the job is open. */
  outcome: 'result' | 'silence' | MissingReason | null;
  readonly moments: JobMoment[];
  leftOut: number;
}

export const MOMENTS_MAX = 64;

export const newJobRecord = (request: JobRequest, now: Now): JobRecord => ({
  jobId: request.jobId,
  sessionId: request.sessionId,
  tenant: request.tenant,
  utteranceIndex: request.utteranceIndex,
  srcLang: request.srcLang,
  tgtLang: request.tgtLang,
  audioMs: request.audioMs,
  priority: request.priority,
  traceId: request.traceId,
  submittedWallMs: now.wallMs,
  submittedAtMs: now.atMs,
  outcome: null,
  moments: [{ afterMs: 0, what: 'submitted' }],
  leftOut: 0,
});

/** Adds what happened now; beyond the bound it is only counted [JOB41]. */
export const noteMoment = (record: JobRecord, now: Now, moment: Omit<JobMoment, 'afterMs'>): void => {
  if (record.moments.length >= MOMENTS_MAX && moment.what !== 'ended') {
    record.leftOut += 1;
    return;
  }
  record.moments.push({ ...moment, afterMs: now.atMs - record.submittedAtMs });
};

/** Where records are kept: with the jobs that are open, and with the last ones that ended. */
interface Jobs {
  readonly jobs: ReadonlyMap<JobId, { readonly record: JobRecord }>;
  readonly endedJobs: ReadonlyMap<JobId, { readonly record: JobRecord }>;
}

/** Null for a job that was never here, or is forgotten [JOB40]. */
export const jobRecordOf = (state: Jobs, jobId: JobId): JobRecord | null =>
  (state.jobs.get(jobId) ?? state.endedJobs.get(jobId))?.record ?? null;
