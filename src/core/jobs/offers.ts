import type { JobId } from '#protocol/ids.ts';
import { LINK_PAUSE_MS, withholdRoom } from '../nodes/withheld-room.ts';
import { abandonAttempt, endAttempt, noteAttempt, noteSent, startAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { lookElsewhere, offerNext, takeBackGiven } from './dispatching.ts';
import { endReplaced, hedge } from './hedges.ts';
import { attemptOf, forgetRefusals, type Job, moveJob } from './job.ts';
import { feedAttempt } from './open-audio.ts';

const tellDispatched = (turn: DispatcherTurn, job: Job, attemptId: number): void => {
  const attempt = attemptOf(job.attempts, attemptId);
  if (job.isOpen || job.isDispatchTold || attempt === undefined) return;
  job.isDispatchTold = true;
  const { jobId, sessionId } = job.request;
  turn.effects.push({
    kind: 'tellSession',
    sessionId,
    event: { kind: 'jobDispatched', jobId, nodeId: attempt.nodeId },
  });
};

export const offerAccepted = (turn: DispatcherTurn, jobId: JobId, attemptId: number): void => {
  const job = turn.state.jobs.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job.attempts, attemptId);
  if (job === undefined || attempt === undefined) return;
  if (attempt.phase === 'offering') {
    startAttempt(turn, job, attempt);
    endReplaced(turn, job, attempt);
    forgetRefusals(job);
    moveJob(job, 'running');
    tellDispatched(turn, job, attemptId);
    feedAttempt(turn, job, attempt);
    hedge(turn, job);
  } else if (attempt.phase === 'zombie' && attempt.sentAtMs === null) {
    // Given up, but the node has it: it counts as an attempt, and its result is as good as any.
    noteSent(turn, job, attempt);
    tellDispatched(turn, job, attemptId);
  }
};

/** The node was never reached, so the attempt has not been: its slot is free and its place in the list too. */
export const offerRefused = (turn: DispatcherTurn, jobId: JobId, attemptId: number): void => {
  const job = turn.state.jobs.get(jobId);
  const attempts = job?.attempts ?? turn.state.endedJobs.get(jobId)?.attempts ?? [];
  const attempt = attemptOf(attempts, attemptId);
  if (attempt === undefined || attempt.sentAtMs !== null) return;
  const { isAwaited, phase } = attempt;
  noteAttempt(turn, jobId, attempt, 'refused', 'link');
  endAttempt(turn, jobId, attempt, 'refused');
  const node = turn.registry.nodes.get(attempt.nodeId);
  if (node !== undefined && node.generation === attempt.generation) {
    withholdRoom(turn, node, 0, LINK_PAUSE_MS);
  }
  if (job === undefined) return;
  job.attempts = job.attempts.filter((one) => one !== attempt);
  if (phase === 'offering') offerNext(turn, job, attempt.nodeId, attempt.why);
  else if (isAwaited) {
    takeBackGiven(turn, job);
    lookElsewhere(turn, job, 'lost');
  }
};

export const offerUnanswered = (turn: DispatcherTurn, jobId: JobId, attemptId: number): void => {
  const job = turn.state.jobs.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job.attempts, attemptId);
  if (job === undefined || attempt?.phase !== 'offering') return;
  abandonAttempt(turn, job, attempt, 'unanswered_offer');
  offerNext(turn, job, attempt.nodeId, attempt.why);
};
