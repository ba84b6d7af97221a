import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dequeueJob,
  enqueueJob,
  firstServed,
  newWaitingQueue,
  nextQueueTurn,
} from '#core/jobs/waiting-queue.ts';
import { type Requirement, requirementOf } from '#core/nodes/requirements.ts';
import { jobRequest } from './words.ts';

interface Job {
  readonly request: ReturnType<typeof jobRequest>;
  readonly requirement: Requirement;
  queueTurn: number;
}

const jobTo = (name: string, tgtLang: string): Job => {
  const request = jobRequest(name, { tgtLang });
  return { request, requirement: requirementOf(request), queueTurn: 0 };
};

describe('waiting queue', () => {
  it('[JOB21] gives the first that came of all groups, and keeps a place for one that comes back', () => {
    const queue = newWaitingQueue<Job>(10);
    const jobs = [jobTo('1', 'en'), jobTo('2', 'es'), jobTo('3', 'en')];
    for (const job of jobs) {
      job.queueTurn = nextQueueTurn(queue);
      enqueueJob(queue, job);
    }
    const first = (): Job | null =>
      firstServed(
        queue,
        () => true,
        () => true,
      );
    const [one, two] = jobs;
    expect(first()).toBe(one);
    if (one !== undefined) {
      dequeueJob(queue, one);
      expect(first()).toBe(two);
      enqueueJob(queue, one);
    }
    expect(first()).toBe(one);
    expect(
      firstServed(
        queue,
        ({ tgt }) => tgt === 'es',
        () => true,
      ),
    ).toBe(two);
    expect(
      firstServed(
        queue,
        () => true,
        (job) => job !== one && job !== two,
      ),
    ).toBe(jobs[2]);
  });

  it('[JOB21] behaves as one sorted list would', () => {
    const commands = fc.array(
      fc.record({ take: fc.boolean(), lang: fc.constantFrom('en', 'es', 'fr'), pick: fc.nat(30) }),
    );
    fc.assert(
      fc.property(commands, (list) => {
        const queue = newWaitingQueue<Job>(8);
        const model: Job[] = [];
        for (const [n, { take, lang, pick }] of list.entries()) {
          const victim = model[pick % Math.max(1, model.length)];
          if (take && victim !== undefined) {
            expect(dequeueJob(queue, victim)).toBe(true);
            expect(dequeueJob(queue, victim)).toBe(false);
            model.splice(model.indexOf(victim), 1);
          } else {
            const job = jobTo(`${n}`, lang);
            job.queueTurn = nextQueueTurn(queue);
            expect(enqueueJob(queue, job)).toBe(model.length < 8);
            if (model.length < 8) model.push(job);
          }
          expect(queue.size).toBe(model.length);
          for (const wanted of ['en', 'es', 'fr']) {
            const served = firstServed(
              queue,
              ({ tgt }) => tgt === wanted,
              () => true,
            );
            expect(served).toBe(model.find(({ requirement }) => requirement.tgt === wanted) ?? null);
          }
        }
      }),
    );
  });
});
