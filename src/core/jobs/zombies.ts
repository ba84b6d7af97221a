import type { JobId } from '#protocol/ids.ts';
import { type NodeRecord, type Slot, slotKey } from '../nodes/node.ts';
import { releaseSlot } from '../nodes/slots.ts';
import { endAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { lookElsewhere } from './dispatching.ts';
import { type Attempt, attemptOf, type Job } from './job.ts';
import { jobIdOfWire } from './wire-ids.ts';

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

interface NamesAttempt {
  readonly job_id: string;
  readonly attempt_id?: number | undefined;
}

/** What the node says of an attempt tells that it has read everything up to its assignment [JOB47]. */
export const noteReceipt = (node: NodeRecord, { job_id, attempt_id }: NamesAttempt): void => {
  if (attempt_id === undefined) return;
  const named = node.slots.get(slotKey(jobIdOfWire(job_id), attempt_id));
  if (named === undefined || named.sentAtMs === null || named.isRead) return;
  named.isRead = true;
  for (const slot of node.slots.values()) {
    if (slot.sentAtMs !== null && slot.sentAtMs < named.sentAtMs) slot.isRead = true;
  }
};

/**
 * A heartbeat says how many jobs the node runs. What it is known to run of ours comes first; zombies beyond the rest run no
 * more, the oldest first. Fewer than it could be are ended rather than one too many: what the node may not have read yet it
 * could not count [JOB47].
 */
export const endIdleZombies = (
  turn: DispatcherTurn,
  node: NodeRecord,
  runningJobs: number | undefined,
): void => {
  if (runningJobs === undefined || runningJobs >= node.slots.size) return;
  let receivedCount = 0;
  const zombies: Slot[] = [];
  for (const slot of node.slots.values()) {
    const { attempt } = holderOf(turn, slot.jobId, slot.attemptId);
    if (attempt?.phase === 'acked' || attempt?.phase === 'started') receivedCount += 1;
    if (slot.zombieUntilAtMs !== null && slot.isRead && attempt?.isAwaited !== true) zombies.push(slot);
  }
  const stillRunning = Math.max(0, runningJobs - receivedCount);
  for (const { jobId, attemptId } of zombies.slice(0, Math.max(0, zombies.length - stillRunning))) {
    endZombie(turn, node, jobId, attemptId);
  }
};
