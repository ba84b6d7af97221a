import type { NodeId } from '#protocol/ids.ts';
import { count } from '../effects.ts';
import { lastNodeOf } from '../nodes/last-nodes.ts';
import type { NodeRecord } from '../nodes/node.ts';
import { type Excluded, NOBODY_EXCLUDED } from '../nodes/rules.ts';
import { type Selection, selectNode } from '../nodes/selection.ts';
import { type NodeChoice, offerAttempt } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { noteGiven } from './fair-shares.ts';
import {
  type Attempt,
  type AttemptWhy,
  attemptsUnderWay,
  isHalfFed,
  isLive,
  isUnsuited,
  type Job,
  moveJob,
} from './job.ts';

/** Attempts after the first are counted, made for whatever reason [JOB18]. Asked only while none is being offered. */
export const mayTryAgain = (turn: DispatcherTurn, job: Job): boolean =>
  job.sentCount <= turn.settings.failoverMaxAttempts;

/**
 * Of attempts that never had the whole audio, the whole may be tried again where they were [CAP5]; and who was only full
 * never had the job [JOB42].
 */
const attemptsThatCount = (job: Job): readonly Attempt[] =>
  job.attempts.filter(
    (attempt) => (job.isOpen || !isHalfFed(attempt)) && (attempt.rejection === null || isUnsuited(attempt)),
  );

/** It has the job now, or said on this socket that it cannot do it [JOB15, JOB42]. */
export const mayNotHave = (job: Job, node: NodeRecord): boolean =>
  job.attempts.some(
    (attempt) =>
      attempt.nodeId === node.nodeId &&
      (isLive(attempt) ||
        attempt.isAwaited ||
        (isUnsuited(attempt) && attempt.generation === node.generation)),
  );

const nodesThatHadIt = (job: Job): Excluded =>
  job.attempts.length === 0 && job.refusedBy.size === 0
    ? NOBODY_EXCLUDED
    : new Set([...attemptsThatCount(job).map(({ nodeId }) => nodeId), ...job.refusedBy]);

/** `given`: an attempt that is to be given up for the new one. */
const nodesThatMayNot = (turn: DispatcherTurn, job: Job, given: Attempt | null): Excluded => {
  const excluded = new Set<NodeId>(job.refusedBy);
  for (const { nodeId } of job.attempts) {
    if (nodeId === given?.nodeId) continue;
    const node = turn.registry.nodes.get(nodeId);
    if (node === undefined || mayNotHave(job, node)) excluded.add(nodeId);
  }
  return excluded;
};

/** A node that never had the job; else, where allowed, one that had it, under names it does not know [JOB26]. */
const chooseNode = (
  turn: DispatcherTurn,
  job: Job,
  isElsewhereOnly: boolean,
  given: Attempt | null = null,
): Selection => {
  const { registry, now, settings } = turn;
  const last = lastNodeOf(registry.lastNodes, job.request.sessionId, now.atMs, settings);
  const elsewhere = selectNode(turn.registry, job.requirement, nodesThatHadIt(job), last);
  if (elsewhere.kind === 'node') return elsewhere;
  if (!isElsewhereOnly && job.attempts.length > 0) {
    const again = selectNode(turn.registry, job.requirement, nodesThatMayNot(turn, job, given), last);
    if (again.kind === 'node') return again;
  }
  return elsewhere;
};

export const countAsGiven = (turn: DispatcherTurn, job: Job): void => {
  const { tenant, audioMs } = job.request;
  noteGiven(turn.state.waiting.shares, tenant, audioMs, turn.now.atMs);
};

/** The best node for an attempt beside the one that goes on; in need one that failed at it before [JOB53]. */
export const chooseBeside = (turn: DispatcherTurn, job: Job, given: Attempt | null): Selection =>
  chooseNode(turn, job, job.hastenings < 2, given);

export const offerTo = (
  turn: DispatcherTurn,
  job: Job,
  choice: NodeChoice,
  why: AttemptWhy,
  replaces: number | null = null,
): void => {
  offerAttempt(turn, job, choice, why, replaces);
  // An open job takes what nobody waits for; it is counted when it becomes one.
  if (!job.isOpen) countAsGiven(turn, job);
  // Beside an attempt that runs, the job stays running.
  if (attemptsUnderWay(job).length === 1) moveJob(job, 'offering');
};

/** Offers the job to the best node there is; false when none fits. */
export const tryOffer = (turn: DispatcherTurn, job: Job, why: AttemptWhy): boolean => {
  const selection = chooseNode(turn, job, job.isOpen || why === 'hedge' || why === 'retry');
  if (selection.kind === 'node') {
    offerTo(turn, job, selection, why);
    return true;
  }
  job.lastRefusal = selection.reason;
  const selector = job.requirement.flags === 0 ? 'types' : 'features';
  if (!job.isOpen)
    turn.effects.push(count('no_available_node_total', { selector, reason: selection.reason }));
  return false;
};
