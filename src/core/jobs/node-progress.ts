import type {
  JobAck,
  JobCancelled,
  JobProgress,
  JobStarted,
  NodeAsrPartial,
} from '#protocol/node-agent-messages.ts';
import type { NodeRecord } from '../nodes/node.ts';
import { awaitProgress, noteAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { endWait } from './fair-waits.ts';
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

interface LiveAttempt {
  readonly job: Job;
  readonly attempt: Attempt;
}

/** The live attempt of that node a message speaks of; one that names none means its newest [JOB20]. */
const liveAttempt = (
  turn: DispatcherTurn,
  node: NodeRecord,
  { job_id, attempt_id }: Named,
): LiveAttempt | null => {
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
  endWait(turn, jobId, attempt, 'ack');
  awaitProgress(turn, node, jobId, attempt);
  if (!job.isOpen && !job.isAcceptanceTold) {
    job.isAcceptanceTold = true;
    turn.effects.push({ kind: 'tellSession', sessionId, event: { kind: 'jobAccepted', jobId } });
  }
  return true;
};

const begin = (turn: DispatcherTurn, node: NodeRecord, { job, attempt }: LiveAttempt): void => {
  const { jobId } = job.request;
  endWait(turn, jobId, attempt, 'ack');
  endWait(turn, jobId, attempt, 'overtaken');
  moveAttempt(attempt, 'started');
  noteAttempt(turn, jobId, attempt, 'started');
  awaitProgress(turn, node, jobId, attempt);
};

/** A job that runs has been received, even if its ack is missing. */
export const takeJobStarted = (turn: DispatcherTurn, node: NodeRecord, message: JobStarted): Handled => {
  const found = liveAttempt(turn, node, message);
  if (found === null || found.attempt.phase === 'started') return false;
  begin(turn, node, found);
  return true;
};

/** A sign of life; the first one says as well that the job runs [JOB44]. */
export const takeJobProgress = (turn: DispatcherTurn, node: NodeRecord, message: JobProgress): Handled => {
  const found = liveAttempt(turn, node, message);
  if (found === null) return false;
  const { job, attempt } = found;
  if (attempt.phase === 'started') awaitProgress(turn, node, job.request.jobId, attempt);
  else begin(turn, node, found);
  if (attempt.stage !== message.stage) {
    attempt.stage = message.stage;
    noteAttempt(turn, job.request.jobId, attempt, 'progress', message.stage);
  }
  return true;
};

/** Partial text of the older of two live attempts only, so that a listener does not see two voices mixed [JOB27]. */
export const takePartial = (turn: DispatcherTurn, node: NodeRecord, message: NodeAsrPartial): Handled => {
  const found = liveAttempt(turn, node, message);
  if (found === null) return false;
  const { job, attempt } = found;
  if (attempt.waits.has('progress')) awaitProgress(turn, node, job.request.jobId, attempt);
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
