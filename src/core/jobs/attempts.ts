import type { JobId } from '#protocol/ids.ts';
import { count } from '../effects.ts';
import { noteLastNode } from '../nodes/last-nodes.ts';
import { hasFeature, type NodeRecord, slotKey } from '../nodes/node.ts';
import { clearTimer, sendToNode, setTimer } from '../nodes/registry.ts';
import type { Selection } from '../nodes/selection.ts';
import { keepAsZombie, releaseSlot, takeSlot } from '../nodes/slots.ts';
import { assignmentOf } from './assignment.ts';
import { attemptDeadlineMs, PROGRESS_SILENCE_MS } from './deadlines.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { endWaits, startWait } from './fair-waits.ts';
import { type Attempt, type AttemptEnd, type AttemptWhy, type Job, moveAttempt } from './job.ts';
import { type JobMomentKind, jobRecordOf, noteMoment } from './job-history.ts';
import { wireJobId } from './wire-ids.ts';

const clearAttemptTimers = (turn: DispatcherTurn, jobId: JobId, attempt: Attempt): void => {
  const { attemptId, phase } = attempt;
  if (phase === 'offering') clearTimer(turn, { kind: 'offer', jobId, attemptId });
  endWaits(turn, jobId, attempt);
};

/** The node that was selected, and what for. */
export type NodeChoice = Extract<Selection, { kind: 'node' }>;

/** Makes the next attempt on a node with a free slot and offers it to the node's link [JOB3]. */
export const offerAttempt = (
  turn: DispatcherTurn,
  job: Job,
  choice: NodeChoice,
  why: AttemptWhy,
  replaces: number | null,
): void => {
  const { node, reason } = choice;
  const { connectionId } = node;
  if (connectionId === null) throw new Error('offer to a node that is gone');
  const { request } = job;
  const { jobId } = request;
  job.lastAttemptId += 1;
  const attemptId = job.lastAttemptId;
  const isRepeat = job.isReborn || job.attempts.some(({ nodeId }) => nodeId === node.nodeId);
  const attempt: Attempt = {
    attemptId,
    nodeId: node.nodeId,
    generation: node.generation,
    why,
    replaces,
    wireJobId: wireJobId(jobId, attemptId, isRepeat),
    deadlineMs: attemptDeadlineMs(node.speed, request.audioMs, turn.settings),
    phase: 'offering',
    isAwaited: false,
    hasAnswered: false,
    rejection: null,
    stage: null,
    sentAtMs: null,
    sentWallMs: null,
    waits: new Map(),
    feed: job.isOpen ? { pieceCount: request.audio.length, lastSeq: 0, isEnded: false } : null,
  };
  job.attempts.push(attempt);
  noteMoment(job.record, turn.now, { what: 'offered', attemptId, nodeId: node.nodeId, why, reason });
  takeSlot(turn, node, jobId, attemptId, request.audioMs);
  noteLastNode(turn.registry.lastNodes, request.sessionId, node.nodeId, turn.now.atMs);
  turn.effects.push({
    kind: 'sendNode',
    connectionId,
    message: assignmentOf(request, attempt, { isLegacy: node.declared.features.length === 0, isRepeat }),
    offer: { jobId, attemptId },
  });
  setTimer(turn, { kind: 'offer', jobId, attemptId }, turn.settings.offerTimeoutMs);
};

/** The link took it: its time runs from now. Also for a zombie whose offer was answered late. */
export const noteSent = (turn: DispatcherTurn, job: Job, attempt: Attempt): void => {
  attempt.sentAtMs = turn.now.atMs;
  attempt.sentWallMs = turn.now.wallMs;
  job.sentCount += 1;
  noteAttempt(turn, job.request.jobId, attempt, 'sent');
  job.lastSentWallMs = turn.now.wallMs;
  if (job.firstSentAtMs === null) {
    job.firstSentAtMs = turn.now.atMs;
    const queuedMs = turn.now.atMs - job.submittedAtMs;
    if (!job.isDispatchTold) turn.effects.push({ kind: 'observe', name: 'job_queued_ms', value: queuedMs });
  }
  const slot = turn.registry.nodes
    .get(attempt.nodeId)
    ?.slots.get(slotKey(job.request.jobId, attempt.attemptId));
  if (slot !== undefined) slot.sentAtMs = turn.now.atMs;
  turn.effects.push(count('attempts_started_total', { why: attempt.why }));
};

/** Into the record of the job, open or ended. */
export const noteAttempt = (
  turn: DispatcherTurn,
  jobId: JobId,
  attempt: Attempt,
  what: JobMomentKind,
  reason?: string,
): void => {
  const record = jobRecordOf(turn.state, jobId);
  if (record === null) return;
  const { attemptId, nodeId } = attempt;
  noteMoment(
    record,
    turn.now,
    reason === undefined ? { what, attemptId, nodeId } : { what, attemptId, nodeId, reason },
  );
};

/** From an offer that was accepted to an attempt whose deadlines run. */
export const startAttempt = (turn: DispatcherTurn, job: Job, attempt: Attempt): void => {
  const { jobId } = job.request;
  const { attemptId } = attempt;
  clearTimer(turn, { kind: 'offer', jobId, attemptId });
  moveAttempt(attempt, 'sent');
  noteSent(turn, job, attempt);
  startWait(
    turn,
    jobId,
    attempt,
    'deadline',
    job.isOpen ? turn.settings.attemptCeilingMs : attempt.deadlineMs,
  );
  const node = turn.registry.nodes.get(attempt.nodeId);
  if (node === undefined) return;
  if (hasFeature(node, 'job_ack')) startWait(turn, jobId, attempt, 'ack', turn.settings.ackTimeoutMs);
  else awaitProgress(turn, node, jobId, attempt);
};

/** A node that gives signs of life has given one, or begins to be asked for them [JOB44]. */
export const awaitProgress = (
  turn: DispatcherTurn,
  node: NodeRecord,
  jobId: JobId,
  attempt: Attempt,
): void => {
  if (hasFeature(node, 'job_progress')) startWait(turn, jobId, attempt, 'progress', PROGRESS_SILENCE_MS);
};

/** The attempt is over for good, by its answer or with its socket; its slot is free. */
export const endAttempt = (turn: DispatcherTurn, jobId: JobId, attempt: Attempt, how: AttemptEnd): void => {
  if (attempt.phase === 'ended') return;
  const wasZombie = attempt.phase === 'zombie';
  clearAttemptTimers(turn, jobId, attempt);
  attempt.isAwaited = false;
  moveAttempt(attempt, 'ended');
  const node = turn.registry.nodes.get(attempt.nodeId);
  if (node !== undefined)
    releaseSlot(turn, node, slotKey(jobId, attempt.attemptId), how === 'refused' || how === 'rejected');
  if (wasZombie) return;
  turn.effects.push(count('attempts_ended_total', { how }));
  if (how === 'lost') noteAttempt(turn, jobId, attempt, 'lost');
};

/**
 * The attempt counts no more, but may still run: it keeps its slot for a bounded time, and a good result of it is still
 * taken while the job is open [JOB25].
 */
const toZombie = (
  turn: DispatcherTurn,
  jobId: JobId,
  attempt: Attempt,
  how: AttemptEnd,
  atMostMs: number,
): void => {
  clearAttemptTimers(turn, jobId, attempt);
  moveAttempt(attempt, 'zombie');
  const node = turn.registry.nodes.get(attempt.nodeId);
  const slot = node?.slots.get(slotKey(jobId, attempt.attemptId));
  if (node !== undefined && slot !== undefined) keepAsZombie(turn, node, slot, atMostMs);
  turn.effects.push(count('attempts_ended_total', { how }));
  noteAttempt(turn, jobId, attempt, 'given_up', how);
};

/** Best effort: agents do not answer it, and one that was never reached has nothing to cancel. */
const sendCancel = (turn: DispatcherTurn, job: Job, attempt: Attempt, reason: string): void => {
  const node = turn.registry.nodes.get(attempt.nodeId);
  if (!turn.settings.sendCancel || node === undefined) return;
  sendToNode(turn, node, {
    type: 'job_cancel',
    job_id: attempt.wireJobId,
    trace_id: job.request.traceId,
    reason,
    attempt_id: attempt.attemptId,
  });
};

/** The wire's word for it, in the style of the reference's `job_timeout`. */
const CANCEL_REASONS = {
  hung: 'job_timeout',
  no_ack: 'ack_timeout',
  no_progress: 'progress_timeout',
  unanswered_offer: 'offer_timeout',
  superseded: 'superseded',
  cancelled: 'cancelled',
} as const satisfies Partial<Record<AttemptEnd, string>>;

/** Stops a live attempt from our side. */
export const abandonAttempt = (
  turn: DispatcherTurn,
  job: Job,
  attempt: Attempt,
  how: keyof typeof CANCEL_REASONS,
): void => {
  const { hangZombieMs, zombieMaxMs } = turn.settings;
  const isHang = how === 'hung' || how === 'no_progress';
  toZombie(turn, job.request.jobId, attempt, how, isHang ? Math.min(hangZombieMs, zombieMaxMs) : zombieMaxMs);
  sendCancel(turn, job, attempt, CANCEL_REASONS[how]);
};

/**
 * Another attempt is offered in its place, on its own node. Until that is taken its answer is waited for, and it is not told
 * to stop: a link may refuse the other, and then the job still has what it had [JOB53].
 */
export const setAside = (turn: DispatcherTurn, job: Job, attempt: Attempt): void => {
  toZombie(turn, job.request.jobId, attempt, 'superseded', turn.settings.zombieMaxMs);
  attempt.isAwaited = true;
};

/** The other has been taken. */
export const endSetAside = (turn: DispatcherTurn, job: Job, attempt: Attempt): void => {
  if (!attempt.isAwaited) return;
  attempt.isAwaited = false;
  sendCancel(turn, job, attempt, CANCEL_REASONS.superseded);
};

/** The node has another socket now and may answer there: the job waits for that a little [JOB24]. */
export const awaitAttempt = (turn: DispatcherTurn, jobId: JobId, attempt: Attempt): void => {
  toZombie(turn, jobId, attempt, 'taken_over', turn.settings.takeoverGraceMs);
  attempt.isAwaited = true;
};
