import { describe, expect, it } from 'vitest';
import { failure } from './words.ts';
import { running, World } from './world.ts';

const assignWords = (world: World) => {
  const { job_id, session_id, trace_id, attempt_id } = world.lastAssign('a');
  return { job_id, session_id, trace_id, attempt_id, node_id: 'a' };
};

describe('a job that holds up others', () => {
  it('[JOB17] gets another attempt whenever one of two is lost', () => {
    const world = running('a', 'b', 'c', 'd');
    world.hasten('1');
    world.hangUp('b');
    expect(world.places).toEqual(['a', 'b', 'c']);
    world.hangUp('a');
    expect(world.places).toEqual(['a', 'b', 'c', 'd']);
    world.answer('d');
    expect(world.end('1')).toBe('result');
  });

  it('[JOB17] gets one when a node gains room that no waiting job takes', () => {
    const world = running('a');
    world.hasten('1');
    expect(world.places).toEqual(['a']);
    world.join('b');
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB17] [JOB22] room goes to jobs without any node first', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 1 });
    world.submit('1');
    world.submit('2');
    world.hasten('1');
    world.join('b', { max_concurrent_jobs: 1 });
    expect(world.assigns('b').map(({ job_id }) => job_id)).toEqual(['job-2']);
    world.answer('b');
    expect(world.assigns('b').map(({ job_id }) => job_id)).toEqual(['job-2', 'job-1']);
  });

  it('[JOB17] gets one beside the first as soon as that begins, where it had to wait for it', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 1 });
    world.submit('1');
    world.submit('2');
    world.hasten('2');
    world.join('b');
    expect(world.assigns('b').map(({ job_id }) => job_id)).toEqual(['job-2']);
    world.join('c');
    expect(world.assigns('c').map(({ job_id }) => job_id)).toEqual(['job-2']);
  });

  it('[JOB17] [JOB42] gets another one when the older of two is refused', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_reject'] });
    world.join('b');
    world.join('c');
    world.submit('1');
    world.hasten('1');
    const { job_id, attempt_id } = world.lastAssign('a');
    world.say('a', {
      type: 'job_reject',
      node_id: 'a',
      job_id,
      attempt_id,
      reason: 'full',
      running_jobs: 0,
      free_slots: 0,
    });
    expect(world.places).toEqual(['a', 'b', 'c']);
  });

  it('[JOB17] [JOB18] all its attempts count', () => {
    const world = running('a', 'b', 'c', 'd', 'e');
    world.hasten('1');
    for (const name of ['b', 'c', 'd']) world.hangUp(name);
    expect(world.places).toEqual(['a', 'b', 'c', 'd']);
  });

  it('[JOB53] hastened again, the attempt of which was heard least gives way, and its result still counts', () => {
    const world = running('a', 'b', 'c');
    world.hasten('1');
    world.say('a', { type: 'job_started', ...assignWords(world) });
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b', 'c']);
    expect(world.messages('b', 'job_cancel')).toHaveLength(1);
    expect(world.messages('a', 'job_cancel')).toEqual([]);
    world.answer('b');
    expect(world.end('1')).toBe('result');
  });

  it('[JOB53] [JOB26] on its own node when no other fits, under a name that the node does not know', () => {
    const world = running('a');
    world.hasten('1');
    world.hasten('1');
    expect(world.assigns('a').map(({ job_id }) => job_id)).toEqual(['job-1', 'job-1~2']);
    expect(world.messages('a', 'job_cancel')).toHaveLength(1);
    world.answer('a');
    expect(world.end('1')).toBe('result');
  });

  it.each(['refused', 'silent'] as const)(
    '[JOB53] one that is alone goes on when nobody takes the other: the link is %s, and the queue is full',
    (answer) => {
      const world = new World({ waitingJobsMax: 0 });
      world.join('a');
      world.submit('1');
      world.hasten('1');
      world.linkOf = () => answer;
      world.hasten('1');
      world.advance(2000);
      expect(world.end('1')).toBeNull();
      expect(world.messages('a', 'job_cancel').map(({ job_id }) => job_id)).not.toContain('job-1');
      world.answer('a', {}, world.assigns('a')[0]);
      expect(world.end('1')).toBe('result');
    },
  );

  it('[JOB53] beside the one that runs, on a node that failed at it before', () => {
    const world = running('a', 'b');
    world.answer('a', failure('TTS_TIMEOUT'));
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b']);
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b', 'a']);
    expect(world.messages('b', 'job_cancel')).toEqual([]);
  });

  it('[JOB53] [JOB18] hastened again it is tried once more though two nodes failed at it, while attempts are left', () => {
    const world = running('a', 'b', 'c', 'd', 'e');
    world.hasten('1');
    for (const node of ['b', 'c']) world.answer(node, failure('MODEL_CRASHED'));
    expect(world.places).toEqual(['a', 'b', 'c']);
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b', 'c', 'd']);
    world.answer('d', failure('MODEL_CRASHED'));
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b', 'c', 'd']);
    world.answer('a');
    expect(world.end('1')).toBe('result');
  });

  it('[JOB53] [JOB17] each such hastening is worth one attempt, whatever fails meanwhile', () => {
    const world = new World({ failoverMaxAttempts: 9 });
    for (const node of ['a', 'b', 'c', 'd', 'e', 'f']) world.join(node);
    world.submit('1');
    world.hasten('1');
    for (const node of ['b', 'c']) world.answer(node, failure('MODEL_CRASHED'));
    for (const node of ['d', 'e']) {
      world.hasten('1');
      expect(world.places.at(-1)).toBe(node);
      world.answer(node, failure('MODEL_CRASHED'));
      expect(world.places.at(-1)).toBe(node);
    }
  });

  it('[JOB53] [JOB44] an attempt whose node reports progress is left to that', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_progress'] });
    world.submit('1');
    world.hasten('1');
    world.hasten('1');
    expect(world.places).toEqual(['a']);
  });
});
