import { count } from '../effects.ts';
import { slotKey } from '../nodes/node.ts';
import { sendToNode } from '../nodes/registry.ts';
import { type Requirement, requirementOf } from '../nodes/requirements.ts';
import { standingMiss } from '../nodes/rules.ts';
import { cutFields } from './assignment.ts';
import { abandonAttempt } from './attempts.ts';
import { attemptDeadlineMs } from './deadlines.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { startWait } from './fair-waits.ts';
import { type Attempt, forgetRefusals, isLive, type Job, liveAttempts, moveJob } from './job.ts';
import { noteMoment } from './job-history.ts';
import type { JobRequest } from './job-request.ts';

/** Gives an attempt what it has not got of the audio that is there, and the end once it is there [CAP3]. */
export const feedAttempt = (turn: DispatcherTurn, job: Job, attempt: Attempt): void => {
  const { feed } = attempt;
  const node = turn.registry.nodes.get(attempt.nodeId);
  if (feed === null || feed.isEnded || node === undefined) return;
  if (!isLive(attempt) || attempt.phase === 'offering') return;
  const { request } = job;
  const { jobId } = request;
  const named = { job_id: attempt.wireJobId, attempt_id: attempt.attemptId };
  const pieces = request.audio.slice(feed.pieceCount);
  if (pieces.length > 0) {
    feed.lastSeq += 1;
    feed.pieceCount += pieces.length;
    sendToNode(turn, node, {
      type: 'audio_append',
      ...named,
      seq: feed.lastSeq,
      audio: pieces,
      audio_format: request.encoding,
      sample_rate: request.sampleRateHz,
    });
  }
  if (job.isOpen) return;
  feed.lastSeq += 1;
  feed.isEnded = true;
  sendToNode(turn, node, { type: 'audio_end', ...named, seq: feed.lastSeq, ...cutFields(request) });
  // From here on it is an attempt like any other: the time of its answer counts from the end of the audio [CAP6].
  attempt.deadlineMs = attemptDeadlineMs(node.speed, request.audioMs, turn.settings);
  attempt.sentAtMs = turn.now.atMs;
  attempt.sentWallMs = turn.now.wallMs;
  const slot = node.slots.get(slotKey(jobId, attempt.attemptId));
  if (slot !== undefined) slot.audioMs = request.audioMs;
  startWait(turn, jobId, attempt, 'deadline', attempt.deadlineMs);
};

/** More was said. A piece that was lost on the way leaves a hole: then nothing is passed on until the end [CAP3]. */
export const appendAudio = (
  turn: DispatcherTurn,
  job: Job,
  fromPiece: number,
  pieces: JobRequest['audio'],
): void => {
  if (!job.isOpen || fromPiece !== job.request.audio.length) return;
  job.request = { ...job.request, audio: [...job.request.audio, ...pieces] };
  for (const attempt of liveAttempts(job)) feedAttempt(turn, job, attempt);
};

/** No node has the job while it is open; what is said of it is not needed any more until it is whole [CAP5]. */
export const refuseOpen = (turn: DispatcherTurn, job: Job): void => {
  const { jobId, sessionId } = job.request;
  moveJob(job, 'unheard');
  turn.effects.push(
    { kind: 'tellSession', sessionId, event: { kind: 'openJobRefused', jobId } },
    count('open_jobs_refused_total'),
  );
  forgetIfUntried(turn, job);
};

/** Attempt numbers are never used again, so a job that had attempts is kept until it is whole. */
const forgetIfUntried = ({ state }: DispatcherTurn, job: Job): void => {
  if (job.lastAttemptId > 0) return;
  state.openJobs.delete(job);
  state.jobs.delete(job.request.jobId);
};

/** What the job becomes when it is whole. True: an attempt has it already and goes on with it. */
export const closeOpenJob = (turn: DispatcherTurn, job: Job, request: JobRequest): boolean => {
  const { atMs, wallMs } = turn.now;
  turn.state.openJobs.delete(job);
  job.isOpen = false;
  job.request = request;
  job.requirement = requirementOf(request);
  job.record.audioMs = request.audioMs;
  noteMoment(job.record, turn.now, { what: 'completed' });
  job.submittedAtMs = atMs;
  job.submittedWallMs = wallMs;
  job.lastLoss = null;
  job.lastErrorCode = null;
  job.retryCount = 0;
  job.failureCount = 0;
  forgetRefusals(job);
  const [attempt] = liveAttempts(job);
  // Attempts that came to nothing while it was open do not count: the whole has as many as any other [CAP5].
  const wasSent = attempt !== undefined && attempt.phase !== 'offering';
  job.sentCount = wasSent ? 1 : 0;
  job.firstSentAtMs = wasSent ? atMs : null;
  job.lastSentWallMs = wasSent ? wallMs : null;
  if (attempt === undefined) return false;
  feedAttempt(turn, job, attempt);
  if (wasSent) tellSoFar(turn, job, attempt);
  return true;
};

/** The session hears now what happened to its job while it was open. */
const tellSoFar = (turn: DispatcherTurn, job: Job, { nodeId, phase }: Attempt): void => {
  const { jobId, sessionId } = job.request;
  job.isDispatchTold = true;
  turn.effects.push({ kind: 'tellSession', sessionId, event: { kind: 'jobDispatched', jobId, nodeId } });
  if (phase === 'sent') return;
  job.isAcceptanceTold = true;
  turn.effects.push({ kind: 'tellSession', sessionId, event: { kind: 'jobAccepted', jobId } });
};

/** Open jobs that are looked at for their place. */
const LOOKED_AT_MAX = 64;

/**
 * A whole job finds no free node: an open one gives up its place, for it loses nothing but its captions [CAP7]. The
 * place is free when the node says so.
 */
export const makeRoomFor = (turn: DispatcherTurn, requirement: Requirement): void => {
  let left = LOOKED_AT_MAX;
  for (const job of turn.state.openJobs) {
    left -= 1;
    if (left < 0) return;
    for (const attempt of liveAttempts(job)) {
      const node = turn.registry.nodes.get(attempt.nodeId);
      if (attempt.phase === 'offering' || node === undefined) continue;
      if (standingMiss(node, requirement, turn.settings.requireGpu) !== null) continue;
      abandonAttempt(turn, job, attempt, 'superseded');
      refuseOpen(turn, job);
      return;
    }
  }
};
