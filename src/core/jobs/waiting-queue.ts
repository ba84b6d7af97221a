import type { JobId } from '#protocol/ids.ts';
import type { Requirement } from '../nodes/requirements.ts';

/** What the queue needs of a job. */
export interface Waiter {
  readonly request: { readonly jobId: JobId };
  readonly requirement: Requirement;
  /** Its place: lower first. Given by the queue at the first entry of a stay and kept when it comes back. */
  queueTurn: number;
}

/**
 * Jobs without a node, first come first served [JOB21]. They stand in groups of equal requirement, so that capacity
 * is shown only to jobs that it can serve. Order by priority and tenant later takes the place of `queueTurn` alone.
 */
export interface WaitingQueue<Job extends Waiter> {
  readonly groups: Map<string, WaitingGroup<Job>>;
  readonly sizeMax: number;
  size: number;
  lastTurn: number;
}

interface WaitingGroup<Job extends Waiter> {
  readonly requirement: Requirement;
  /** By `queueTurn`, ascending. */
  readonly jobs: Job[];
}

export const newWaitingQueue = <Job extends Waiter>(sizeMax: number): WaitingQueue<Job> => ({
  groups: new Map(),
  sizeMax,
  size: 0,
  lastTurn: 0,
});

/** A place at the end of the queue, for a job that begins to wait. */
export const nextQueueTurn = <Job extends Waiter>(queue: WaitingQueue<Job>): number => {
  queue.lastTurn += 1;
  return queue.lastTurn;
};

/** Where the turn stands, or would stand. */
const placeOf = <Job extends Waiter>({ jobs }: WaitingGroup<Job>, queueTurn: number): number => {
  let low = 0;
  let high = jobs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((jobs[middle]?.queueTurn ?? 0) < queueTurn) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** False at the bound: the job was not taken. */
export const enqueueJob = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): boolean => {
  if (queue.size >= queue.sizeMax) return false;
  const { groupKey } = job.requirement;
  let group = queue.groups.get(groupKey);
  if (group === undefined) {
    group = { requirement: job.requirement, jobs: [] };
    queue.groups.set(groupKey, group);
  }
  group.jobs.splice(placeOf(group, job.queueTurn), 0, job);
  queue.size += 1;
  return true;
};

/** 1 = next among those that want the same; 0 when it does not wait. */
export const positionInQueue = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): number => {
  const group = queue.groups.get(job.requirement.groupKey);
  if (group === undefined) return 0;
  const place = placeOf(group, job.queueTurn);
  return group.jobs[place] === job ? place + 1 : 0;
};

/** False when it did not wait. */
export const dequeueJob = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): boolean => {
  const { groupKey } = job.requirement;
  const group = queue.groups.get(groupKey);
  if (group === undefined) return false;
  const place = placeOf(group, job.queueTurn);
  if (group.jobs[place] !== job) return false;
  group.jobs.splice(place, 1);
  if (group.jobs.length === 0) queue.groups.delete(groupKey);
  queue.size -= 1;
  return true;
};

/** The job that came first among those whose requirement is met and that may run there; it stays in the queue. */
export const firstServed = <Job extends Waiter>(
  queue: WaitingQueue<Job>,
  serves: (requirement: Requirement) => boolean,
  mayRun: (job: Job) => boolean,
): Job | null => {
  let first: Job | null = null;
  for (const { requirement, jobs } of queue.groups.values()) {
    const head = jobs[0];
    if (head === undefined || (first !== null && head.queueTurn > first.queueTurn)) continue;
    if (!serves(requirement)) continue;
    const candidate = jobs.find(mayRun);
    if (candidate !== undefined && (first === null || candidate.queueTurn < first.queueTurn))
      first = candidate;
  }
  return first;
};
