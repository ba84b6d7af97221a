import { hasFeature } from '../nodes/node.ts';
import { abandonAttempt, endSetAside, setAside } from './attempts.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import { type Attempt, attemptOf, attemptsUnderWay, forgetRefusals, type Job, liveAttempts } from './job.ts';
import { noteMoment } from './job-history.ts';
import { chooseBeside, mayTryAgain, offerTo } from './offering.ts';

/** A job has so many attempts under way at a time, at most [I4]. */
const UNDER_WAY_MAX = 2;

/** `isLastHelp`: nothing else is left, and what still has the job may hang. */
const mayHedge = (turn: DispatcherTurn, job: Job, isLastHelp: boolean): boolean => {
  if (job.phase !== 'running' || job.isOpen || !mayTryAgain(turn, job)) return false;
  // Two nodes could not do it: a third one hardly can [JOB10].
  if (job.failureCount > 1 && !isLastHelp) return false;
  return liveAttempts(job).every(({ phase }) => phase !== 'offering');
};

/** A second attempt beside the one that runs, or that is awaited from a changed socket, if another node fits [JOB17]. */
export const tryBeside = (turn: DispatcherTurn, job: Job, isLastHelp = false): boolean => {
  if (!mayHedge(turn, job, isLastHelp) || attemptsUnderWay(job).length >= UNDER_WAY_MAX) return false;
  forgetRefusals(job);
  const choice = chooseBeside(turn, job, null);
  if (choice.kind === 'none') return false;
  offerTo(turn, job, choice, 'hedge');
  return true;
};

/** The same for a job that others wait for: whenever one of its two attempts is gone, or room shows [JOB17]. */
export const hedge = (turn: DispatcherTurn, job: Job): boolean => job.hastenings > 0 && tryBeside(turn, job);

const SIGNS: readonly Attempt['phase'][] = ['sent', 'acked', 'started'];

/** The attempt of which was heard least, of equals the older; none that would show by itself that it hangs [JOB44]. */
const leastHeard = (turn: DispatcherTurn, job: Job): Attempt | undefined =>
  liveAttempts(job)
    .filter(({ nodeId }) => {
      const node = turn.registry.nodes.get(nodeId);
      return node === undefined || !hasFeature(node, 'job_progress');
    })
    .toSorted((one, other) => SIGNS.indexOf(one.phase) - SIGNS.indexOf(other.phase))[0];

/** It may hang and not say so: it gives way to another, on its own node if no other fits; its result still counts [JOB53]. */
const replaceOne = (turn: DispatcherTurn, job: Job): void => {
  const given = leastHeard(turn, job);
  if (given === undefined || !mayHedge(turn, job, true)) return;
  forgetRefusals(job);
  const choice = chooseBeside(turn, job, given);
  if (choice.kind === 'none') return;
  const isOnly = attemptsUnderWay(job).length === 1;
  if (isOnly) setAside(turn, job, given);
  else abandonAttempt(turn, job, given, 'superseded');
  offerTo(turn, job, choice, 'hedge', isOnly ? given.attemptId : null);
};

/** The attempt was taken, and another gives way to it. */
export const endReplaced = (turn: DispatcherTurn, job: Job, { replaces }: Attempt): void => {
  const given = replaces === null ? undefined : attemptOf(job.attempts, replaces);
  if (given !== undefined) endSetAside(turn, job, given);
};

/** A later result waits for this job, and has waited for a while; said again when that while has passed once more. */
export const hastenJob = (turn: DispatcherTurn, job: Job): void => {
  job.hastenings += 1;
  turn.state.blocking.add(job);
  noteMoment(job.record, turn.now, { what: 'hastened' });
  const isHastenedAgain = job.hastenings > 1;
  if (!tryBeside(turn, job, isHastenedAgain) && isHastenedAgain) replaceOne(turn, job);
};
