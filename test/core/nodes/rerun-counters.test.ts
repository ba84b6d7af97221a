import { describe, expect, it } from 'vitest';
import { World } from '../jobs/world.ts';

describe('running totals of nodes', () => {
  it('[NOD70] [W60] count by their growth, begin with the first word, and begin anew when they shrink', () => {
    const world = new World();
    world.join('a');
    const counts = (how: string): number => world.count(`node_reruns_total ${how}`);
    world.beat('a', { rerun_metrics: { totalReruns: 40, timeoutReruns: 2 } });
    expect(counts('started')).toBe(0);
    world.beat('a', { rerun_metrics: { totalReruns: 43, timeoutReruns: 2 } });
    world.beat('a', { rerun_metrics: { totalReruns: 43 } });
    expect([counts('started'), counts('timed_out')]).toEqual([3, 0]);
    world.beat('a', { rerun_metrics: { totalReruns: 1, timeoutReruns: 0 } });
    expect([counts('started'), counts('timed_out')]).toEqual([4, 0]);
  });

  it('[NOD70] belong to one node each', () => {
    const world = new World();
    world.join('a');
    world.join('b');
    world.beat('a', { rerun_metrics: { totalReruns: 10 } });
    world.beat('b', { rerun_metrics: { totalReruns: 90 } });
    world.beat('a', { rerun_metrics: { totalReruns: 11 } });
    expect(world.count('node_reruns_total started')).toBe(1);
  });
});
