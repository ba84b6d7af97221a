import type { NodeId } from '#protocol/ids.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import { count } from '../effects.ts';
import { forgetOldest } from '../forget-oldest.ts';
import { clearTimer } from '../nodes/registry.ts';
import type { Writable } from '../writable.ts';
import { abandonAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { type Attempt, type Job, liveAttempts, moveJob } from './job.ts';
import { noteMoment } from './job-history.ts';
import type { JobOutcome, JobTimes } from './job-outcome.ts';
import { dequeueJob } from './waiting-queue.ts';

/** Ended jobs that are remembered, to tell a late result from a foreign one and a repeated request from a new one. */
const ENDED_JOBS_MAX = 4096;

const timesOf = (turn: DispatcherTurn, job: Job, winner: Attempt | null): JobTimes => {
  const dispatchedWallMs = winner?.sentWallMs ?? job.lastSentWallMs;
  const times: Writable<JobTimes> = {
    createdWallMs: job.submittedWallMs,
    endedWallMs: turn.now.wallMs,
    queuedMs: (job.firstSentAtMs ?? turn.now.atMs) - job.submittedAtMs,
    attempts: job.sentCount,
  };
  if (dispatchedWallMs !== null) times.dispatchedWallMs = dispatchedWallMs;
  return times;
};

/** The one end of a job: everything it owned is given back, and its session is told exactly once [I1, JOB5]. */
const endJob = (
  turn: DispatcherTurn,
  job: Job,
  outcome: JobOutcome,
  attemptEnd: 'superseded' | 'cancelled',
): void => {
  const { state, effects, owner } = turn;
  const { jobId, sessionId } = job.request;
  const word = outcome.kind === 'missing' ? outcome.reason : outcome.kind;
  moveJob(job, 'ended');
  job.record.outcome = word;
  if (dequeueJob(state.waiting, job)) clearTimer(turn, { kind: 'pending', jobId });
  for (const attempt of liveAttempts(job)) abandonAttempt(turn, job, attempt, attemptEnd);
  for (const attempt of job.attempts) attempt.isAwaited = false;
  noteMoment(job.record, turn.now, { what: 'ended', reason: word });
  state.jobs.delete(jobId);
  state.openJobs.delete(job);
  state.blocking.delete(job);
  state.endedJobs.set(jobId, { jobId, attempts: job.attempts, outcome: word, record: job.record });
  forgetOldest(state.endedJobs, ENDED_JOBS_MAX);
  // Nobody was promised anything of a job that is still open [CAP2].
  if (job.isOpen) return;
  effects.push(
    { kind: 'tellSession', sessionId, event: { kind: 'jobEnded', jobId, outcome } },
    { kind: 'store', request: { verb: 'releaseJob', jobId, owner } },
    count('jobs_ended_total', { outcome: word }),
    { kind: 'observe', name: 'job_total_ms', value: turn.now.atMs - job.submittedAtMs },
  );
};

export const endWithResult = (
  turn: DispatcherTurn,
  job: Job,
  winner: Attempt,
  result: JobResult,
  nodeId: NodeId,
): void => {
  const outcome: JobOutcome = { kind: 'result', result, nodeId, times: timesOf(turn, job, winner) };
  endJob(turn, job, outcome, 'superseded');
};

export const endWithSilence = (turn: DispatcherTurn, job: Job, winner: Attempt): void => {
  endJob(turn, job, { kind: 'silence', times: timesOf(turn, job, winner) }, 'superseded');
};

export const endMissing = (turn: DispatcherTurn, job: Job, reason: MissingReason): void => {
  const outcome: JobOutcome = {
    kind: 'missing',
    reason,
    ...(job.lastErrorCode === null ? {} : { errorCode: job.lastErrorCode }),
    wasSent: job.sentCount > 0,
    times: timesOf(turn, job, null),
  };
  endJob(turn, job, outcome, 'cancelled');
};

/** The reason of a job that found no (other) node, by what it lost last. */
export const reasonOfLoss = (job: Job): MissingReason => {
  if (job.sentCount === 0) return 'no_capacity';
  switch (job.lastLoss) {
    case null:
    case 'failed':
    case 'lost':
      return 'node_failed';
    case 'hung':
    case 'no_ack':
      return 'timeout';
  }
};
