import { describe, expect, it } from 'vitest';
import { jobRecordOf, MOMENTS_MAX, newJobRecord, noteMoment } from '#core/jobs/job-history.ts';
import { asJobId } from '#protocol/ids.ts';
import { failure, jobRequest } from './words.ts';
import { World } from './world.ts';

const story = (world: World, name = '1'): string[] =>
  (jobRecordOf(world.state, asJobId(`job-${name}`))?.moments ?? []).map((moment) =>
    [moment.afterMs, moment.what, moment.attemptId, moment.nodeId, moment.why, moment.reason]
      .filter((part) => part !== undefined)
      .join(' '),
  );

describe('job record', () => {
  it('[JOB40] tells what happened to a job, when, on which node, and why that one', () => {
    const world = new World();
    world.submit('1');
    world.advance(500);
    world.join('a');
    world.join('b');
    world.advance(200);
    world.hasten('1');
    world.answer('a', failure('TTS_TIMEOUT'));
    world.advance(100);
    world.answer('b');
    expect(story(world)).toEqual([
      '0 submitted',
      '0 waiting no_nodes',
      '500 offered 1 a first undeclared_languages',
      '500 sent 1 a',
      '700 hastened',
      '700 offered 2 b hedge undeclared_languages',
      '700 sent 2 b',
      '700 failed 1 a TTS_TIMEOUT',
      '800 ended result',
    ]);
  });

  it('[JOB40] names the job and where it stands, and nothing anybody said', () => {
    const world = new World();
    world.join('a');
    world.submit('1', { contextText: 'a secret', tenant: 'acme', priority: 1 });
    const record = jobRecordOf(world.state, asJobId('job-1'));
    expect(record).toMatchObject({
      jobId: 'job-1',
      tenant: 'acme',
      priority: 1,
      audioMs: 2000,
      outcome: null,
    });
    world.answer('a', { text_asr: 'a secret' });
    expect(record?.outcome).toBe('result');
    expect(JSON.stringify(record)).not.toContain('secret');
    expect(jobRecordOf(world.state, asJobId('job-2'))).toBeNull();
  });

  it('[JOB40] goes on after the end: what was given up, and what came too late', () => {
    const world = new World();
    world.join('a');
    world.submit('1');
    world.advance(1000);
    world.cancel('1');
    world.advance(1000);
    world.answer('a');
    expect(story(world).slice(-3)).toEqual([
      '1000 given_up 1 a cancelled',
      '1000 ended cancelled',
      '2000 dropped 1 a late',
    ]);
  });

  it('[JOB41] has a bound: later moments are counted, the end is kept', () => {
    const record = newJobRecord(jobRequest('1'), { atMs: 1000, wallMs: 5000 });
    for (let n = 0; n < 100; n += 1) {
      noteMoment(record, { atMs: 2000, wallMs: 0 }, { what: 'waiting', reason: 'no_nodes' });
    }
    noteMoment(record, { atMs: 3000, wallMs: 0 }, { what: 'ended', reason: 'no_capacity' });
    expect(record.moments).toHaveLength(MOMENTS_MAX + 1);
    expect(record.moments.at(-1)).toEqual({ afterMs: 2000, what: 'ended', reason: 'no_capacity' });
    expect(record.leftOut).toBe(101 - MOMENTS_MAX);
  });
});
