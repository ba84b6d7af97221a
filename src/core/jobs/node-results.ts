import { isClientsFault } from '#protocol/errors.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { count } from '../effects.ts';
import { noteFault, noteGoodAnswer } from '../nodes/ejection.ts';
import { forgetLastNode } from '../nodes/last-nodes.ts';
import { type NodeRecord, type Slot, slotKey } from '../nodes/node.ts';
import { releaseSlot } from '../nodes/slots.ts';
import { observeSpeed } from '../nodes/speed.ts';
import { markUnavailable } from '../nodes/unavailability.ts';
import { giveBackRoom } from '../nodes/withheld-room.ts';
import { endAttempt, noteAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { lookElsewhere, retryElsewhere } from './dispatching.ts';
import { endMissing, endWithResult, endWithSilence } from './endings.ts';
import { type Attempt, attemptOf, isHalfFed, isLive, type Job } from './job.ts';
import { missingModelCounts, missingServiceOf } from './model-not-available.ts';
import { offerAccepted } from './offers.ts';
import { suspectOvertaken } from './overtaken.ts';
import { jobIdOfWire } from './wire-ids.ts';

/** Words with which agents say that they understood the job and heard nothing. */
const SILENCE_REASONS: ReadonlySet<string> = new Set(['NO_TEXT_ASSIGNED', 'ASR_EMPTY']);
/** Agents refuse what they think they had already; the first may well still run. Some say it in the message only. */
const DUPLICATE_MARK = 'DUPLICATE_';
/** What a failure without an `error` is taken for. */
const UNNAMED_FAILURE = 'PROCESSING_ERROR';

type Verdict = 'good' | 'silence' | 'duplicate' | 'clients_fault' | 'failed';

const isEmpty = (message: JobResult): boolean =>
  (message.text_asr ?? '').trim() === '' &&
  (message.text_translated ?? '').trim() === '' &&
  (message.tts_audio?.rawBytes ?? 0) === 0;

/** What a result says, whoever sent it [JOB8, JOB9, JOB11]. */
export const verdictOf = (message: JobResult): Verdict => {
  const { error, extra } = message;
  if (!message.success && error !== undefined) {
    if (error.code.includes(DUPLICATE_MARK) || error.message.includes(DUPLICATE_MARK)) return 'duplicate';
  }
  if (extra?.reason !== undefined && SILENCE_REASONS.has(extra.reason)) return 'silence';
  if (message.success) return isEmpty(message) ? 'silence' : 'good';
  return isClientsFault(error?.code ?? UNNAMED_FAILURE) ? 'clients_fault' : 'failed';
};

/** `late`: its job has ended. `stale`: a failure of an attempt that was given up. All are counted, none is used [JOB6]. */
const drop = (turn: DispatcherTurn, why: 'late' | 'stale' | 'foreign' | 'duplicate'): void => {
  turn.effects.push(count('results_dropped_total', { why }));
};

/** Also from attempts that were given up: a slow node is slow, whether or not we waited for it. */
const learnSpeed = (turn: DispatcherTurn, node: NodeRecord, slot: Slot | undefined): void => {
  if (slot === undefined || slot.sentAtMs === null) return;
  observeSpeed(node.speed, turn.now.atMs - slot.sentAtMs, slot.audioMs);
};

/** What the answer says about the node: nothing, when we had given up the attempt or the client is to blame [SEL21]. */
const judgeNode = (
  turn: DispatcherTurn,
  node: NodeRecord,
  attempt: Attempt,
  message: JobResult,
  verdict: Verdict,
): void => {
  const lacking = missingServiceOf(message.error);
  if (lacking !== null && markUnavailable(turn, node, lacking)) return;
  if (verdict === 'good' || verdict === 'silence') noteGoodAnswer(node);
  else if (verdict === 'failed' && (isLive(attempt) || attempt.isAwaited)) noteFault(turn, node);
};

const takeFailure = (
  turn: DispatcherTurn,
  job: Job,
  attempt: Attempt,
  message: JobResult,
  verdict: 'clients_fault' | 'failed',
): void => {
  const { jobId } = job.request;
  const errorCode = message.error?.code ?? UNNAMED_FAILURE;
  const wasCounted = isLive(attempt) || attempt.isAwaited;
  endAttempt(turn, jobId, attempt, 'failed');
  noteAttempt(turn, jobId, attempt, 'failed', errorCode);
  if (verdict === 'clients_fault') {
    job.lastErrorCode = errorCode;
    endMissing(turn, job, 'rejected');
    return;
  }
  if (!wasCounted) {
    drop(turn, 'stale');
    return;
  }
  job.lastErrorCode = errorCode;
  forgetLastNode(turn.registry.lastNodes, job.request.sessionId, attempt.nodeId);
  retryElsewhere(turn, job);
};

/**
 * The one result of an attempt. While the job is open the first good one of any of its attempts wins, whatever
 * became of that attempt meanwhile [I4, JOB5].
 */
export const takeResult = (turn: DispatcherTurn, node: NodeRecord, message: JobResult): void => {
  const { state } = turn;
  const jobId = jobIdOfWire(message.job_id);
  const key = slotKey(jobId, message.attempt_id);
  const job = state.jobs.get(jobId);
  const attempts = job?.attempts ?? state.endedJobs.get(jobId)?.attempts;
  if (attempts === undefined) {
    releaseSlot(turn, node, key);
    drop(turn, 'late');
    return;
  }
  const attempt = attemptOf(attempts, message.attempt_id);
  if (attempt?.nodeId !== node.nodeId || attempt.wireJobId !== message.job_id) {
    drop(turn, 'foreign');
    return;
  }
  const verdict = verdictOf(message);
  if (verdict === 'duplicate' || attempt.hasAnswered) {
    drop(turn, 'duplicate');
    noteAttempt(turn, jobId, attempt, 'dropped', 'duplicate');
    return;
  }
  // A result tells as well as the link that the node has the job.
  const wasHalfFed = isHalfFed(attempt);
  if (attempt.sentAtMs === null) offerAccepted(turn, jobId, attempt.attemptId);
  turn.effects.push(...missingModelCounts(message.error));
  judgeNode(turn, node, attempt, message, verdict);
  attempt.hasAnswered = true;
  node.hangsInARow = 0;
  giveBackRoom(turn, node);
  suspectOvertaken(turn, node, attempt, jobId);
  // How long an answer takes after the speaking says nothing of the node's speed with whole audio [CAP6].
  if (verdict === 'good' && attempt.feed === null) learnSpeed(turn, node, node.slots.get(key));
  if (job === undefined) {
    endAttempt(turn, jobId, attempt, 'failed');
    drop(turn, 'late');
    noteAttempt(turn, jobId, attempt, 'dropped', 'late');
    return;
  }
  if (wasHalfFed) {
    // Whatever it says is about less than was said [CAP6].
    const wasLive = isLive(attempt);
    endAttempt(turn, jobId, attempt, 'failed');
    drop(turn, 'stale');
    if (wasLive) lookElsewhere(turn, job, 'failed');
    return;
  }
  if (verdict === 'good' || verdict === 'silence') {
    endAttempt(turn, jobId, attempt, 'won');
    if (verdict === 'good') endWithResult(turn, job, attempt, message, node.nodeId);
    else endWithSilence(turn, job, attempt);
    return;
  }
  takeFailure(turn, job, attempt, message, verdict);
};
