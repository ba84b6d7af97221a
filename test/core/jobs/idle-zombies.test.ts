import { describe, expect, it } from 'vitest';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import { World } from './world.ts';

const zombies = (world: World, count: number): void => {
  for (let n = 0; n < count; n += 1) {
    world.submit(`z${n}`);
    world.advance(1);
  }
  for (let n = 0; n < count; n += 1) world.cancel(`z${n}`);
};

const beat = (world: World, runningJobs: number | undefined): void =>
  world.beat('a', {
    resource_usage: runningJobs === undefined ? { cpu_percent: 1 } : { running_jobs: runningJobs },
  });

const ack = (world: World, { job_id, attempt_id, session_id, trace_id } = world.lastAssign('a')): void =>
  world.say('a', { type: 'job_ack', job_id, attempt_id, node_id: 'a', session_id, trace_id });

const assign = (world: World, at: number): JobAssign => world.assigns('a')[at] ?? world.lastAssign('a');

const held = (world: World): string[] => [...world.node('a').slots.values()].map(({ jobId }) => jobId);

describe('zombies that a heartbeat does not count', () => {
  it('[JOB47] [I3] [W55] run no more: the oldest slots are free, and waiting jobs get them', () => {
    const world = new World();
    world.join('a');
    zombies(world, 4);
    ack(world, assign(world, 3));
    world.submit('1');
    expect(world.job('1').phase).toBe('waiting');
    beat(world, 2);
    expect(held(world)).toEqual(['job-z2', 'job-z3', 'job-1']);
  });

  it('[JOB47] what the node has acknowledged is counted first', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_ack'] });
    zombies(world, 2);
    world.submit('1');
    ack(world);
    beat(world, 1);
    expect(held(world)).toEqual(['job-1']);
  });

  it('[JOB47] an assignment that the node may not have read when it counted is left alone', () => {
    const world = new World();
    world.join('a');
    zombies(world, 2);
    world.advance(10_000);
    beat(world, 0);
    expect(held(world)).toHaveLength(2);
    world.submit('1');
    world.answer('a');
    beat(world, 0);
    expect(held(world)).toEqual([]);

    world.submit('2');
    world.submit('3');
    ack(world, assign(world, 3));
    world.cancel('2');
    world.cancel('3');
    beat(world, 0);
    expect(held(world)).toEqual(['job-3']);
  });

  it('[JOB47] a node that counts nothing, or as many as we do, says nothing about zombies', () => {
    const world = new World();
    world.join('a');
    zombies(world, 2);
    ack(world);
    beat(world, undefined);
    beat(world, 2);
    beat(world, 9);
    expect(held(world)).toHaveLength(2);
  });
});
