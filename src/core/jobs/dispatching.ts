import type { JobId, NodeId } from '#protocol/ids.ts';
import { count } from '../effects.ts';
import { hasFreeSlot } from '../nodes/node.ts';
import { clearTimer, setTimer } from '../nodes/registry.ts';
import { requirementOf, whileOpen } from '../nodes/requirements.ts';
import { standingMiss } from '../nodes/rules.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { endMissing, reasonOfLoss } from './endings.ts';
import { takeBack } from './fair-shares.ts';
import { hedge } from './hedges.ts';
import { type AttemptWhy, forgetRefusals, isUnderWay, type Job, type Loss, moveJob, newJob } from './job.ts';
import { noteMoment } from './job-history.ts';
import type { JobRequest } from './job-request.ts';
import { countAsGiven, mayNotHave, mayTryAgain, tryOffer } from './offering.ts';
import { closeOpenJob, makeRoomFor, refuseOpen } from './open-audio.ts';
import {
  dequeueJob,
  enqueueJob,
  firstServed,
  isFull,
  nextQueueTurn,
  positionInQueue,
  whoMakesRoom,
} from './waiting-queue.ts';

/** Links that may refuse a job before it waits instead of asking the next one. */
const REFUSALS_MAX = 8;

/** False at the bound, when nobody has to give way to the job [JOB51]. */
const findPlace = (turn: DispatcherTurn, job: Job): boolean => {
  const { waiting } = turn.state;
  if (!isFull(waiting)) return true;
  const displaced = whoMakesRoom(waiting, job);
  if (displaced === null) return false;
  endMissing(turn, displaced, reasonOfLoss(displaced));
  return true;
};

/** Into the queue at the place it has, until its stay is over [JOB21]. */
const wait = (turn: DispatcherTurn, job: Job): void => {
  forgetRefusals(job);
  const { waiting } = turn.state;
  if (job.waitUntilAtMs <= turn.now.atMs || !findPlace(turn, job)) {
    endMissing(turn, job, reasonOfLoss(job));
    return;
  }
  enqueueJob(waiting, job);
  moveJob(job, 'waiting');
  noteMoment(job.record, turn.now, { what: 'waiting', reason: job.lastRefusal });
  const { jobId, sessionId } = job.request;
  if (!job.isWaitTold) {
    job.isWaitTold = true;
    const position = positionInQueue(waiting, job);
    turn.effects.push({
      kind: 'tellSession',
      sessionId,
      event: { kind: 'jobWaiting', jobId, position, reason: job.lastRefusal },
    });
  }
  setTimer(turn, { kind: 'pending', jobId }, job.waitUntilAtMs - turn.now.atMs);
  makeRoomFor(turn, job.requirement);
};

/** A new stay: at the end of the queue, with the whole time to wait before it. */
const beginStay = (turn: DispatcherTurn, job: Job): void => {
  job.queueTurn = nextQueueTurn(turn.state.waiting);
  job.waitUntilAtMs = turn.now.atMs + turn.settings.pendingTimeoutMs;
  job.isWaitTold = false;
};

/** Nodes that are tried for an open job, one after the other. */
const OPEN_ATTEMPTS_MAX = 2;

/** To a node that is free now, as long as nobody waits for one; else its job will come whole [CAP2, CAP5]. */
const tryOpen = (turn: DispatcherTurn, job: Job): void => {
  const mayTry = job.lastAttemptId < OPEN_ATTEMPTS_MAX && turn.state.waiting.size === 0;
  if (!mayTry || !tryOffer(turn, job, job.lastAttemptId === 0 ? 'first' : 'failover')) refuseOpen(turn, job);
};

/** A job whose audio is still being spoken [CAP2]. */
export const openJob = (turn: DispatcherTurn, request: JobRequest): void => {
  const { state, now } = turn;
  if (state.jobs.has(request.jobId) || state.endedJobs.has(request.jobId)) return;
  const job = newJob(request, whileOpen(requirementOf(request)), now);
  job.isOpen = true;
  job.phase = 'unheard';
  state.jobs.set(request.jobId, job);
  state.openJobs.add(job);
  tryOpen(turn, job);
};

export const submitJob = (turn: DispatcherTurn, request: JobRequest, outlived = 0): void => {
  const { state, effects, owner, settings } = turn;
  const { jobId } = request;
  const open = state.jobs.get(jobId);
  if ((open !== undefined && !open.isOpen) || state.endedJobs.has(jobId)) {
    effects.push(count('jobs_repeated_total'));
    return;
  }
  const job = open ?? newJob(request, requirementOf(request), turn.now, outlived);
  state.jobs.set(jobId, job);
  effects.push(count('jobs_submitted_total'), {
    kind: 'store',
    request: { verb: 'claimJob', jobId, owner, ttlMs: settings.jobClaimTtlMs },
  });
  beginStay(turn, job);
  if (open !== undefined && closeOpenJob(turn, job, request)) {
    countAsGiven(turn, job);
    return;
  }
  if (!tryOffer(turn, job, 'first')) wait(turn, job);
};

/** The job lost what it had: to another node, into the queue, or to its end when its attempts are used up. */
export const lookElsewhere = (turn: DispatcherTurn, job: Job, loss: Loss): void => {
  const { jobId, sessionId } = job.request;
  job.lastLoss = loss;
  if (isUnderWay(job)) {
    hedge(turn, job);
    return;
  }
  forgetRefusals(job);
  if (job.isOpen) {
    tryOpen(turn, job);
    return;
  }
  if (job.sentCount > 0) {
    turn.effects.push({ kind: 'tellSession', sessionId, event: { kind: 'jobNodeLost', jobId, loss } });
  }
  if (!mayTryAgain(turn, job)) {
    endMissing(turn, job, reasonOfLoss(job));
    return;
  }
  const wasSent = job.sentCount > 0;
  if (wasSent) beginStay(turn, job);
  if (!tryOffer(turn, job, wasSent ? 'failover' : 'first')) wait(turn, job);
};

/** A node failed the job: once more elsewhere, if that can begin now. Source: small print 3 and 32 [JOB10]. */
export const retryElsewhere = (turn: DispatcherTurn, job: Job): void => {
  job.lastLoss = 'failed';
  job.failureCount += 1;
  const mayRetry = job.retryCount === 0 && job.failureCount === 1 && mayTryAgain(turn, job);
  if (isUnderWay(job)) {
    if (mayRetry && hedge(turn, job)) job.retryCount += 1;
    return;
  }
  forgetRefusals(job);
  if (mayRetry) {
    job.retryCount += 1;
    beginStay(turn, job);
    if (tryOffer(turn, job, 'retry')) return;
  }
  endMissing(turn, job, 'node_failed');
};

/** Nobody was given it: an offer came to nothing [JOB50]. */
export const takeBackGiven = (turn: DispatcherTurn, job: Job): void => {
  const { tenant, audioMs } = job.request;
  if (!job.isOpen) takeBack(turn.state.waiting.shares, tenant, audioMs, turn.now.atMs);
};

/** The offer came to nothing: the next node, for the same reason as before [JOB3]. Its tenant was not given it. */
export const offerNext = (turn: DispatcherTurn, job: Job, refusedBy: NodeId, why: AttemptWhy): void => {
  job.refusedBy.add(refusedBy);
  if (job.isOpen) {
    if (!isUnderWay(job)) tryOpen(turn, job);
    return;
  }
  takeBackGiven(turn, job);
  const mayAsk = job.refusedBy.size < REFUSALS_MAX;
  if (isUnderWay(job)) {
    if (why === 'hedge' && mayAsk) tryOffer(turn, job, why);
    else if (mayAsk) hedge(turn, job);
    return;
  }
  // What the hedge stood beside is lost meanwhile: now it is the job's only hope.
  if (why === 'hedge') beginStay(turn, job);
  // Nobody else took the retry: then the node that failed may be asked again, as of any job that waits.
  const isSecondChance = why === 'hedge' || why === 'retry';
  if (!mayAsk || !tryOffer(turn, job, isSecondChance ? 'failover' : why)) wait(turn, job);
};

export const stayIsOver = (turn: DispatcherTurn, jobId: JobId): void => {
  const job = turn.state.jobs.get(jobId);
  if (job?.phase === 'waiting') endMissing(turn, job, reasonOfLoss(job));
};

/**
 * Shows the room that nodes gained to the jobs that wait for it, in the order of the queue [JOB22], and then to those that
 * hold up others [JOB17].
 */
export const wakeWaiting = (turn: DispatcherTurn): void => {
  const { state, gained } = turn;
  for (const node of gained) {
    while (state.waiting.size > 0 && hasFreeSlot(node)) {
      const job = firstServed(
        state.waiting,
        turn.now.atMs,
        (requirement) => standingMiss(node, requirement, turn.settings.requireGpu) === null,
        (candidate) => !mayNotHave(candidate, node),
      );
      if (job === null) break;
      dequeueJob(state.waiting, job);
      clearTimer(turn, { kind: 'pending', jobId: job.request.jobId });
      if (tryOffer(turn, job, job.sentCount === 0 ? 'first' : 'failover')) continue;
      wait(turn, job);
      break;
    }
  }
  for (const job of state.blocking) hedge(turn, job);
};
