import { describe, expect, it } from 'vitest';
import { asNodeId } from '#protocol/ids.ts';
import type { NodeDrain } from '#protocol/node-agent-messages.ts';
import { registration } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const WITH_DRAIN = { advanced_features: ['drain'] };

const drain = (world: World, name: string, deadlineMs: number | null = null, reason = 'new card'): void =>
  world.step({ kind: 'nodeDrainAsked', nodeId: asNodeId(name), deadlineMs, reason });
const undrain = (world: World, name: string): void =>
  world.step({ kind: 'nodeUndrainAsked', nodeId: asNodeId(name) });
const wish = (overrides: Partial<NodeDrain> = {}): NodeDrain => ({
  type: 'node_drain',
  node_id: 'a',
  ...overrides,
});
const statuses = (world: World): string[] => world.messages('a', 'node_status').map(({ status }) => status);

describe('drain by the operator', () => {
  it('[NOD40] [W58] no new job goes there, what runs may end, and the node is told why', () => {
    const world = new World();
    world.join('a');
    world.submit('1');
    drain(world, 'a');
    world.submit('2');
    expect(world.places).toEqual(['a']);
    expect(world.count('no_available_node_total types status_not_ready')).toBe(1);
    world.answer('a');
    expect(world.end('1')).toBe('result');
    expect(world.messages('a', 'node_status').at(-1)).toMatchObject({
      status: 'draining',
      reason: 'new card',
      code: 'DRAINED_BY_OPERATOR',
      fix: expect.any(String),
    });
  });

  it('[NOD41] heartbeats keep it, a silence and a new socket too', () => {
    const world = new World();
    world.join('a', WITH_DRAIN);
    drain(world, 'a');
    world.beat('a');
    world.advance(45_000);
    expect(world.node('a').status).toBe('offline');
    world.beat('a');
    expect(world.node('a').status).toBe('draining');
    world.hangUp('a');
    world.join('a', WITH_DRAIN, { socket: 'a2' });
    expect(world.node('a').status).toBe('draining');
    expect(world.messages('a2', 'node_control')).toEqual([
      { type: 'node_control', command: 'drain', reason: 'new card' },
    ]);
  });

  it('[NOD40] also one that is away is drained, and a later wish replaces an earlier one', () => {
    const world = new World();
    world.join('a');
    world.hangUp('a');
    drain(world, 'a', 5000);
    drain(world, 'a', 60_000);
    world.join('a', {}, { socket: 'a2' });
    expect(world.node('a').status).toBe('draining');
    world.advance(20_000);
    world.beat('a', {}, 'a2');
    expect(world.node('a').status).toBe('draining');
    drain(world, 'a', 10 * 86_400_000);
    expect(world.node('a').drain?.endsAtMs).toBe(world.atMs + 86_400_000);
    drain(world, 'nobody');
    undrain(world, 'nobody');
  });

  it('[NOD41] goes with the record of a node that is gone', () => {
    const world = new World();
    world.join('a');
    drain(world, 'a', 3_600_000);
    world.hangUp('a');
    world.advance(600_000);
    expect(world.state.registry.nodes.size).toBe(0);
    expect(world.timers.size).toBe(0);
  });

  it('[NOD42] a node that knows drain is told it, with the time left, and its end', () => {
    const world = new World();
    world.join('a', WITH_DRAIN);
    world.join('b');
    drain(world, 'a', 30_000);
    drain(world, 'b', 30_000);
    world.advance(30_000);
    expect(world.messages('a', 'node_control')).toEqual([
      { type: 'node_control', command: 'drain', deadline_ms: 30_000, reason: 'new card' },
      { type: 'node_control', command: 'undrain', reason: 'new card' },
    ]);
    expect(world.messages('b', 'node_control')).toEqual([]);
  });

  it('[NOD44] at its deadline the node takes what waits', () => {
    const world = new World();
    world.join('a');
    drain(world, 'a', 5000);
    world.submit('1');
    world.advance(4999);
    expect(world.places).toEqual([]);
    world.advance(1);
    expect(world.places).toEqual(['a']);
    expect(statuses(world)).toEqual(['ready', 'draining', 'registering', 'ready']);
  });

  it('[NOD44] taken back it goes through registering, by its last heartbeat', () => {
    const world = new World({ healthCheckCount: 2 });
    world.join('a');
    world.beat('a');
    drain(world, 'a');
    undrain(world, 'a');
    expect(world.node('a').status).toBe('registering');
    world.beat('a');
    expect(world.node('a').status).toBe('ready');
    undrain(world, 'a');
    expect(world.node('a').status).toBe('ready');
  });

  it('[NOD44] without a heartbeat on this socket it waits for one', () => {
    const world = new World();
    world.connect('a');
    world.say('a', registration({ node_id: 'a' }));
    drain(world, 'a');
    undrain(world, 'a');
    expect(world.node('a').status).toBe('registering');
    world.beat('a');
    expect(world.node('a').status).toBe('ready');
  });

  it('[NOD44] taken back while the node is silent or gone it just comes back', () => {
    const world = new World();
    world.join('a');
    drain(world, 'a');
    world.advance(45_000);
    undrain(world, 'a');
    expect(world.node('a').status).toBe('offline');
    world.beat('a');
    expect(world.node('a').status).toBe('ready');
  });
});

describe('drain by the node', () => {
  it('[NOD43] it is not chosen until its deadline, and gets no command', () => {
    const world = new World();
    world.join('a', WITH_DRAIN);
    world.say('a', wish({ deadline_ms: 10_000, reason: 'hot' }));
    world.submit('1');
    world.beat('a');
    expect(world.places).toEqual([]);
    expect(world.messages('a', 'node_status').at(-1)).toMatchObject({
      code: 'DRAINED_BY_NODE',
      reason: 'hot',
    });
    world.advance(9999);
    expect(world.places).toEqual([]);
    world.submit('2');
    world.advance(1);
    expect(world.places).toContain('a');
    expect(world.messages('a', 'node_control')).toEqual([]);
  });

  it('[NOD43] ends when the node registers again', () => {
    const world = new World();
    world.join('a', WITH_DRAIN);
    world.say('a', wish({ deadline_ms: 10_000 }));
    world.hangUp('a');
    world.join('a', WITH_DRAIN, { socket: 'a2' });
    expect(world.node('a').status).toBe('ready');
  });

  it('[NOD43] does not shorten what the operator wants', () => {
    const world = new World();
    world.join('a', WITH_DRAIN);
    drain(world, 'a');
    world.say('a', wish({ deadline_ms: 1 }));
    world.advance(10_000);
    expect(world.node('a')).toMatchObject({ status: 'draining', drain: { by: 'admin' } });
  });

  it('[NOD43] [NOD24] a node that was not granted it is not heard', () => {
    const world = new World();
    world.join('a');
    world.say('a', wish());
    expect(world.node('a').status).toBe('ready');
    expect(world.count('node_messages_ignored_total node_drain')).toBe(1);
  });
});

describe('declaration', () => {
  it('[NOD45] keeps what the machine is made of', () => {
    const world = new World();
    world.join('a');
    expect(world.node('a').declared.hardware).toEqual({
      cpuCores: 8,
      memoryGb: 32,
      gpus: [{ name: 'a GPU', memoryGb: 16 }],
    });
  });
});
