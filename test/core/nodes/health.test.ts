import { describe, expect, it } from 'vitest';
import type { NodeHeartbeat } from '#protocol/node-agent-messages.ts';
import { capabilities, registration, services } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const SICK: Partial<NodeHeartbeat> = { capability_by_type: [] };

const registered = (world = new World()): World => {
  world.connect('a');
  world.say('a', registration({ node_id: 'a' }));
  return world;
};

const statuses = (world: World): string[] => world.messages('a', 'node_status').map(({ status }) => status);

describe('health', () => {
  it('[NOD10] case 6: a registering node gets no job until its heartbeats are healthy, in a row', () => {
    const world = registered(new World({ healthCheckCount: 3 }));
    world.submit('1');
    expect(world.count('no_available_node_total types status_not_ready')).toBe(1);
    world.beat('a');
    world.beat('a');
    world.beat('a', SICK);
    world.beat('a', { capability_by_type: capabilities() });
    world.beat('a');
    expect(world.places).toEqual([]);
    world.beat('a');
    expect(world.places).toEqual(['a']);
    expect(statuses(world)).toEqual(['ready']);
  });

  it.each<[string, Partial<NodeHeartbeat>, boolean]>([
    ['all three core services', {}, true],
    ['one core service alone', { installed_services: services(['nmt']) }, true],
    ['tone installed and not ready', { installed_services: services(['asr', 'tone']) }, true],
    ['nothing installed', { installed_services: [] }, false],
    ['tone alone', { installed_services: services(['tone']) }, false],
    [
      'an installed core service that is not ready',
      { capability_by_type: capabilities(['asr', 'nmt']) },
      false,
    ],
    ['a GPU load of 101', { resource_usage: { gpu_percent: 101 } }, false],
    ['no reading at all', { resource_usage: {} }, true],
  ])('[NOD10] %s: healthy while registering or not', (_, beat, isHealthy) => {
    const world = registered();
    world.beat('a', beat);
    expect(world.node('a').status).toBe(isHealthy ? 'ready' : 'registering');
  });

  it('[NOD10] GPU readings do not matter when GPUs are not required', () => {
    const world = registered(new World({ requireGpu: false }));
    world.beat('a', { resource_usage: { gpu_percent: -1 } });
    expect(world.node('a').status).toBe('ready');
  });

  it('[NOD10] a ready node stays so with one ready type', () => {
    const world = registered();
    world.beat('a');
    for (let n = 0; n < 4; n += 1) world.beat('a', { capability_by_type: capabilities(['tone']) });
    expect(world.node('a').status).toBe('ready');
  });

  it('[NOD11] case 8: never healthy for 60 s makes it degraded, one healthy heartbeat ready', () => {
    const world = registered();
    for (let n = 0; n < 6; n += 1) {
      world.beat('a', SICK);
      expect(world.node('a').status).toBe('registering');
      world.advance(10_000);
    }
    expect(world.messages('a', 'node_status')).toMatchObject([
      { status: 'degraded', code: 'SERVICE_NOT_READY', fix: expect.any(String) },
    ]);
    world.beat('a', { capability_by_type: capabilities() });
    expect(statuses(world)).toEqual(['degraded', 'ready']);
  });

  it('[NOD12] case 7: three sick heartbeats in a row make a ready node degraded', () => {
    const world = registered();
    world.beat('a');
    world.beat('a', SICK);
    world.beat('a', SICK);
    world.beat('a', { capability_by_type: capabilities() });
    world.beat('a', SICK);
    world.beat('a', SICK);
    expect(world.node('a').status).toBe('ready');
    world.beat('a', SICK);
    expect(world.node('a').status).toBe('degraded');
    world.submit('1');
    expect(world.job('1').phase).toBe('waiting');
    world.beat('a', { capability_by_type: capabilities() });
    expect(world.places).toEqual(['a']);
  });

  it('[NOD14] case 8: offline exactly 45 s after the last heartbeat', () => {
    const world = registered();
    world.beat('a');
    world.advance(30_000);
    world.beat('a');
    world.advance(44_999);
    expect(world.node('a').status).toBe('ready');
    world.advance(1);
    expect(world.node('a').status).toBe('offline');
    world.submit('1');
    expect(world.count('no_available_node_total types offline')).toBe(1);
  });

  it('[NOD14] also without any heartbeat', () => {
    const world = registered();
    world.advance(45_000);
    expect(world.node('a').status).toBe('offline');
  });

  it('[NOD13] [W49] a heartbeat brings an offline node back, through registering', () => {
    const world = registered(new World({ healthCheckCount: 2 }));
    world.advance(45_000);
    world.submit('1');
    world.beat('a');
    expect(statuses(world)).toEqual(['offline', 'registering']);
    world.beat('a');
    expect(statuses(world)).toEqual(['offline', 'registering', 'ready']);
    expect(world.places).toEqual(['a']);
  });

  it('[NOD13] [NOD11] and has its warm-up time again', () => {
    const world = registered();
    world.advance(45_000);
    world.beat('a', SICK);
    world.advance(30_000);
    world.beat('a', SICK);
    world.advance(29_999);
    expect(world.node('a').status).toBe('registering');
    world.advance(1);
    expect(world.node('a').status).toBe('degraded');
  });

  it('[NOD15] a change is told with the time in seconds, and why the node is idle', () => {
    const world = registered();
    world.beat('a');
    world.advance(45_000);
    expect(world.messages('a', 'node_status')).toStrictEqual([
      {
        type: 'node_status',
        node_id: 'a',
        status: 'ready',
        reason: 'Health check passed',
        timestamp: 1_790_000_001,
      },
      {
        type: 'node_status',
        node_id: 'a',
        status: 'offline',
        reason: 'No heartbeat',
        timestamp: 1_790_000_046,
        code: 'HEARTBEAT_TIMEOUT',
        fix: expect.any(String),
      },
    ]);
    expect(world.count('node_transitions_total ready')).toBe(1);
    expect(world.count('node_transitions_total offline')).toBe(1);
  });
});
