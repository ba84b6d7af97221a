import { describe, expect, it } from 'vitest';
import { requirementOf } from '#core/nodes/requirements.ts';
import { explainSelection } from '#core/nodes/selection.ts';
import { asNodeId, asSessionId } from '#protocol/ids.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { failure, jobRequest } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const FAILED = failure('PROCESSING_ERROR');

let serial = 0;
/** A job on a given node, by pairing, answered so; whoever gets it then does it well. */
const answerOn = (world: World, name: string, answer: Partial<JobResult>): void => {
  serial += 1;
  world.submit(`${serial}`, { pairedNodeId: asNodeId(name), sessionId: asSessionId(`s-${serial}`) });
  world.answer(name, answer);
  if (world.end(`${serial}`) === null) world.answer(world.places.at(-1) ?? name);
};

const fail = (world: World, name: string, times: number, answer = FAILED): void => {
  for (let n = 0; n < times; n += 1) answerOn(world, name, answer);
};

/** Nodes whose answers come at once and whose heartbeats never stop to count. */
const fleet = (...names: readonly string[]): World => {
  const world = new World({ heartbeatTimeoutMs: 10_000_000 });
  for (const name of names) world.join(name);
  return world;
};
const isEjected = (world: World, name: string): boolean => world.node(name).faults.ejectedUntilAtMs !== null;

describe('ejection', () => {
  it('[SEL21] five faults in a row eject, and the node and people are told why', () => {
    const world = fleet('a', 'b', 'c');
    fail(world, 'a', 4);
    answerOn(world, 'a', {});
    fail(world, 'a', 4);
    expect(isEjected(world, 'a')).toBe(false);
    fail(world, 'a', 1);
    expect(isEjected(world, 'a')).toBe(true);
    const { nodes } = explainSelection(world.state.registry, requirementOf(jobRequest('x')));
    expect(nodes.find(({ nodeId }) => nodeId === 'a')).toMatchObject({ failed: 'ejected', score: null });
    expect(world.messages('a', 'node_status').at(-1)).toMatchObject({
      status: 'ready',
      code: 'EJECTED',
      fix: expect.any(String),
    });
    expect(world.count('nodes_ejected_total')).toBe(1);
  });

  it('[SEL21] ten among the last twenty do, in whatever order', () => {
    const world = fleet('a', 'b', 'c');
    for (let n = 0; n < 9; n += 1) {
      answerOn(world, 'a', FAILED);
      answerOn(world, 'a', {});
    }
    answerOn(world, 'a', {});
    expect(isEjected(world, 'a')).toBe(false);
    answerOn(world, 'a', FAILED);
    expect(isEjected(world, 'a')).toBe(true);
  });

  it.each(['TOO_LONG', 'INVALID_AUDIO', 'UNSUPPORTED_LANGUAGE', 'DUPLICATE_JOB_ID'])(
    '[SEL21] %s is not the fault of the node',
    (code) => {
      const world = fleet('a', 'b', 'c');
      fail(world, 'a', 6, failure(code));
      expect(world.node('a').faults.recent).toBe(0);
    },
  );

  it('[SEL21] a hang and a missing ack are, a lost socket and an answer given up are not', () => {
    const world = fleet('a', 'b');
    world.join('a', { advanced_features: ['job_ack'] });
    world.submit('1', { pairedNodeId: asNodeId('a') });
    world.advance(3000);
    expect(world.node('a').faults.inARow).toBe(1);
    const assign = world.lastAssign('a');
    world.answer('a', FAILED, assign);
    expect(world.node('a').faults.inARow).toBe(1);
    world.hangUp('a');
    expect(world.node('a').faults.inARow).toBe(1);
    world.advance(20_000);
    expect(world.node('b').faults.inARow).toBe(1);
  });

  it('[SEL22] it lasts 30 s, then twice as long, to five minutes; the node returns by itself', () => {
    const world = fleet('a', 'b', 'c');
    const lengths: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      fail(world, 'a', 5);
      const lastsMs = (world.node('a').faults.ejectedUntilAtMs ?? 0) - world.atMs;
      lengths.push(lastsMs / 1000);
      world.advance(lastsMs);
      expect(isEjected(world, 'a')).toBe(false);
    }
    expect(lengths).toEqual([30, 60, 120, 240, 300, 300]);
    expect(world.messages('a', 'node_status').at(-1)).not.toHaveProperty('code');
    world.advance(600_000);
    fail(world, 'a', 5);
    expect((world.node('a').faults.ejectedUntilAtMs ?? 0) - world.atMs).toBe(30_000);
  });

  it('[SEL22] [SEL20] at its return it takes what waits, and starts slowly', () => {
    const world = fleet('a', 'b');
    fail(world, 'a', 5);
    world.hangUp('b');
    world.advance(25_000);
    world.submit('1');
    expect(world.job('1').phase).toBe('waiting');
    world.advance(5000);
    expect(world.places.at(-1)).toBe('a');
    expect(world.node('a').rankedShare).toBe(0.25);
  });

  it('[SEL22] a new socket does not end it', () => {
    const world = fleet('a', 'b', 'c');
    fail(world, 'a', 5);
    world.hangUp('a');
    expect(world.state.registry.ejected.size).toBe(0);
    world.join('a', {}, { socket: 'a2' });
    expect(isEjected(world, 'a')).toBe(true);
    expect(world.state.registry.ejected.size).toBe(1);
    world.hangUp('a2');
    world.advance(600_000);
    expect([...world.timers.keys()].filter((key) => key.endsWith(':a'))).toEqual([]);
  });

  it('[SEL25] a third of the nodes, one of two, never the only one', () => {
    const world = fleet('a', 'b', 'c', 'd', 'e', 'f');
    for (const name of ['a', 'b', 'c']) fail(world, name, 6);
    expect(['a', 'b', 'c'].map((name) => isEjected(world, name))).toEqual([true, true, false]);
    const two = fleet('a', 'b');
    for (const name of ['a', 'b']) fail(two, name, 6);
    expect(['a', 'b'].map((name) => isEjected(two, name))).toEqual([true, false]);
    const one = fleet('a');
    fail(one, 'a', 6);
    expect(isEjected(one, 'a')).toBe(false);
  });

  it('[SEL25] never the last one that serves something', () => {
    const world = fleet('b', 'c', 'd');
    world.join('a', { language_pairs: [{ src: 'fr', tgt: 'es' }] });
    for (let n = 0; n < 6; n += 1) {
      world.submit(`f${n}`, { srcLang: 'fr', tgtLang: 'es', pairedNodeId: asNodeId('a') });
      world.answer('a', FAILED);
    }
    expect(isEjected(world, 'a')).toBe(true);
    const alone = new World();
    for (const name of ['b', 'c', 'd']) alone.join(name, { language_pairs: [{ src: 'zh', tgt: 'en' }] });
    alone.join('a', { language_pairs: [{ src: 'fr', tgt: 'es' }] });
    for (let n = 0; n < 6; n += 1) {
      alone.submit(`f${n}`, { srcLang: 'fr', tgtLang: 'es' });
      alone.answer('a', FAILED);
    }
    expect(isEjected(alone, 'a')).toBe(false);
  });
});
