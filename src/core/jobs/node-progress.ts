import type { JobAck, JobCancelled, JobStarted, NodeAsrPartial } from '#protocol/node-agent-messages.ts';
import type { NodeRecord } from '../nodes/node.ts';
import { clearTimer } from '../nodes/registry.ts';
import { noteAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { type Attempt, isLive, type Job, liveAttempts, moveAttempt } from './job.ts';
import { partialTextOf } from './partial-text.ts';
import { jobIdOfWire } from './wire-ids.ts';
import { endZombie } from './zombies.ts';

/** Each of these says whether the message had something to act on; the caller counts those that had not. */
type Handled = boolean;

interface Named {
  readonly job_id: string;
  readonly attempt_id?: number;
}

/** The live attempt of that node a message speaks of; one that names none means its newest [JOB20]. */
const liveAttempt = (
  turn: DispatcherTurn,
  node: NodeRecord,
  { job_id, attempt_id }: Named,
): { readonly job: Job; readonly attempt: Attempt } | null => {
  const job = turn.state.jobs.get(jobIdOfWire(job_id));
  const attempt = job?.attempts.findLast(
    (one) =>
      isLive(one) &&
      one.phase !== 'offering' &&
      one.nodeId === node.nodeId &&
      one.wireJobId === job_id &&
      (attempt_id === undefined || one.attemptId === attempt_id),
  );
  return job === undefined || attempt === undefined ? null : { job, attempt };
};

export const takeJobAck = (turn: DispatcherTurn, node: NodeRecord, message: JobAck): Handled => {
  const found = liveAttempt(turn, node, message);
  if (found === null || found.attempt.phase !== 'sent') return false;
  const { job, attempt } = found;
  const { jobId, sessionId } = job.request;
  moveAttempt(attempt, 'acked');
  noteAttempt(turn, jobId, attempt, 'acked');
  clearTimer(turn, { kind: 'ack', jobId, attemptId: attempt.attemptId });
  if (!job.isAcceptanceTold) {
    job.isAcceptanceTold = true;
    turn.effects.push({ kind: 'tellSession', sessionId, event: { kind: 'jobAccepted', jobId } });
  }
  return true;
};

/** A job that runs has been received, even if its ack is missing. */
export const takeJobStarted = (turn: DispatcherTurn, node: NodeRecord, message: JobStarted): Handled => {
  const found = liveAttempt(turn, node, message);
  if (found === null || found.attempt.phase === 'started') return false;
  const { job, attempt } = found;
  clearTimer(turn, { kind: 'ack', jobId: job.request.jobId, attemptId: attempt.attemptId });
  moveAttempt(attempt, 'started');
  noteAttempt(turn, job.request.jobId, attempt, 'started');
  return true;
};

/** Partial text of the older of two live attempts only, so that a listener does not see two voices mixed [JOB27]. */
export const takePartial = (turn: DispatcherTurn, node: NodeRecord, message: NodeAsrPartial): Handled => {
  const found = liveAttempt(turn, node, message);
  if (found === null) return false;
  const { job, attempt } = found;
  const speaking = liveAttempts(job).find(({ phase }) => phase !== 'offering');
  if (speaking !== attempt) return false;
  const { jobId, sessionId } = job.request;
  turn.effects.push({
    kind: 'tellSession',
    sessionId,
    event: { kind: 'jobPartial', jobId, ...partialTextOf(message, attempt.attemptId) },
  });
  return true;
};

/** The answer to a cancel: the attempt runs no more, so its slot is free at once [JOB25]. */
export const takeJobCancelled = (turn: DispatcherTurn, node: NodeRecord, message: JobCancelled): Handled =>
  endZombie(turn, node, jobIdOfWire(message.job_id), message.attempt_id);
