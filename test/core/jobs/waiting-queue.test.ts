import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { givenLately, noteGiven } from '#core/jobs/fair-shares.ts';
import {
  dequeueJob,
  enqueueJob,
  firstServed,
  isFull,
  newWaitingQueue,
  nextQueueTurn,
  positionInQueue,
  type Waiter,
  type WaitingQueue,
  whoMakesRoom,
} from '#core/jobs/waiting-queue.ts';
import { requirementOf } from '#core/nodes/requirements.ts';
import { jobRequest } from './words.ts';

const AT_MS = 1000;

interface Wish {
  readonly tgtLang?: string;
  readonly tenant?: string;
  readonly priority?: number;
}

const waiterOf = (queue: WaitingQueue<Waiter>, name: string, wish: Wish = {}): Waiter => {
  const request = jobRequest(name, wish);
  return { request, requirement: requirementOf(request), waitUntilAtMs: 0, queueTurn: nextQueueTurn(queue) };
};

const queueUp = (queue: WaitingQueue<Waiter>, name: string, wish: Wish = {}): Waiter => {
  const waiter = waiterOf(queue, name, wish);
  enqueueJob(queue, waiter);
  return waiter;
};

const next = (queue: WaitingQueue<Waiter>, tgt: string | null = null): Waiter | null =>
  firstServed(
    queue,
    AT_MS,
    (requirement) => tgt === null || requirement.tgt === tgt,
    () => true,
  );

describe('waiting queue', () => {
  it('[JOB21] gives the first that came of all groups, and keeps a place for one that comes back', () => {
    const queue = newWaitingQueue<Waiter>(10);
    const one = queueUp(queue, '1', { tgtLang: 'en' });
    const two = queueUp(queue, '2', { tgtLang: 'es' });
    const three = queueUp(queue, '3', { tgtLang: 'en' });
    expect(next(queue)).toBe(one);
    dequeueJob(queue, one);
    expect(next(queue)).toBe(two);
    enqueueJob(queue, one);
    expect(next(queue)).toBe(one);
    expect(next(queue, 'es')).toBe(two);
    const isThird = (job: Waiter): boolean => job !== one && job !== two;
    expect(firstServed(queue, AT_MS, () => true, isThird)).toBe(three);
  });

  it('[JOB21] [JOB50] urgent ones come first, then those of the tenant that was given least, then who has least time', () => {
    const queue = newWaitingQueue<Waiter>(10);
    const plain = queueUp(queue, '1', { tenant: 'rich' });
    const poor = queueUp(queue, '2', { tenant: 'poor' });
    const urgent = queueUp(queue, '3', { tenant: 'rich', priority: 1 });
    const idle = queueUp(queue, '4', { tenant: 'poor', priority: 3 });
    const late = waiterOf(queue, '5', { tenant: 'poor' });
    late.waitUntilAtMs = -1;
    enqueueJob(queue, late);
    noteGiven(queue.shares, 'rich', 3000, AT_MS);
    noteGiven(queue.shares, 'poor', 2000, AT_MS);
    const order: (Waiter | null)[] = [];
    for (let job = next(queue); job !== null; job = next(queue)) {
      order.push(job);
      dequeueJob(queue, job);
    }
    expect(order).toEqual([urgent, late, poor, plain, idle]);
  });

  it('[JOB21] behaves as one sorted list would', () => {
    const commands = fc.array(
      fc.record({
        take: fc.boolean(),
        lang: fc.constantFrom('en', 'es', 'fr'),
        tenant: fc.constantFrom('a', 'b'),
        priority: fc.nat(2),
        givenMs: fc.constantFrom(0, 1000, 4000),
        pick: fc.nat(30),
      }),
    );
    fc.assert(
      fc.property(commands, (list) => {
        const queue = newWaitingQueue<Waiter>(8);
        const model: Waiter[] = [];
        const before = (one: Waiter, other: Waiter): number =>
          one.request.priority - other.request.priority ||
          givenLately(queue.shares, one.request.tenant, AT_MS) -
            givenLately(queue.shares, other.request.tenant, AT_MS) ||
          one.queueTurn - other.queueTurn;
        for (const [n, { take, lang, tenant, priority, givenMs, pick }] of list.entries()) {
          const victim = model[pick % Math.max(1, model.length)];
          if (givenMs > 0) noteGiven(queue.shares, tenant, givenMs, AT_MS);
          if (take && victim !== undefined) {
            expect(dequeueJob(queue, victim)).toBe(true);
            expect(dequeueJob(queue, victim)).toBe(false);
            model.splice(model.indexOf(victim), 1);
          } else {
            const job = waiterOf(queue, `${n}`, { tgtLang: lang, tenant, priority });
            expect(isFull(queue)).toBe(model.length >= 8);
            if (isFull(queue)) continue;
            enqueueJob(queue, job);
            model.push(job);
          }
          expect(queue.size).toBe(model.length);
          const sorted = model.toSorted(before);
          expect(next(queue)).toBe(sorted[0] ?? null);
          for (const wanted of ['en', 'es', 'fr']) {
            expect(next(queue, wanted)).toBe(
              sorted.find(({ requirement }) => requirement.tgt === wanted) ?? null,
            );
          }
        }
      }),
    );
  });

  it('[JOB52] a place counts what comes before, other tenants in turn with its own', () => {
    const queue = newWaitingQueue<Waiter>(100);
    for (let n = 0; n < 20; n += 1) queueUp(queue, `rich${n}`, { tenant: 'rich' });
    queueUp(queue, 'elsewhere', { tgtLang: 'es' });
    const first = queueUp(queue, 'poor1', { tenant: 'poor' });
    const second = queueUp(queue, 'poor2', { tenant: 'poor' });
    expect(positionInQueue(queue, first)).toBe(2);
    expect(positionInQueue(queue, second)).toBe(4);
    queueUp(queue, 'urgent', { tenant: 'rich', priority: 0 });
    queueUp(queue, 'idle', { tenant: 'rich', priority: 4 });
    expect(positionInQueue(queue, first)).toBe(3);
    dequeueJob(queue, first);
    expect(positionInQueue(queue, first)).toBe(0);
  });

  it('[JOB51] the last job of the tenant with the most makes room for one that has fewer', () => {
    const queue = newWaitingQueue<Waiter>(5);
    for (let n = 0; n < 4; n += 1) queueUp(queue, `rich${n}`, { tenant: 'rich', priority: n === 1 ? 4 : 2 });
    queueUp(queue, 'poor1', { tenant: 'poor' });
    const poor = waiterOf(queue, 'poor2', { tenant: 'poor' });
    expect(whoMakesRoom(queue, poor)?.request.jobId).toBe('job-rich1');
    const rich = waiterOf(queue, 'rich4', { tenant: 'rich', priority: 4 });
    expect(whoMakesRoom(queue, rich)).toBeNull();
    const urgent = waiterOf(queue, 'rich5', { tenant: 'rich', priority: 2 });
    expect(whoMakesRoom(queue, urgent)?.request.jobId).toBe('job-rich1');
  });

  it('[JOB51] who would then have as many as the other is itself too many', () => {
    const queue = newWaitingQueue<Waiter>(3);
    for (const name of ['1', '2']) queueUp(queue, name, { tenant: 'a' });
    queueUp(queue, '3', { tenant: 'b' });
    expect(whoMakesRoom(queue, waiterOf(queue, '4', { tenant: 'b' }))).toBeNull();
    expect(whoMakesRoom(queue, waiterOf(queue, '5', { tenant: 'c' }))?.request.jobId).toBe('job-2');
    expect(whoMakesRoom(newWaitingQueue<Waiter>(0), waiterOf(queue, '6'))).toBeNull();
  });
});
