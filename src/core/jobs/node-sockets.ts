import type { ConnectionId, JobId, NodeId } from '#protocol/ids.ts';
import type { NodeRegister } from '#protocol/node-agent-messages.ts';
import { count } from '../effects.ts';
import { socketClosed } from '../nodes/departure.ts';
import { noteFault } from '../nodes/ejection.ts';
import { countHang } from '../nodes/health.ts';
import { forgetLastNode } from '../nodes/last-nodes.ts';
import type { Slot } from '../nodes/node.ts';
import { registerNode } from '../nodes/registration.ts';
import type { NodeConnection } from '../nodes/registry.ts';
import { keepAsZombie } from '../nodes/slots.ts';
import { giveBackRoom } from '../nodes/withheld-room.ts';
import { abandonAttempt, awaitAttempt, endAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { lookElsewhere } from './dispatching.ts';
import { isWaitOver } from './fair-waits.ts';
import { attemptOf, isHalfFed, isLive, type Job, moveJob } from './job.ts';
import { refuseOpen } from './open-audio.ts';
import { holderOf } from './zombies.ts';

/** The socket is gone: what ran on it is not waited for, not even a moment [JOB16]. */
export const loseSocket = (turn: DispatcherTurn, connectionId: ConnectionId): void => {
  const departure = socketClosed(turn, connectionId);
  if (departure === null) return;
  giveBackRoom(turn, departure.node);
  const bereaved: Job[] = [];
  for (const { jobId, attemptId } of departure.lost) {
    const { job, attempt } = holderOf(turn, jobId, attemptId);
    if (attempt === undefined) continue;
    if (job !== undefined && (isLive(attempt) || attempt.isAwaited)) bereaved.push(job);
    endAttempt(turn, jobId, attempt, 'lost');
  }
  for (const job of bereaved) lookElsewhere(turn, job, 'lost');
};

/**
 * Attempts of the socket that was taken over: their answers may come on the new one, for a short while [JOB24]. Gives
 * the job that has nothing to wait for, because the rest of its audio cannot be sent there [CAP5].
 */
const orphan = (turn: DispatcherTurn, nodeId: NodeId, slot: Slot): Job | null => {
  const { jobId, attemptId } = slot;
  const { job, attempt } = holderOf(turn, jobId, attemptId);
  if (job !== undefined && attempt !== undefined && isLive(attempt)) {
    awaitAttempt(turn, jobId, attempt);
    attempt.isAwaited = !isHalfFed(attempt);
    if (!attempt.isAwaited) return job;
    if (job.phase === 'offering') moveJob(job, 'running');
    return null;
  }
  const node = turn.registry.nodes.get(nodeId);
  if (node !== undefined) keepAsZombie(turn, node, slot, turn.settings.takeoverGraceMs);
  return null;
};

export const register = (turn: DispatcherTurn, connection: NodeConnection, message: NodeRegister): void => {
  const registration = registerNode(turn, connection, message);
  if (registration.kind === 'foreign') turn.effects.push(count('identity_refused_total', { side: 'node' }));
  if (registration.kind !== 'registered') return;
  const { orphans, node } = registration;
  giveBackRoom(turn, node);
  for (const job of orphans.map((slot) => orphan(turn, node.nodeId, slot))) {
    if (job !== null) lookElsewhere(turn, job, 'lost');
  }
};

const WAITS = { no_ack: 'ack', hung: 'deadline', no_progress: 'progress' } as const;

/** The node did not acknowledge, not answer, or not show itself in time on a socket that lives [JOB15, JOB19, JOB44]. */
export const attemptRanOut = (
  turn: DispatcherTurn,
  jobId: JobId,
  attemptId: number,
  how: keyof typeof WAITS,
): void => {
  const job = turn.state.jobs.get(jobId);
  const attempt = job === undefined ? undefined : attemptOf(job.attempts, attemptId);
  if (job === undefined || attempt === undefined || !isLive(attempt) || attempt.phase === 'offering') return;
  if (!isWaitOver(turn, jobId, attempt, WAITS[how])) return;
  if (how === 'hung' && isHalfFed(attempt)) {
    // The person goes on speaking for longer than a place is kept for that: no fault of the node [CAP7].
    abandonAttempt(turn, job, attempt, 'superseded');
    refuseOpen(turn, job);
    return;
  }
  abandonAttempt(turn, job, attempt, how);
  turn.effects.push({
    kind: 'log',
    level: 'warn',
    event: how === 'no_ack' ? 'attempt not acknowledged' : 'attempt hung',
    fields: { jobId, attemptId, nodeId: attempt.nodeId },
  });
  const node = turn.registry.nodes.get(attempt.nodeId);
  if (node !== undefined) {
    if (how !== 'no_ack') countHang(turn, node);
    noteFault(turn, node);
    forgetLastNode(turn.registry.lastNodes, job.request.sessionId, node.nodeId);
  }
  lookElsewhere(turn, job, how === 'no_ack' ? how : 'hung');
};
