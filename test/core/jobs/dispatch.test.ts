import { describe, expect, it } from 'vitest';
import { asJobId, asNodeId } from '#protocol/ids.ts';
import { capabilities, connection } from './words.ts';
import { World } from './world.ts';

const withNodes = (...names: string[]): World => {
  const world = new World();
  for (const name of names) world.join(name);
  return world;
};

const answerOffer = (world: World, name: string, attemptId: number, answer: 'accepted' | 'refused'): void =>
  world.step({ kind: 'offerAnswered', jobId: asJobId(`job-${name}`), attemptId, answer });

describe('submitting', () => {
  it('[JOB1] [W32] a job submitted again is counted and changes nothing, open or ended', () => {
    const world = withNodes('a');
    world.submit('1');
    world.submit('1');
    world.answer('a');
    world.submit('1');
    expect(world.places).toEqual(['a']);
    expect(world.count('jobs_repeated_total')).toBe(2);
    expect(world.count('jobs_submitted_total')).toBe(1);
    expect(world.ends('job-1')).toHaveLength(1);
  });

  it('[JOB2] the claim is asked for beside the dispatch and given back at the end', () => {
    const world = withNodes('a');
    world.submit('1');
    expect(world.places).toEqual(['a']);
    expect(world.stored.at(-1)).toEqual({
      verb: 'claimJob',
      jobId: 'job-1',
      owner: 'inst-1',
      ttlMs: 300_000,
    });
    world.answer('a');
    expect(world.stored.at(-1)).toEqual({ verb: 'releaseJob', jobId: 'job-1', owner: 'inst-1' });
  });

  it.each(['taken', 'stale', 'refused', 'absent'] as const)(
    '[JOB2] a store that says %s stops no job',
    (outcome) => {
      const world = withNodes('a');
      world.submit('1');
      const request = world.stored.at(-1);
      if (request === undefined) throw new Error('no claim');
      world.step({ kind: 'storeSettled', request, outcome });
      world.answer('a');
      expect(world.end('1')).toBe('result');
    },
  );

  it('[JOB30] [W20] [W21] an ended job lets go of its record; the memory of it is bounded and holds no audio', () => {
    const world = withNodes('a');
    for (let n = 0; n < 4400; n += 1) {
      world.submit(`${n}`);
      world.answer('a');
      world.told.length = 0;
      world.sent.length = 0;
      world.stored.length = 0;
    }
    expect(world.state.jobs.size).toBe(0);
    const { size } = world.state.endedJobs;
    expect(size).toBeGreaterThanOrEqual(4096);
    expect(size).toBeLessThanOrEqual(4096 + 256);
    expect(Object.keys([...world.state.endedJobs.values()][0] ?? {})).toEqual([
      'jobId',
      'attempts',
      'outcome',
      'record',
    ]);
  });
});

describe('offering', () => {
  it('[JOB3] the session hears of the first dispatch only', () => {
    const world = withNodes('a', 'b');
    world.submit('1');
    expect(world.told).toEqual([{ kind: 'jobDispatched', jobId: 'job-1', nodeId: 'a' }]);
    world.hangUp('a');
    expect(world.places).toEqual(['a', 'b']);
    expect(world.told).toEqual([
      expect.objectContaining({ kind: 'jobDispatched' }),
      { kind: 'jobNodeLost', jobId: 'job-1', loss: 'lost' },
    ]);
    expect(world.observed.get('job_queued_ms')).toEqual([0]);
  });

  it('[JOB3] [W22] a refused offer goes to the next node', () => {
    const world = withNodes('a', 'b');
    world.linkOf = (to) => (to === connection('a') ? 'refused' : 'accepted');
    world.submit('1');
    expect(world.places).toEqual(['a', 'b']);
    expect(world.told).toEqual([{ kind: 'jobDispatched', jobId: 'job-1', nodeId: 'b' }]);
    expect(world.node('a').slots.size).toBe(0);
    expect(world.lastAssign('b').attempt_id).toBe(2);
  });

  it('[JOB3] a link that refused is asked again once the job was sent somewhere', () => {
    const world = withNodes('a', 'b');
    world.linkOf = (to) => (to === connection('a') ? 'refused' : 'accepted');
    world.submit('1');
    world.linkOf = () => 'accepted';
    world.advance(250);
    world.hangUp('b');
    expect(world.places).toEqual(['a', 'b', 'a']);
    expect(world.job('1').phase).toBe('running');
  });

  it('[JOB3] a job that every link refused waits, and is offered again when room shows', () => {
    const world = withNodes('a');
    world.linkOf = () => 'refused';
    world.submit('1');
    expect(world.job('1').phase).toBe('waiting');
    expect(world.places).toEqual(['a']);
    world.linkOf = () => 'accepted';
    world.beat('a');
    expect(world.job('1').phase).toBe('running');
    expect(world.lastAssign('a').job_id).toBe('job-1');
  });

  it('[JOB91] a job that eight links refused waits instead of asking a ninth', () => {
    const world = new World();
    for (let at = 0; at < 12; at += 1) world.join(`n${at}`);
    const asked: string[] = [];
    world.linkOf = (to) => {
      asked.push(to);
      return 'refused';
    };
    world.submit('1');
    expect(new Set(asked).size).toBe(8);
    expect(asked).toHaveLength(8);
    expect(world.job('1').phase).toBe('waiting');
  });

  it('[JOB3] an offer without an answer goes to the next node after 1 s', () => {
    const world = withNodes('a', 'b');
    world.linkOf = (to) => (to === connection('a') ? 'silent' : 'accepted');
    world.submit('1');
    world.advance(999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
    expect(world.messages('a', 'job_cancel')).toMatchObject([{ attempt_id: 1, reason: 'offer_timeout' }]);
    expect(world.node('a').slots.size).toBe(1);
  });

  it('[JOB3] [JOB5] an offer that is accepted late counts as sent, and its result as any other', () => {
    const world = withNodes('a');
    world.linkOf = () => 'silent';
    world.submit('1');
    world.advance(1000);
    expect(world.job('1').phase).toBe('waiting');
    answerOffer(world, '1', 1, 'accepted');
    expect(world.job('1').sentCount).toBe(1);
    world.answer('a');
    expect(world.end('1')).toBe('result');
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB3] an offer that is refused late frees the slot at once', () => {
    const world = withNodes('a');
    world.linkOf = () => 'silent';
    world.submit('1');
    world.advance(1000);
    expect(world.node('a').slots.size).toBe(1);
    answerOffer(world, '1', 1, 'refused');
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB3] a result that overtakes the answer to the offer is taken', () => {
    const world = withNodes('a');
    world.linkOf = () => 'silent';
    world.submit('1');
    world.answer('a');
    expect(world.end('1')).toBe('result');
    expect(world.told[0]).toEqual({ kind: 'jobDispatched', jobId: 'job-1', nodeId: 'a' });
    answerOffer(world, '1', 1, 'accepted');
    answerOffer(world, '1', 1, 'refused');
    expect(world.ends('job-1')).toHaveLength(1);
  });
});

describe('waiting', () => {
  it('[JOB21] case 14: without any node a job waits 10 s, then ends as no_capacity', () => {
    const world = new World();
    world.submit('1');
    world.advance(9999);
    expect(world.end('1')).toBeNull();
    world.advance(1);
    expect(world.ends('job-1')).toMatchObject([
      { kind: 'missing', reason: 'no_capacity', wasSent: false, times: { queuedMs: 10_000, attempts: 0 } },
    ]);
    expect(world.timers.size).toBe(0);
    expect(world.count('no_available_node_total types no_nodes')).toBe(1);
  });

  it('[JOB21] at the bound the next job ends at once', () => {
    const world = new World({ waitingJobsMax: 2 });
    for (const name of ['1', '2', '3']) world.submit(name);
    expect([world.end('1'), world.end('2'), world.end('3')]).toEqual([null, null, 'no_capacity']);
  });

  it('[JOB22] [W22] waiting jobs are served in order as slots come free, each by what fits it', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 1, language_pairs: [{ src: 'zh', tgt: 'en' }] });
    world.submit('1');
    world.submit('2', { tgtLang: 'es' });
    world.submit('3');
    world.submit('4');
    world.answer('a');
    expect(world.lastAssign('a').job_id).toBe('job-3');
    world.join('b', { max_concurrent_jobs: 1, language_pairs: [{ src: 'zh', tgt: '*' }] });
    expect(world.lastAssign('b').job_id).toBe('job-2');
    world.answer('b');
    expect(world.lastAssign('b').job_id).toBe('job-4');
  });

  it('[JOB22] a service that becomes ready in a heartbeat wakes what waits for it (case 12)', () => {
    const world = new World();
    world.join('a');
    world.beat('a', { capability_by_type: capabilities(['asr', 'nmt']) });
    world.submit('1');
    expect(world.job('1').phase).toBe('waiting');
    expect(world.node('a').status).toBe('ready');
    world.beat('a', { capability_by_type: capabilities() });
    expect(world.places).toEqual(['a']);
  });

  it('[JOB52] a job that begins to wait tells its session its place and why, once for each stay', () => {
    const world = new World();
    world.submit('1');
    world.submit('2');
    const waits = () => world.told.filter(({ kind }) => kind === 'jobWaiting');
    expect(waits()).toEqual([
      { kind: 'jobWaiting', jobId: 'job-1', position: 1, reason: 'no_nodes' },
      { kind: 'jobWaiting', jobId: 'job-2', position: 2, reason: 'no_nodes' },
    ]);
    world.linkOf = () => 'refused';
    world.join('a', { max_concurrent_jobs: 1 });
    expect(waits()).toHaveLength(2);
    world.linkOf = () => 'accepted';
    world.advance(1000);
    world.hangUp('a');
    expect(waits().at(-1)).toEqual({ kind: 'jobWaiting', jobId: 'job-1', position: 2, reason: 'offline' });
    expect(waits()).toHaveLength(3);
  });

  it('[JOB51] a tenant that fills the queue makes room for another', () => {
    const world = new World({ waitingJobsMax: 3 });
    for (const name of ['1', '2', '3']) world.submit(name, { tenant: 'rich' });
    world.submit('4', { tenant: 'poor' });
    expect(world.end('3')).toBe('no_capacity');
    expect(world.job('4').phase).toBe('waiting');
    world.submit('5', { tenant: 'poor' });
    expect(world.end('5')).toBe('no_capacity');
  });

  it('[JOB22] capacity that grows in a heartbeat is used', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 1 });
    for (const name of ['1', '2', '3']) world.submit(name);
    expect(world.places).toHaveLength(1);
    world.beat('a', { max_concurrent_jobs: 2 });
    expect(world.places).toHaveLength(2);
  });
});

describe('cancelling', () => {
  it('[JOB23] [W30] a running job ends with the reason, its node is told which attempt', () => {
    const world = withNodes('a');
    world.submit('1');
    world.cancel('1');
    expect(world.end('1')).toBe('cancelled');
    expect(world.messages('a', 'job_cancel')).toEqual([
      { type: 'job_cancel', job_id: 'job-1', trace_id: 'trace-1', reason: 'cancelled', attempt_id: 1 },
    ]);
    expect(world.node('a').slots.size).toBe(1);
  });

  it('[JOB23] a waiting job leaves the queue', () => {
    const world = new World();
    world.submit('1');
    world.cancel('1');
    expect(world.end('1')).toBe('cancelled');
    expect(world.state.waiting.size).toBe(0);
  });

  it('[JOB23] a job that is only offered may be cancelled too; the late answer changes nothing', () => {
    const world = withNodes('a');
    world.linkOf = () => 'silent';
    world.submit('1');
    world.cancel('1');
    answerOffer(world, '1', 1, 'accepted');
    expect(world.ends('job-1')).toHaveLength(1);
    answerOffer(world, '1', 1, 'refused');
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB23] without send_cancel nothing is sent, the slot is held all the same', () => {
    const world = new World({ sendCancel: false });
    world.join('a');
    world.submit('1');
    world.cancel('1');
    expect(world.messages('a', 'job_cancel')).toEqual([]);
    expect(world.node('a').slots.size).toBe(1);
  });

  it('[JOB23] unknown jobs are not cancelled and not hastened', () => {
    const world = withNodes('a');
    world.cancel('9');
    world.hasten('9');
    expect(world.told).toEqual([]);
  });
});

describe('acknowledging', () => {
  const withAck = (): World => {
    const world = new World();
    world.join('a', { advanced_features: ['job_ack'] });
    world.join('b', { advanced_features: ['job_ack'] });
    return world;
  };
  const names = { job_id: 'job-1', node_id: 'a', session_id: 's-1', trace_id: 'trace-1' };

  it('[JOB19] [W33] a missing ack is a failed dispatch after 3 s', () => {
    const world = withAck();
    world.submit('1');
    world.advance(2999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
    expect(world.node('a').slots.size).toBe(1);
    expect(world.node('a').hangsInARow).toBe(0);
  });

  it('[JOB19] nothing is asked of a legacy node', () => {
    const world = withNodes('a', 'b');
    world.submit('1');
    world.advance(10_000);
    expect(world.places).toEqual(['a']);
  });

  it('[JOB20] case 41: ack and start move the attempt, repeated they do nothing', () => {
    const world = withAck();
    world.submit('1');
    world.say('a', { type: 'job_ack', attempt_id: 1, ...names });
    world.say('a', { type: 'job_ack', attempt_id: 1, ...names });
    expect(world.told.filter(({ kind }) => kind === 'jobAccepted')).toHaveLength(1);
    world.say('a', { type: 'job_started', attempt_id: 1, ...names });
    world.say('a', { type: 'job_started', attempt_id: 1, ...names });
    expect(world.job('1').attempts[0]?.phase).toBe('started');
    expect(world.count('node_messages_ignored_total job_ack')).toBe(1);
    expect(world.count('node_messages_ignored_total job_started')).toBe(1);
    world.advance(10_000);
    expect(world.places).toEqual(['a']);
  });

  it('[JOB20] a job that is said to be started needs no ack', () => {
    const world = withAck();
    world.submit('1');
    world.say('a', { type: 'job_started', attempt_id: 1, ...names });
    world.advance(10_000);
    expect(world.places).toEqual(['a']);
    world.say('a', { type: 'job_ack', attempt_id: 1, ...names });
    expect(world.told.filter(({ kind }) => kind === 'jobAccepted')).toHaveLength(0);
  });

  it('[JOB20] an ack of another node, attempt or job is ignored', () => {
    const world = withAck();
    world.submit('1');
    world.say('a', { type: 'job_ack', attempt_id: 2, ...names });
    world.say('b', { type: 'job_ack', attempt_id: 1, ...names, node_id: 'b' });
    world.say('a', { type: 'job_ack', attempt_id: 1, ...names, job_id: 'job-9' });
    expect(world.job('1').attempts[0]?.phase).toBe('sent');
    expect(world.count('node_messages_ignored_total job_ack')).toBe(3);
  });

  it('[JOB27] partial text of a live attempt reaches the session, any other does not', () => {
    const world = withNodes('a', 'b');
    const partial = {
      type: 'asr_partial',
      job_id: 'job-1',
      session_id: 's-1',
      utterance_index: 0,
      text: 'half a',
      is_final: false,
      trace_id: 'trace-1',
    } as const;
    world.submit('1');
    world.say('b', { ...partial, node_id: 'b' });
    world.say('a', { ...partial, node_id: 'a' });
    world.hasten('1');
    world.say('b', { ...partial, node_id: 'b' });
    world.say('a', { ...partial, node_id: 'a', attempt_id: 1, is_final: true });
    expect(world.told.filter(({ kind }) => kind === 'jobPartial')).toEqual([
      {
        kind: 'jobPartial',
        jobId: 'job-1',
        attemptId: 1,
        revision: null,
        text: 'half a',
        settled: '',
        tentative: 'half a',
        isFinal: false,
      },
      {
        kind: 'jobPartial',
        jobId: 'job-1',
        attemptId: 1,
        revision: null,
        text: 'half a',
        settled: 'half a',
        tentative: '',
        isFinal: true,
      },
    ]);
    world.hangUp('a');
    world.say('b', { ...partial, node_id: 'b' });
    expect(world.told.filter(({ kind }) => kind === 'jobPartial')).toHaveLength(3);
    world.answer('b');
    world.say('b', { ...partial, node_id: 'b' });
    expect(world.count('node_messages_ignored_total asr_partial')).toBe(3);
  });
});

describe('figures of a job', () => {
  it('[JOB30] times say when it was asked for, sent and ended, and how often it was tried', () => {
    const world = new World();
    world.submit('1');
    world.advance(500);
    world.join('a');
    world.advance(200);
    world.hangUp('a');
    world.advance(300);
    world.join('b');
    world.advance(1000);
    world.answer('b');
    const start = 1_790_000_001_000;
    expect(world.ends('job-1')).toMatchObject([
      {
        kind: 'result',
        nodeId: asNodeId('b'),
        times: {
          createdWallMs: start,
          dispatchedWallMs: start + 1000,
          endedWallMs: start + 2000,
          queuedMs: 500,
          attempts: 2,
        },
      },
    ]);
    expect(world.observed.get('job_total_ms')).toEqual([2000]);
  });
});
