import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const ACK = { advanced_features: ['job_ack'] };

describe('our own stalls', () => {
  it('[JOB46] a deadline that fires late gives the node as long again to be heard', () => {
    const world = new World();
    world.join('a', ACK);
    world.join('b', ACK);
    world.submit('1');
    world.atMs += 10_000;
    world.advance(0);
    expect(world.places).toEqual(['a']);
    const { job_id, attempt_id, session_id, trace_id } = world.lastAssign('a');
    world.say('a', { type: 'job_ack', job_id, attempt_id, node_id: 'a', session_id, trace_id });
    expect(world.job('1').attempts[0]?.phase).toBe('acked');
  });

  it('[JOB46] and only that long', () => {
    const world = new World();
    world.join('a', ACK);
    world.join('b', ACK);
    world.submit('1');
    world.atMs += 10_000;
    world.advance(0);
    world.step({ kind: 'stalled', durationMs: 7000 });
    world.advance(6_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB46] a stall while the node worked is added to its time', () => {
    const world = new World();
    world.join('a');
    world.join('b');
    world.step({ kind: 'stalled', durationMs: 5000 });
    world.submit('1');
    world.advance(9000);
    world.step({ kind: 'stalled', durationMs: 2000 });
    world.advance(11_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB46] signs of life get it too', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_progress'] });
    world.join('b');
    world.submit('1');
    world.advance(3000);
    world.step({ kind: 'stalled', durationMs: 3000 });
    world.advance(4_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB46] a stall that is told after a wait began counts for it only from there', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_progress'] });
    world.join('b');
    world.submit('1');
    world.advance(100);
    world.step({ kind: 'stalled', durationMs: 30_000 });
    world.advance(4_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB46] a process that is always late still decides', () => {
    const world = new World();
    world.join('a', ACK);
    world.join('b');
    world.submit('1');
    for (let n = 0; n < 100 && world.places.length < 2; n += 1) {
      world.atMs += 100;
      world.advance(0);
      world.step({ kind: 'stalled', durationMs: 10 });
    }
    expect(world.places).toEqual(['a', 'b']);
  });
});
