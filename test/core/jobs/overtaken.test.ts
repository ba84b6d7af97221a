import { describe, expect, it } from 'vitest';
import { asSessionId } from '#protocol/ids.ts';
import { World } from './world.ts';

/** Two jobs of one session, one after the other, on a node that says nothing of what it drops. */
const twoOnA = (features: readonly string[] = []): World => {
  const world = new World();
  world.join('a', { advanced_features: [...features] });
  world.submit('1', { utteranceIndex: 0 });
  world.advance(100);
  world.submit('2', { utteranceIndex: 1 });
  return world;
};

describe('a job whose node answers a later one', () => {
  it('[JOB45] [W33] has 1 s left, then it is tried elsewhere beside it', () => {
    const world = twoOnA();
    world.join('b');
    world.answer('a');
    world.advance(999);
    expect(world.places).toEqual(['a', 'a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'a', 'b']);
    expect(world.job('1').attempts.map(({ phase }) => phase)).toEqual(['sent', 'sent']);
    const first = world.assigns('a')[0];
    world.answer('a', {}, first);
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: 'a' }]);
  });

  it('[JOB45] an answer within the second is in time', () => {
    const world = twoOnA();
    world.join('b');
    world.answer('a');
    world.advance(900);
    world.answer('a', {}, world.assigns('a')[0]);
    world.advance(10_000);
    expect(world.places).toEqual(['a', 'a']);
  });

  it('[JOB45] one that shows meanwhile that it runs is left to its deadline', () => {
    const world = twoOnA();
    world.join('b');
    world.answer('a');
    const { job_id, attempt_id, session_id, trace_id } = world.assigns('a')[0] ?? world.lastAssign('a');
    world.say('a', { type: 'job_started', job_id, attempt_id, node_id: 'a', session_id, trace_id });
    world.advance(5000);
    expect(world.places).toEqual(['a', 'a']);
  });

  it('[JOB45] once only, and without another node it waits for its deadline', () => {
    const world = twoOnA();
    world.answer('a');
    world.advance(1000);
    world.join('b');
    world.submit('3', { utteranceIndex: 2, pairedNodeId: world.node('a').nodeId });
    world.answer('a');
    world.advance(5000);
    expect(world.places).toEqual(['a', 'a', 'a']);
    world.advance(13_000);
    expect(world.places).toEqual(['a', 'a', 'a', 'b']);
  });

  it('[JOB45] not for another session, an earlier job, or a node that acknowledges', () => {
    const world = new World();
    world.join('a');
    world.submit('1', { utteranceIndex: 0, sessionId: asSessionId('s-2') });
    world.submit('2', { utteranceIndex: 1 });
    world.submit('3', { utteranceIndex: 2 });
    world.join('b');
    world.answer('a', {}, world.assigns('a')[1]);
    world.advance(5000);
    expect(world.places).toEqual(['a', 'a', 'a']);

    const other = twoOnA(['job_ack']);
    const { job_id, attempt_id, session_id, trace_id } = other.assigns('a')[0] ?? other.lastAssign('a');
    other.say('a', { type: 'job_ack', job_id, attempt_id, node_id: 'a', session_id, trace_id });
    other.join('b');
    other.answer('a');
    other.advance(5000);
    expect(other.places).toEqual(['a', 'a']);
  });
});
