import type { JobId } from '#protocol/ids.ts';
import { type NodeRecord, slotKey } from '../nodes/node.ts';
import { releaseSlot } from '../nodes/slots.ts';
import { endAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { lookElsewhere } from './dispatching.ts';
import { type Attempt, attemptOf, type Job } from './job.ts';

export interface Holder {
  /** Undefined when the job has ended and only the attempt lives on as a zombie. */
  readonly job: Job | undefined;
  readonly attempt: Attempt | undefined;
}

/** Whose slot it is. */
export const holderOf = (turn: DispatcherTurn, jobId: JobId, attemptId: number): Holder => {
  const job = turn.state.jobs.get(jobId);
  const attempts = job?.attempts ?? turn.state.endedJobs.get(jobId)?.attempts ?? [];
  return { job, attempt: attemptOf(attempts, attemptId) };
};

/**
 * A zombie runs no more, or its time is over: its slot is free, and the job that awaited it looks elsewhere. False
 * when there is no such zombie [JOB25].
 */
export const endZombie = (
  turn: DispatcherTurn,
  node: NodeRecord,
  jobId: JobId,
  attemptId: number,
): boolean => {
  const slot = node.slots.get(slotKey(jobId, attemptId));
  if (slot === undefined || slot.zombieUntilAtMs === null) return false;
  releaseSlot(turn, node, slot.key);
  const { job, attempt } = holderOf(turn, jobId, attemptId);
  if (attempt === undefined) return true;
  const { isAwaited } = attempt;
  endAttempt(turn, jobId, attempt, 'lost');
  if (job !== undefined && isAwaited) lookElsewhere(turn, job, 'lost');
  return true;
};
