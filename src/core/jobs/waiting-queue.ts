import type { JobId } from '#protocol/ids.ts';
import type { Requirement } from '../nodes/requirements.ts';
import { type FairShares, givenLately, newFairShares } from './fair-shares.ts';

/** What the queue needs of a job. The order of one that waits must not change. */
export interface Waiter {
  readonly request: { readonly jobId: JobId; readonly tenant: string; readonly priority: number };
  readonly requirement: Requirement;
  /** When its stay is over. */
  waitUntilAtMs: number;
  /** Decides between equals: lower first. Given by the queue at the begin of a stay and kept when it comes back. */
  queueTurn: number;
}

/**
 * Jobs without a node. Next is the one with the best priority, among equals the one whose tenant was given least lately,
 * then the one whose time ends first [JOB21, JOB50]. They stand in groups of equal requirement (tenant included) and
 * priority, so that capacity is shown only to jobs that it can serve.
 */
export interface WaitingQueue<Job extends Waiter> {
  readonly groups: Map<string, WaitingGroup<Job>>;
  /** Waiting jobs of each tenant that has any. */
  readonly counts: Map<string, number>;
  readonly shares: FairShares;
  readonly sizeMax: number;
  size: number;
  lastTurn: number;
}

interface WaitingGroup<Job extends Waiter> {
  readonly requirement: Requirement;
  readonly priority: number;
  /** By the end of their time, then by turn. */
  readonly jobs: Job[];
}

export const newWaitingQueue = <Job extends Waiter>(sizeMax: number): WaitingQueue<Job> => ({
  groups: new Map(),
  counts: new Map(),
  shares: newFairShares(),
  sizeMax,
  size: 0,
  lastTurn: 0,
});

/** A place behind its equals, for a job that begins to wait. */
export const nextQueueTurn = <Job extends Waiter>(queue: WaitingQueue<Job>): number => {
  queue.lastTurn += 1;
  return queue.lastTurn;
};

type Place = Pick<Waiter, 'waitUntilAtMs' | 'queueTurn'>;

const comparePlaces = (one: Place, other: Place): number =>
  one.waitUntilAtMs - other.waitUntilAtMs || one.queueTurn - other.queueTurn;

/** Where the job stands, or would stand. */
const placeOf = <Job extends Waiter>({ jobs }: WaitingGroup<Job>, job: Place): number => {
  let low = 0;
  let high = jobs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = jobs[middle];
    if (other !== undefined && comparePlaces(other, job) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const groupKeyOf = ({ request, requirement }: Waiter): string =>
  `${request.priority}/${requirement.groupKey}`;

const countMore = (counts: Map<string, number>, tenant: string, more: 1 | -1): void => {
  const sum = (counts.get(tenant) ?? 0) + more;
  if (sum === 0) counts.delete(tenant);
  else counts.set(tenant, sum);
};

export const isFull = <Job extends Waiter>(queue: WaitingQueue<Job>): boolean => queue.size >= queue.sizeMax;

/** To be called only while the queue is not full. */
export const enqueueJob = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): void => {
  if (isFull(queue)) throw new Error('a job too many waits');
  const key = groupKeyOf(job);
  let group = queue.groups.get(key);
  if (group === undefined) {
    group = { requirement: job.requirement, priority: job.request.priority, jobs: [] };
    queue.groups.set(key, group);
  }
  group.jobs.splice(placeOf(group, job), 0, job);
  queue.size += 1;
  countMore(queue.counts, job.request.tenant, 1);
};

/** False when it did not wait. */
export const dequeueJob = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): boolean => {
  const key = groupKeyOf(job);
  const group = queue.groups.get(key);
  if (group === undefined) return false;
  const place = placeOf(group, job);
  if (group.jobs[place] !== job) return false;
  group.jobs.splice(place, 1);
  if (group.jobs.length === 0) queue.groups.delete(key);
  queue.size -= 1;
  countMore(queue.counts, job.request.tenant, -1);
  return true;
};

/** The job that is next among those whose requirement is met and that may run there; it stays in the queue. */
export const firstServed = <Job extends Waiter>(
  queue: WaitingQueue<Job>,
  atMs: number,
  serves: (requirement: Requirement) => boolean,
  mayRun: (job: Job) => boolean,
): Job | null => {
  let first: Job | null = null;
  let givenToFirst = 0;
  for (const { requirement, priority, jobs } of queue.groups.values()) {
    if (first !== null && priority > first.request.priority) continue;
    const given = givenLately(queue.shares, requirement.tenant, atMs);
    const isBehind = first !== null && priority === first.request.priority && given > givenToFirst;
    if (isBehind || !serves(requirement)) continue;
    const candidate = jobs.find(mayRun);
    if (candidate === undefined) continue;
    const isEqual = first !== null && priority === first.request.priority && given === givenToFirst;
    if (isEqual && first !== null && comparePlaces(candidate, first) > 0) continue;
    first = candidate;
    givenToFirst = given;
  }
  return first;
};

/**
 * About how many jobs that want the same come before it, and one: 1 = next. Other tenants are taken to be served in turn
 * with its own. 0 when it does not wait.
 */
export const positionInQueue = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): number => {
  const { requirement, request } = job;
  const own = queue.groups.get(groupKeyOf(job));
  const ownAhead = own === undefined ? 0 : placeOf(own, job);
  if (own?.jobs[ownAhead] !== job) return 0;
  let position = ownAhead + 1;
  for (const group of queue.groups.values()) {
    if (group === own || group.requirement.key !== requirement.key) continue;
    if (group.priority < request.priority) position += group.jobs.length;
    else if (group.priority === request.priority) position += Math.min(group.jobs.length, ownAhead + 1);
  }
  return position;
};

/**
 * Who makes room for the job in a full queue: the last of the tenant with the most waiting jobs, if that one has more than
 * the job's own tenant would have, or if it is its own and less urgent. Null = nobody, the job itself is too many [JOB51].
 */
export const whoMakesRoom = <Job extends Waiter>(queue: WaitingQueue<Job>, job: Job): Job | null => {
  const { tenant, priority } = job.request;
  let most = tenant;
  for (const [other, count] of queue.counts) if (count > (queue.counts.get(most) ?? 0)) most = other;
  let last: Job | null = null;
  for (const group of queue.groups.values()) {
    const candidate = group.requirement.tenant === most ? group.jobs.at(-1) : undefined;
    if (candidate === undefined) continue;
    const isLater =
      last === null ||
      group.priority > last.request.priority ||
      (group.priority === last.request.priority && comparePlaces(candidate, last) > 0);
    if (isLater) last = candidate;
  }
  if (last === null) return null;
  const hasMore = (queue.counts.get(most) ?? 0) > (queue.counts.get(tenant) ?? 0) + 1;
  return hasMore || (most === tenant && last.request.priority > priority) ? last : null;
};
