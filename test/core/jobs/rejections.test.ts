import { describe, expect, it } from 'vitest';
import type { JobRejectReason } from '#protocol/node-agent-messages.ts';
import { failure } from './words.ts';
import { World } from './world.ts';

const FEATURES = { advanced_features: ['job_reject'] };

const reject = (
  world: World,
  name: string,
  reason: JobRejectReason,
  counts: { running_jobs?: number; free_slots?: number } = {},
  assign = world.lastAssign(name),
): void => {
  const { job_id, attempt_id } = assign;
  const base = { type: 'job_reject' as const, node_id: name, running_jobs: 0, free_slots: 0 };
  world.say(name, { ...base, job_id, attempt_id, reason, ...counts });
};

const withNodes = (...names: string[]): World => {
  const world = new World();
  for (const name of names) world.join(name, FEATURES);
  return world;
};

describe('a node that refuses a job', () => {
  it('[JOB42] the feature is granted', () => {
    const world = withNodes('a');
    expect(world.messages('a', 'node_register_ack')[0]?.features).toEqual(['job_reject']);
  });

  it.each(['full', 'draining', 'unsupported', 'overloaded'] as const)(
    '[JOB42] refused as %s the job goes elsewhere at once and nobody is to blame',
    (reason) => {
      const world = withNodes('a', 'b');
      world.submit('1');
      reject(world, 'a', reason);
      expect(world.places).toEqual(['a', 'b']);
      expect(world.node('a')).toMatchObject({ status: 'ready', hangsInARow: 0 });
      expect(world.node('a').slots.size).toBe(0);
      expect(world.count('attempts_ended_total rejected')).toBe(1);
      expect(world.count('attempts_started_total first')).toBe(2);
      world.answer('b');
      expect(world.ends('job-1')).toMatchObject([{ kind: 'result', times: { attempts: 1 } }]);
    },
  );

  it('[JOB42] refusals do not use up attempts, and a job nobody took was never sent', () => {
    const world = withNodes('a', 'b', 'c', 'd', 'e', 'f');
    world.submit('1');
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) reject(world, name, 'full');
    expect(world.job('1')).toMatchObject({ phase: 'waiting', sentCount: 0 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) world.hangUp(name);
    world.advance(10_000);
    expect(world.ends('job-1')).toMatchObject([{ reason: 'no_capacity', wasSent: false }]);
    expect(world.observed.get('job_queued_ms')).toHaveLength(1);
  });

  it('[JOB42] a node that cannot do it is not asked again for it on that socket, for others it is', () => {
    const world = withNodes('a');
    world.submit('1');
    reject(world, 'a', 'unsupported', { free_slots: 4 });
    expect(world.job('1').phase).toBe('waiting');
    world.beat('a');
    expect(world.places).toEqual(['a']);
    world.submit('2');
    expect(world.places).toEqual(['a', 'a']);
  });

  it('[JOB42] [JOB10] a retry that nobody else takes goes back to the node that failed', () => {
    const world = withNodes('a', 'b');
    world.submit('1');
    world.answer('a', failure('TTS_TIMEOUT'));
    reject(world, 'b', 'full');
    expect(world.places).toEqual(['a', 'b', 'a']);
    world.answer('a', failure('TTS_TIMEOUT'));
    expect(world.end('1')).toBe('node_failed');
  });

  it('[JOB42] [JOB3] who refused in an earlier search is asked again when the job has lost what it had', () => {
    const world = withNodes('a', 'b');
    world.submit('1');
    world.hasten('1');
    reject(world, 'b', 'full');
    world.beat('b');
    world.hangUp('a');
    expect(world.places).toEqual(['a', 'b', 'b']);
    expect(world.job('1').phase).toBe('running');
  });

  it('[JOB42] [JOB17] and as soon as it has room when the job holds up others', () => {
    const world = withNodes('a', 'b', 'c');
    world.submit('1');
    world.hasten('1');
    reject(world, 'b', 'full');
    reject(world, 'c', 'full');
    expect(world.places).toEqual(['a', 'b', 'c']);
    world.beat('c');
    expect(world.places).toEqual(['a', 'b', 'c', 'c']);
  });

  it('[JOB42] after 16 refusals it is carried around no longer', () => {
    const names = Array.from({ length: 17 }, (_, n) => `n${n}`);
    const world = withNodes(...names);
    world.submit('1');
    for (let n = 0; n < 16; n += 1) reject(world, world.places.at(-1) ?? '', 'unsupported');
    expect(world.places).toHaveLength(16);
    expect(world.end('1')).toBe('no_capacity');
  });

  it('[JOB43] what it says of its room counts until a heartbeat, an answer or 2 s', () => {
    const world = withNodes('a');
    world.submit('1');
    world.submit('2');
    const first = world.assigns('a')[0];
    reject(world, 'a', 'full');
    world.submit('3');
    expect(world.node('a')).toMatchObject({ withheldSlots: 3 });
    expect(world.job('2').phase).toBe('waiting');
    world.advance(1_999);
    expect(world.places).toHaveLength(2);
    world.advance(1);
    expect(world.places).toHaveLength(4);
    expect(world.assigns('a').map(({ job_id }) => job_id)).toEqual(['job-1', 'job-2', 'job-2~2', 'job-3']);

    reject(world, 'a', 'overloaded');
    expect(world.job('3').phase).toBe('waiting');
    world.beat('a');
    expect(world.job('3').phase).toBe('running');

    reject(world, 'a', 'overloaded');
    world.answer('a', {}, first);
    expect(world.job('3').phase).toBe('running');
  });

  it('[JOB43] a link that refused is asked again after 250 ms by whoever waits', () => {
    const world = withNodes('a');
    world.linkOf = () => 'refused';
    world.submit('1');
    world.linkOf = () => 'accepted';
    world.submit('2');
    expect(world.places).toEqual(['a']);
    world.advance(249);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.assigns('a').map(({ job_id }) => job_id)).toEqual(['job-1', 'job-1', 'job-2']);
  });

  it('[JOB43] a node that cannot do the job says how many others it can take', () => {
    const world = withNodes('a');
    world.submit('1');
    reject(world, 'a', 'unsupported', { free_slots: 1, running_jobs: 3 });
    expect(world.node('a')).toMatchObject({ withheldSlots: 3, foreignJobs: 3 });
    for (const name of ['2', '3']) world.submit(name);
    expect(world.places).toHaveLength(2);
  });

  it('[JOB43] [JOB28] a later word of more room ends the wait for it', () => {
    const world = withNodes('a');
    world.submit('1');
    world.submit('2');
    const [first, second] = world.assigns('a');
    reject(world, 'a', 'full', {}, first);
    expect(world.timers.has('room:a')).toBe(true);
    reject(world, 'a', 'unsupported', { free_slots: 4 }, second);
    expect(world.node('a').withheldSlots).toBe(0);
    expect(world.timers.has('room:a')).toBe(false);
  });

  it('[JOB42] only its own attempt, and only while it lives', () => {
    const world = withNodes('a', 'b');
    world.submit('1');
    const assign = world.lastAssign('a');
    reject(world, 'b', 'full', {}, assign);
    reject(world, 'a', 'full', {}, { ...assign, attempt_id: 7 });
    reject(world, 'a', 'full', {}, { ...assign, job_id: 'job-9' });
    expect(world.job('1').phase).toBe('running');
    expect(world.node('a').withheldSlots).toBe(0);
    world.answer('a');
    reject(world, 'a', 'full', {}, assign);
    expect(world.count('node_messages_ignored_total job_reject')).toBe(4);
  });

  it('[JOB42] [JOB25] a refusal frees the slot of an attempt that was cancelled', () => {
    const world = withNodes('a');
    world.submit('1');
    world.cancel('1');
    expect(world.node('a').slots.size).toBe(1);
    reject(world, 'a', 'full');
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB42] [I4] what it answers all the same is as good as any first result', () => {
    const world = withNodes('a', 'b');
    world.submit('1');
    reject(world, 'a', 'full');
    world.answer('a');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: 'a' }]);
  });
});
