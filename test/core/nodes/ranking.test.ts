import { describe, expect, it } from 'vitest';
import { type LastNodes, lastNodeOf, noteLastNode } from '#core/nodes/last-nodes.ts';
import { requirementOf } from '#core/nodes/requirements.ts';
import { explainSelection, selectNode } from '#core/nodes/selection.ts';
import type { DispatchSettings } from '#core/settings.ts';
import { asNodeId, asSessionId } from '#protocol/ids.ts';
import type { NodeRegister } from '#protocol/node-agent-messages.ts';
import { capabilities, failure, jobRequest, services } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const joined = (settings: Partial<DispatchSettings> = {}, ...names: readonly string[]): World => {
  const world = new World({ heartbeatTimeoutMs: 10_000_000, ...settings });
  for (const name of names) world.join(name, { language_pairs: [{ src: '*', tgt: '*' }] });
  world.advance(15_000);
  return world;
};

let serial = 0;
const speak = (world: World, session: string, answer = {}): string => {
  serial += 1;
  world.submit(`${serial}`, { sessionId: asSessionId(session) });
  const place = world.places.at(-1) ?? 'nobody';
  world.answer(place, answer);
  return place;
};

describe('slow start', () => {
  it('[SEL20] a node that just became ready does not get everything', () => {
    const world = joined({}, 'a', 'b');
    for (let n = 0; n < 4; n += 1) world.submit(`old-${n}`, { sessionId: asSessionId(`o-${n}`) });
    world.join('new', { language_pairs: [{ src: '*', tgt: '*' }] });
    for (let n = 0; n < 3; n += 1) world.submit(`n-${n}`, { sessionId: asSessionId(`n-${n}`) });
    expect(world.places.slice(4)).toEqual(['new', 'a', 'b']);
    expect(world.node('new').rankedShare).toBe(0.25);
    world.advance(5000);
    expect(world.node('new').rankedShare).toBe(0.5);
    world.advance(10_000);
    expect(world.node('new').rankedShare).toBe(1);
    expect([...world.timers.keys()].some((key) => key.startsWith('slowStart'))).toBe(false);
  });

  it('[SEL20] it ranks and never excludes', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 3 });
    for (const name of ['1', '2', '3']) world.submit(name);
    expect(world.places).toEqual(['a', 'a', 'a']);
  });

  it('[SEL20] ends with the status and the socket', () => {
    const world = new World();
    world.join('a');
    for (let n = 0; n < 3; n += 1) world.beat('a', { capability_by_type: [] });
    expect(world.node('a').rankedShare).toBe(1);
    world.beat('a', { capability_by_type: capabilities() });
    expect(world.node('a').rankedShare).toBe(0.25);
    world.hangUp('a');
    expect(world.node('a').rankedShare).toBe(1);
  });
});

describe('the last node of a session', () => {
  it('[SEL23] among equals the session stays where it was (case 40 turned round)', () => {
    const world = joined({}, 'a', 'b', 'c');
    expect(['x', 'y', 'x', 'x', 'y'].map((session) => speak(world, session))).toEqual([
      'a',
      'b',
      'a',
      'a',
      'b',
    ]);
    const last = { nodeId: asNodeId('a'), wish: 'stay' as const };
    const requirement = requirementOf(jobRequest('x'));
    expect(explainSelection(world.state.registry, requirement, new Set(), last).reason).toBe('same_session');
    expect(selectNode(world.state.registry, requirement, new Set(), last).reason).toBe('same_session');
  });

  it('[SEL23] not when that node is busier, no longer fits, or it is long ago', () => {
    const busy = joined({}, 'a', 'b');
    speak(busy, 'x');
    busy.submit('held', { pairedNodeId: asNodeId('a'), sessionId: asSessionId('y') });
    expect(speak(busy, 'x')).toBe('b');

    const drained = joined({}, 'a', 'b');
    speak(drained, 'x');
    drained.step({ kind: 'nodeDrainAsked', nodeId: asNodeId('a'), deadlineMs: null, reason: '' });
    expect(speak(drained, 'x')).toBe('b');

    const late = joined({}, 'a', 'b');
    speak(late, 'x');
    late.advance(60_001);
    expect(speak(late, 'x')).toBe('b');
  });

  it('[SEL23] not after it failed the session', () => {
    const world = joined({}, 'a', 'b', 'c');
    expect(speak(world, 'x', failure('PROCESSING_ERROR'))).toBe('a');
    world.answer('b');
    expect(speak(world, 'x')).toBe('b');
    expect(speak(world, 'x')).toBe('b');
  });

  it('[SEL23] nor after it hung', () => {
    const world = joined({}, 'a', 'b');
    world.submit('hangs', { sessionId: asSessionId('x') });
    world.advance(60_000);
    expect(world.state.registry.lastNodes.get(asSessionId('x'))?.nodeId).not.toBe('a');
  });

  it('[SEL24] spread: the next job goes elsewhere within the window, there when nobody else fits', () => {
    const world = joined({ isSpread: true, spreadWindowMs: 30_000 }, 'a', 'b');
    world.submit('held', { pairedNodeId: asNodeId('b'), sessionId: asSessionId('y') });
    expect([speak(world, 'x'), speak(world, 'x'), speak(world, 'x')]).toEqual(['a', 'b', 'a']);
    const { registry, settings } = world.state;
    expect(lastNodeOf(registry.lastNodes, asSessionId('x'), world.atMs + 30_000, settings)?.nodeId).toBe('a');
    expect(lastNodeOf(registry.lastNodes, asSessionId('x'), world.atMs + 30_001, settings)).toBeNull();
    world.hangUp('b');
    expect(speak(world, 'x')).toBe('a');
  });

  it('[SEL23] sessions are remembered up to a bound', () => {
    const lastNodes: LastNodes = new Map();
    for (let n = 0; n < 10_050; n += 1) noteLastNode(lastNodes, asSessionId(`m-${n}`), asNodeId('a'), n);
    expect(lastNodes.size).toBe(10_000);
    expect(lastNodes.has(asSessionId('m-49'))).toBe(false);
    expect(lastNodes.has(asSessionId('m-50'))).toBe(true);
  });
});

describe('idle though ready', () => {
  it.each<[string, string, Partial<NodeRegister>]>([
    ['declines public jobs', 'PAIRED_SESSIONS_ONLY', { accept_public_jobs: false }],
    ['has room for no job', 'NO_CAPACITY', { max_concurrent_jobs: 0 }],
    ['declares no language', 'NO_LANGUAGES', { language_pairs: [] }],
    [
      'runs none of its services',
      'NO_SERVICE_RUNNING',
      { installed_services: services(undefined, { status: 'stopped' }) },
    ],
  ])('[NOD50] a node that %s is told %s, once', (_, code, overrides) => {
    const world = new World();
    world.join('a', overrides);
    world.beat('a');
    expect(world.messages('a', 'node_status')).toMatchObject([
      { status: 'ready' },
      { status: 'ready', code, reason: expect.any(String), fix: expect.any(String) },
    ]);
    world.beat('a', {
      installed_services: services(),
      max_concurrent_jobs: 2,
      language_pairs: [{ src: '*', tgt: '*' }],
    });
    const last = world.messages('a', 'node_status').at(-1);
    expect(last !== undefined && 'code' in last).toBe('accept_public_jobs' in overrides);
  });
});
