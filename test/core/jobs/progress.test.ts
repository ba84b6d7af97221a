import { describe, expect, it } from 'vitest';
import { jobRecordOf } from '#core/jobs/job-history.ts';
import { asJobId } from '#protocol/ids.ts';
import type { JobStage } from '#protocol/node-agent-messages.ts';
import { World } from './world.ts';

const running = (features: readonly string[] = ['job_progress']): World => {
  const world = new World();
  world.join('a', { advanced_features: [...features] });
  world.join('b');
  world.submit('1');
  return world;
};

const beat = (world: World, stage: JobStage = 'asr'): void => {
  const { job_id, attempt_id } = world.lastAssign('a');
  world.say('a', { type: 'job_progress', job_id, attempt_id, node_id: 'a', stage });
};

describe('signs of life', () => {
  it('[JOB44] the feature is granted', () => {
    expect(running().messages('a', 'node_register_ack')[0]?.features).toEqual(['job_progress']);
  });

  it('[JOB44] two missed ones are a hang, long before the deadline', () => {
    const world = running();
    for (let n = 0; n < 4; n += 1) {
      world.advance(2000);
      beat(world);
    }
    world.advance(4_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
    expect(world.messages('a', 'job_cancel')).toMatchObject([{ reason: 'progress_timeout', attempt_id: 1 }]);
    expect(world.count('attempts_ended_total no_progress')).toBe(1);
    expect(world.node('a').hangsInARow).toBe(1);
  });

  it('[JOB44] its slot is kept as long as after any hang', () => {
    const world = running();
    world.advance(5000 + 14_999);
    expect(world.node('a').slots.size).toBe(1);
    world.advance(1);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB44] no sign of life lifts the deadline', () => {
    const world = running();
    for (let atMs = 2000; atMs < 19_000; atMs += 2000) {
      world.advance(2000);
      beat(world);
    }
    world.advance(1000);
    expect(world.places).toEqual(['a', 'b']);
    expect(world.count('attempts_ended_total hung')).toBe(1);
  });

  it('[JOB44] [JOB19] with job_ack they are asked for from the ack on', () => {
    const world = running(['job_ack', 'job_progress']);
    world.advance(2_900);
    const { job_id, attempt_id, session_id, trace_id } = world.lastAssign('a');
    world.say('a', { type: 'job_ack', job_id, attempt_id, node_id: 'a', session_id, trace_id });
    world.advance(4_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB44] [JOB20] progress says that the job has been received and runs; the stages stand in its record', () => {
    const world = running(['job_ack', 'job_progress']);
    beat(world, 'asr');
    beat(world, 'asr');
    beat(world, 'nmt');
    expect(world.job('1').attempts[0]?.phase).toBe('started');
    world.advance(4000);
    expect(world.places).toEqual(['a']);
    const record = jobRecordOf(world.state, asJobId('job-1'));
    expect(record?.moments.flatMap(({ what, reason }) => (what === 'progress' ? [reason] : []))).toEqual([
      'asr',
      'nmt',
    ]);
  });

  it('[JOB44] partial text is a sign of life as well', () => {
    const world = running();
    const { job_id, attempt_id, session_id, trace_id } = world.lastAssign('a');
    world.advance(4000);
    world.say('a', {
      type: 'asr_partial',
      job_id,
      attempt_id,
      node_id: 'a',
      session_id,
      trace_id,
      utterance_index: 0,
      text: 'half',
      is_final: false,
    });
    world.advance(4000);
    expect(world.places).toEqual(['a']);
  });

  it('[JOB44] nothing is asked of a node without the feature, and progress for nothing is ignored', () => {
    const world = running([]);
    world.advance(18_999);
    expect(world.places).toEqual(['a']);
    world.cancel('1');
    beat(world);
    expect(world.count('node_messages_ignored_total job_progress')).toBe(1);
  });
});
