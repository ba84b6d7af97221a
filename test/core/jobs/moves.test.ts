import { describe, expect, it } from 'vitest';
import { type DispatcherTimer, parseTimerKey, timerKey } from '#core/jobs/dispatcher-timers.ts';
import { dispatcherFigures } from '#core/jobs/figures.ts';
import { moveAttempt, moveJob } from '#core/jobs/job.ts';
import { jobIdOfWire, wireJobId, wireSessionId } from '#core/jobs/wire-ids.ts';
import { asJobId, asNodeId, asSessionId } from '#protocol/ids.ts';
import { connection } from './words.ts';
import { World } from './world.ts';

describe('moves of jobs and attempts', () => {
  it('[JOB29] [W38] a move that the table does not know is a fault of ours', () => {
    const world = new World();
    world.join('a');
    world.submit('1');
    const job = { ...world.job('1') };
    moveJob(job, 'ended');
    expect(() => moveJob(job, 'running')).toThrow('job may not go from ended to running');
    const attempt = { ...world.job('1').attempts[0] };
    expect(() => moveAttempt(attempt as never, 'offering')).toThrow('from sent to offering');
  });

  it('[JOB29] staying is no move', () => {
    const world = new World();
    world.submit('1');
    moveJob(world.job('1'), 'waiting');
    expect(world.job('1').phase).toBe('waiting');
  });
});

describe('timers', () => {
  const jobId = asJobId('job-0AF');
  const nodeId = asNodeId('a:node:of/mine');
  it.each<DispatcherTimer>([
    { kind: 'pending', jobId },
    { kind: 'offer', jobId, attemptId: 3 },
    { kind: 'ack', jobId, attemptId: 3 },
    { kind: 'deadline', jobId, attemptId: 12 },
    { kind: 'zombie', jobId, attemptId: 12, nodeId },
    { kind: 'heartbeat', nodeId },
    { kind: 'warmup', nodeId },
    { kind: 'gone', nodeId },
    { kind: 'refused', connectionId: connection('x:y') },
  ])('[JOB28] the key of $kind says whose it is, whatever the ids hold', (timer) => {
    expect(parseTimerKey(timerKey(timer))).toEqual(timer);
  });

  it('[JOB28] a firing for something that is gone does nothing', () => {
    const world = new World();
    for (const key of [
      'pending:job-9',
      'offer:job-9:1',
      'ack:job-9:1',
      'deadline:job-9:1',
      'zombie:job-9:1:n',
      'heartbeat:n',
      'warmup:n',
      'gone:n',
      'refused:c',
      'hold',
      '',
    ]) {
      world.step({ kind: 'timerFired', key });
    }
    expect(world.sent).toEqual([]);
    expect(world.told).toEqual([]);
  });

  it('[JOB28] a stale firing for something that has moved on does nothing', () => {
    const world = new World();
    world.join('a', { advanced_features: ['job_ack'] });
    world.submit('1');
    const names = { job_id: 'job-1', attempt_id: 1, node_id: 'a', session_id: 's-1', trace_id: 't' };
    world.say('a', { type: 'job_ack', ...names });
    for (const key of [
      'ack:job-1:1',
      'pending:job-1',
      'offer:job-1:1',
      'zombie:job-1:1:a',
      'warmup:a',
      'gone:a',
    ]) {
      world.step({ kind: 'timerFired', key });
    }
    expect(world.job('1').attempts[0]?.phase).toBe('acked');
    world.answer('a');
    expect(world.end('1')).toBe('result');
    expect(world.node('a').status).toBe('ready');
  });
});

describe('names on the wire', () => {
  it('[JOB26] a repeat has names of its own, from which ours are read back', () => {
    const jobId = asJobId('job-0AF');
    expect(wireJobId(jobId, 1, false)).toBe('job-0AF');
    expect(wireSessionId(asSessionId('s-1'), 2, true)).toBe('s-1~2');
    for (const isRepeat of [false, true]) expect(jobIdOfWire(wireJobId(jobId, 2, isRepeat))).toBe(jobId);
  });
});

describe('figures', () => {
  it('[JOB25] [NOD19] count nodes, jobs and slots, zombies and gone nodes apart', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 2 });
    world.join('b');
    world.hangUp('b');
    for (const name of ['1', '2', '3']) world.submit(name);
    world.cancel('1');
    expect(dispatcherFigures(world.state)).toEqual({
      nodes: { registering: 0, ready: 1, degraded: 0, draining: 0, offline: 1 },
      goneNodes: 1,
      jobs: { waiting: 1, offering: 0, running: 1 },
      slots: { total: 2, taken: 2, zombies: 1 },
    });
  });
});
