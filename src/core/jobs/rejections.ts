import type { JobReject } from '#protocol/node-agent-messages.ts';
import type { NodeRecord } from '../nodes/node.ts';
import { NODE_PAUSE_MS, withholdRoom } from '../nodes/withheld-room.ts';
import { endAttempt, noteAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { offerNext } from './dispatching.ts';
import { endMissing, reasonOfLoss } from './endings.ts';
import { isHalfFed, isLive, isUnderWay, isUnsuited } from './job.ts';
import { offerAccepted } from './offers.ts';
import { jobIdOfWire } from './wire-ids.ts';
import { holderOf } from './zombies.ts';

/** A job that so many nodes would not take is not carried around any longer. */
const REJECTIONS_MAX = 16;

/**
 * The node will not take the job: it goes elsewhere at once, the node is not to blame, and the attempt counts for nothing.
 * False when the node has no such attempt [JOB42].
 */
export const takeJobReject = (turn: DispatcherTurn, node: NodeRecord, message: JobReject): boolean => {
  const jobId = jobIdOfWire(message.job_id);
  const { job, attempt } = holderOf(turn, jobId, message.attempt_id);
  if (attempt?.nodeId !== node.nodeId || attempt.wireJobId !== message.job_id) return false;
  if (attempt.phase === 'ended') return false;
  // A refusal tells as well as the link that the node had the job.
  if (attempt.sentAtMs === null) offerAccepted(turn, jobId, attempt.attemptId);
  const wasWanted = isLive(attempt) || attempt.isAwaited;
  endAttempt(turn, jobId, attempt, 'rejected');
  noteAttempt(turn, jobId, attempt, 'refused', message.reason);
  attempt.rejection = message.reason;
  node.hangsInARow = 0;
  // Who is full, overloaded or draining has no room, whatever it counts; who cannot do this job may do others.
  withholdRoom(turn, node, isUnsuited(attempt) ? message.free_slots : 0, NODE_PAUSE_MS);
  node.foreignJobs = Math.max(0, message.running_jobs - node.slots.size);
  // An attempt from before the job was whole is not counted any more [CAP5].
  if (job === undefined || (!job.isOpen && isHalfFed(attempt))) return true;
  job.sentCount -= 1;
  job.rejectedCount += 1;
  if (job.sentCount === 0) {
    job.firstSentAtMs = null;
    job.lastSentWallMs = null;
  }
  if (!wasWanted) return true;
  if (job.rejectedCount < REJECTIONS_MAX || isUnderWay(job)) offerNext(turn, job, node.nodeId, attempt.why);
  else endMissing(turn, job, reasonOfLoss(job));
  return true;
};
