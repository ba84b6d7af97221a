import { describe, expect, it } from 'vitest';
import { asNodeId } from '#protocol/ids.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { failure, services } from '../jobs/words.ts';
import { World } from '../jobs/world.ts';

const lacks = (serviceId: string): Partial<JobResult> => ({
  ...failure('MODEL_NOT_AVAILABLE'),
  error: {
    code: 'MODEL_NOT_AVAILABLE',
    message: 'not running',
    details: { service_id: serviceId, service_version: '1', reason: 'not running' },
  },
});

const SECOND_MS = 1000;
let serial = 0;
/** A job, and where it goes; ended at once. */
const probe = (world: World, answer: Partial<JobResult> = {}): string | null => {
  serial += 1;
  const name = `probe-${serial}`;
  const before = world.places.length;
  world.submit(name);
  const place = world.places[before] ?? null;
  if (place !== null) world.answer(place, answer);
  if (world.end(name) === null) world.cancel(name);
  return place;
};

/** Heartbeats go on while time passes. */
const pass = (world: World, durationMs: number, names: readonly string[] = ['a']): void => {
  for (let left = durationMs; left > 0; left -= 10 * SECOND_MS) {
    world.advance(Math.min(left, 10 * SECOND_MS));
    for (const name of names) world.beat(name);
  }
};

const markedFor = (world: World): number => {
  const start = world.atMs;
  while (probe(world) === null) pass(world, 10 * SECOND_MS);
  return world.atMs - start;
};

describe('a service that a node lacks', () => {
  it('[NOD47] [W52] it is not asked for it for 60 s, and is told why it is idle', () => {
    const world = new World();
    world.join('a');
    expect(probe(world, lacks('tts-1'))).toBe('a');
    expect(probe(world)).toBeNull();
    expect(world.count('no_available_node_total types service_unavailable')).toBeGreaterThan(0);
    expect(world.count('services_marked_total')).toBe(1);
    expect(world.messages('a', 'node_status').at(-1)).toMatchObject({
      status: 'ready',
      code: 'SERVICE_UNAVAILABLE',
      fix: expect.any(String),
    });
    pass(world, 59 * SECOND_MS);
    expect(probe(world)).toBeNull();
    pass(world, SECOND_MS);
    expect(probe(world)).toBe('a');
    const last = world.messages('a', 'node_status').at(-1);
    expect(last).toMatchObject({ status: 'ready' });
    expect(last).not.toHaveProperty('code');
  });

  it('[NOD47] what waits goes there the moment the mark ends', () => {
    const world = new World({ pendingTimeoutMs: 120 * SECOND_MS });
    world.join('a');
    probe(world, lacks('tts-1'));
    world.submit('1');
    pass(world, 60 * SECOND_MS);
    expect(world.job('1').phase).toBe('running');
  });

  it('[NOD47] other jobs go on, and another service of the type does instead', () => {
    const world = new World();
    world.join('a');
    probe(world, lacks('tts-1'));
    world.submit('text', { pipeline: { use_asr: true, use_nmt: true, use_tts: false } });
    expect(world.job('text').phase).toBe('running');
    world.join('b', {
      installed_services: [...services(), ...services(['tts'], { service_id: 'tts-2' })],
    });
    expect(probe(world, lacks('tts-1'))).toBe('b');
    expect(probe(world)).toBe('b');
  });

  it('[NOD47] a service that the node does not list marks nothing, and counts as a fault', () => {
    const world = new World();
    world.join('a');
    probe(world, lacks('something'));
    expect(world.node('a').marks.size).toBe(0);
    expect(world.node('a').faults.inARow).toBe(1);
    probe(world, lacks('tts-1'));
    expect(world.node('a').faults.inARow).toBe(1);
  });

  it('[NOD47] further reports while it lasts are of jobs sent before', () => {
    const world = new World();
    world.join('a');
    for (const name of ['1', '2', '3']) world.submit(name);
    for (const assign of world.assigns('a')) world.answer('a', lacks('tts-1'), assign);
    expect(world.count('services_marked_total')).toBe(1);
    expect(world.count('model_na_marked_by_node_total a')).toBe(1);
    expect(world.count('model_na_rate_limited_by_node_total a')).toBe(2);
    expect(world.node('a').marks.get('tts-1')?.lastsMs).toBe(60 * SECOND_MS);
  });

  it('[NOD48] repeated, it lasts twice as long, to ten minutes', () => {
    const world = new World();
    world.join('a');
    const seen: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      expect(probe(world, lacks('tts-1'))).toBe('a');
      seen.push(world.node('a').marks.get('tts-1')?.lastsMs ?? 0);
      pass(world, seen.at(-1) ?? 0);
    }
    expect(seen.map((ms) => ms / SECOND_MS)).toEqual([60, 120, 240, 480, 600, 600]);
  });

  it('[NOD48] ten minutes after its end it is forgotten', () => {
    const world = new World();
    world.join('a');
    probe(world, lacks('tts-1'));
    pass(world, 660 * SECOND_MS);
    expect(world.node('a').marks.size).toBe(0);
    probe(world, lacks('tts-1'));
    expect(world.node('a').marks.get('tts-1')?.lastsMs).toBe(60 * SECOND_MS);
  });

  it('[NOD49] healthy heartbeats do not end it; stopped and running again does', () => {
    const world = new World();
    world.join('a');
    probe(world, lacks('tts-1'));
    world.beat('a', { installed_services: services() });
    expect(probe(world)).toBeNull();
    const stopped = services().map((one) =>
      one.type === 'tts' ? { ...one, status: 'stopped' as const } : one,
    );
    world.beat('a', { installed_services: stopped });
    expect(probe(world)).toBeNull();
    world.beat('a', { installed_services: services() });
    expect(probe(world)).toBe('a');
    expect(markedFor(world)).toBe(0);
  });

  it('[NOD49] a new registration alone does not end it', () => {
    const world = new World();
    world.join('a');
    probe(world, lacks('tts-1'));
    world.hangUp('a');
    world.join('a', {}, { socket: 'a2' });
    expect(probe(world)).toBeNull();
    expect(world.state.registry.nodes.get(asNodeId('a'))?.marks.size).toBe(1);
  });

  it('[NOD49] the marks of one node are bounded, however it names its services', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 1 });
    for (let n = 0; n < 80; n += 1) {
      const named = services(undefined, {}).map((one) => ({ ...one, service_id: `${one.type}-v${n}` }));
      world.beat('a', { installed_services: named });
      probe(world, lacks(`tts-v${n}`));
    }
    expect(world.node('a').marks.size).toBe(64);
  });
});
