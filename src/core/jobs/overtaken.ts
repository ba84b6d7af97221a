import type { JobId } from '#protocol/ids.ts';
import { hasFeature, type NodeRecord } from '../nodes/node.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { isWaitOver, startWait } from './fair-waits.ts';
import { tryBeside } from './hedges.ts';
import { type Attempt, attemptOf } from './job.ts';

/** How much later than the answer to a later job the answer to an earlier one may be. Source: extensions 6. */
const GRACE_MS = 1000;

/**
 * Legacy agents say nothing of a job they drop. One that answers a later job of a session has had the earlier ones, so
 * these have a short time left before they are tried elsewhere beside it [JOB45].
 */
export const suspectOvertaken = (
  turn: DispatcherTurn,
  node: NodeRecord,
  answered: Attempt,
  by: JobId,
): void => {
  if (hasFeature(node, 'job_ack') || hasFeature(node, 'job_progress')) return;
  const { jobs, endedJobs } = turn.state;
  const later = (jobs.get(by) ?? endedJobs.get(by))?.record;
  if (later === undefined || answered.sentAtMs === null) return;
  for (const { jobId, attemptId, sentAtMs, zombieUntilAtMs } of node.slots.values()) {
    if (zombieUntilAtMs !== null || sentAtMs === null || sentAtMs > answered.sentAtMs) continue;
    const job = jobs.get(jobId);
    if (job === undefined || job.isTriedBeside || job.request.sessionId !== later.sessionId) continue;
    if (job.request.utteranceIndex >= later.utteranceIndex) continue;
    const attempt = attemptOf(job.attempts, attemptId);
    if (attempt?.phase !== 'sent' || attempt.waits.has('overtaken')) continue;
    startWait(turn, jobId, attempt, 'overtaken', GRACE_MS);
  }
};

/** Once for each job, and only if another node fits: the attempt itself goes on until its deadline. */
export const graceIsOver = (turn: DispatcherTurn, jobId: JobId, attemptId: number): void => {
  const job = turn.state.jobs.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job.attempts, attemptId);
  if (job === undefined || attempt === undefined) return;
  if (!isWaitOver(turn, jobId, attempt, 'overtaken') || job.isTriedBeside) return;
  // It has shown since that it runs.
  if (attempt.phase !== 'sent') return;
  job.isTriedBeside = true;
  tryBeside(turn, job);
};
