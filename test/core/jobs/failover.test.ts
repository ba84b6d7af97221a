import { describe, expect, it } from 'vitest';
import { givenLately } from '#core/jobs/fair-shares.ts';
import { answer, connection, failure, jobRequest, nodePrincipal, registration } from './words.ts';
import { running, World } from './world.ts';

/** One node with one place. */
const runningOnSmall = (): World => {
  const world = new World();
  world.join('a', { max_concurrent_jobs: 1 });
  world.submit('1');
  return world;
};

/** Keeps the nodes alive while time passes. */
const wait = (world: World, durationMs: number, ...names: string[]): void => {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= 10_000) {
    world.advance(Math.min(leftMs, 10_000));
    for (const name of names) world.beat(name);
  }
};

describe('hanging', () => {
  it('[JOB15] [W26] past its deadline an attempt is cancelled and the job goes to another node', () => {
    const world = running('a', 'b');
    world.advance(18_999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
    expect(world.messages('a', 'job_cancel')).toEqual([
      { type: 'job_cancel', job_id: 'job-1', trace_id: 'trace-1', reason: 'job_timeout', attempt_id: 1 },
    ]);
    expect(world.lastAssign('b').attempt_id).toBe(2);
    expect(world.count('attempts_started_total failover')).toBe(1);
  });

  it('[JOB15] [JOB21] with no room anywhere else the hung job waits, then times out', () => {
    const world = runningOnSmall();
    wait(world, 19_000, 'a');
    expect(world.job('1').phase).toBe('waiting');
    wait(world, 9_999, 'a');
    expect(world.end('1')).toBeNull();
    world.advance(1);
    expect(world.ends('job-1')).toMatchObject([{ reason: 'timeout', wasSent: true }]);
    expect(world.places).toEqual(['a']);
  });

  it('[JOB15] [JOB26] [W33] when no other node fits, the same one gets it again under names it does not know', () => {
    const world = running('a');
    world.advance(19_000);
    expect(world.places).toEqual(['a', 'a']);
    const again = world.lastAssign('a');
    expect(again).toMatchObject({ job_id: 'job-1~2', session_id: 's-1~2', attempt_id: 2 });
    world.answer('a', {}, again);
    expect(world.end('1')).toBe('result');
  });

  it('[JOB15] a node that appears while the hung job waits takes it', () => {
    const world = runningOnSmall();
    world.advance(19_000);
    world.join('b');
    world.answer('b');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: 'b' }]);
  });

  it('[JOB25] a hung attempt holds its slot for 15 s, then the slot is free', () => {
    const world = runningOnSmall();
    wait(world, 19_000 + 14_999, 'a');
    expect(world.node('a').slots.size).toBe(1);
    world.advance(1);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB25] [W28] a cancelled one for 60 s, or until any result or the answer to the cancel', () => {
    const world = running('a');
    world.submit('2');
    world.submit('3');
    const first = world.assigns('a')[0];
    for (const name of ['1', '2', '3']) world.cancel(name);
    expect(world.node('a').slots.size).toBe(3);
    if (first !== undefined) world.answer('a', failure('PROCESSING_ERROR'), first);
    expect(world.node('a').slots.size).toBe(2);
    world.say('a', { type: 'job_cancelled', job_id: 'job-2', attempt_id: 1 });
    expect(world.node('a').slots.size).toBe(1);
    wait(world, 59_999, 'a');
    expect(world.node('a').slots.size).toBe(1);
    world.advance(1);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB25] [JOB20] a cancel answer for an attempt that runs is ignored', () => {
    const world = running('a');
    world.say('a', { type: 'job_cancelled', job_id: 'job-1', attempt_id: 1, node_id: 'a' });
    expect(world.node('a').slots.size).toBe(1);
    expect(world.count('node_messages_ignored_total job_cancelled')).toBe(1);
  });

  it('[JOB25] [I3] zombies count: a node full of them gets nothing', () => {
    const world = new World();
    world.join('a', { max_concurrent_jobs: 1 });
    world.submit('1');
    world.cancel('1');
    world.submit('2');
    expect(world.job('2').phase).toBe('waiting');
    expect(world.count('no_available_node_total types capacity_exceeded')).toBe(1);
  });

  it('[NOD23] three hangs in a row let a node rest until its next healthy heartbeat', () => {
    const world = new World();
    world.join('a');
    for (const name of ['1', '2', '3']) world.submit(name);
    world.advance(19_000);
    for (const name of ['1', '2', '3']) world.cancel(name);
    expect(world.node('a').status).toBe('degraded');
    expect(world.messages('a', 'node_status').at(-1)).toMatchObject({
      status: 'degraded',
      code: 'JOBS_HANG',
    });
    world.advance(15_000);
    world.beat('a');
    expect(world.node('a').status).toBe('ready');
    world.submit('4');
    world.advance(19_000);
    expect(world.node('a')).toMatchObject({ status: 'ready', hangsInARow: 1 });
  });

  it('[NOD23] an answer in between clears the count', () => {
    const world = new World();
    world.join('a');
    for (const name of ['1', '2']) world.submit(name);
    world.advance(10_000);
    world.submit('3');
    world.submit('4');
    const last = world.lastAssign('a');
    world.advance(9000);
    world.answer('a', failure('PROCESSING_ERROR'), last);
    world.advance(10_000);
    expect(world.node('a')).toMatchObject({ hangsInARow: 1, status: 'ready' });
  });
});

describe('losing sockets', () => {
  it('[JOB16] [W26] jobs of a lost socket go elsewhere in the same step', () => {
    const world = running('a', 'b');
    world.hangUp('a');
    expect(world.places).toEqual(['a', 'b']);
    expect(world.node('a')).toMatchObject({ connectionId: null, status: 'offline' });
    expect(world.count('attempts_ended_total lost')).toBe(1);
  });

  it('[JOB16] [JOB21] with no other node they wait and end as node_failed', () => {
    const world = running('a');
    world.hangUp('a');
    expect(world.job('1').phase).toBe('waiting');
    world.advance(10_000);
    expect(world.ends('job-1')).toMatchObject([{ reason: 'node_failed', wasSent: true }]);
  });

  it('[JOB16] [SEL8] [W31] failover asks the same rules: another tenant’s node is no way out', () => {
    const world = new World();
    world.join('own', { accept_public_jobs: false }, { principal: nodePrincipal('acme') });
    world.join('foreign', { accept_public_jobs: false }, { principal: nodePrincipal('other') });
    world.submit('1', { tenant: 'acme' });
    world.hangUp('own');
    expect(world.job('1').phase).toBe('waiting');
    world.join('open');
    expect(world.places).toEqual(['own', 'open']);
  });

  it('[JOB16] a job that was only offered is still a first dispatch elsewhere', () => {
    const world = new World();
    world.join('a');
    world.linkOf = () => 'silent';
    world.submit('1');
    world.hangUp('a');
    world.linkOf = () => 'accepted';
    world.join('b');
    expect(world.count('attempts_started_total first')).toBe(1);
    world.answer('b');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', times: { attempts: 1 } }]);
  });

  it('[JOB26] a node that comes back gets the job under new names when no other fits', () => {
    const world = running('a');
    const first = world.lastAssign('a');
    world.hangUp('a');
    world.join('a', {}, { socket: 'a2' });
    const second = world.lastAssign('a2');
    expect(second).toMatchObject({ job_id: 'job-1~2', session_id: 's-1~2', attempt_id: 2 });
    world.say('a2', answer('a', { ...second, job_id: first.job_id }));
    expect(world.count('results_dropped_total foreign')).toBe(1);
    world.answer('a', {}, second, 'a2');
    expect(world.end('1')).toBe('result');
  });

  it('[JOB90] [JOB4] a job that outlived a dispatcher goes under numbers and names that none had before', () => {
    const world = new World();
    world.join('a');
    world.step({ kind: 'jobSubmitted', request: jobRequest('1'), outlived: 1 });
    const assign = world.lastAssign('a');
    expect(assign).toMatchObject({ attempt_id: 100_001, job_id: 'job-1~100001', session_id: 's-1~100001' });
    world.say('a', answer('a', { ...assign, job_id: 'job-1', attempt_id: 1 }));
    expect(world.count('results_dropped_total foreign')).toBe(1);
    world.join('b');
    world.hangUp('a');
    expect(world.lastAssign('b')).toMatchObject({ attempt_id: 100_002, job_id: 'job-1~100002' });
    world.answer('b');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', times: { attempts: 2 } }]);
  });

  it('[JOB26] another node that fits comes first', () => {
    const world = running('a');
    world.join('b', { max_concurrent_jobs: 1 });
    world.submit('2');
    world.hangUp('a');
    expect(world.job('1').phase).toBe('waiting');
    world.connect('a2');
    world.say('a2', registration({ node_id: 'a' }));
    world.answer('b');
    expect(world.lastAssign('b').job_id).toBe('job-1');
  });
});

describe('how often', () => {
  it('[JOB18] three more attempts after the first, then the job ends', () => {
    const world = running('a', 'b', 'c', 'd', 'e');
    for (const name of ['a', 'b', 'c']) world.hangUp(name);
    expect(world.places).toEqual(['a', 'b', 'c', 'd']);
    world.hangUp('d');
    expect(world.ends('job-1')).toMatchObject([{ reason: 'node_failed', times: { attempts: 4 } }]);
    expect(world.places).toHaveLength(4);
  });

  it('[JOB18] [JOB15] the last hang ends it as a timeout', () => {
    const world = new World({ failoverMaxAttempts: 0 });
    world.join('a');
    world.join('b');
    world.submit('1');
    world.advance(19_000);
    expect(world.end('1')).toBe('timeout');
    expect(world.places).toEqual(['a']);
  });

  it('[JOB18] [JOB10] a retry needs an attempt that is left', () => {
    const world = new World({ failoverMaxAttempts: 1 });
    for (const name of ['a', 'b', 'c']) world.join(name);
    world.submit('1');
    world.hangUp('a');
    world.answer('b', failure('PROCESSING_ERROR'));
    expect(world.end('1')).toBe('node_failed');
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB4] [JOB18] a second attempt beside the first counts', () => {
    const world = new World({ failoverMaxAttempts: 1 });
    for (const name of ['a', 'b', 'c']) world.join(name);
    world.submit('1');
    world.hasten('1');
    expect(world.assigns('b')).toMatchObject([{ attempt_id: 2 }]);
    world.hangUp('a');
    world.hangUp('b');
    expect(world.end('1')).toBe('node_failed');
  });
});

describe('hastening', () => {
  it('[JOB17] a second attempt runs beside the first, on another node', () => {
    const world = running('a', 'b', 'c');
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b']);
    expect(world.count('attempts_started_total hedge')).toBe(1);
    expect(world.messages('a', 'job_cancel')).toEqual([]);
  });

  it('[JOB17] with no other node, or while it waits or is offered, nothing happens', () => {
    const alone = running('a');
    alone.hasten('1');
    expect(alone.places).toEqual(['a']);

    const waiting = new World();
    waiting.submit('1');
    waiting.hasten('1');
    expect(waiting.job('1').phase).toBe('waiting');

    const offered = new World();
    offered.linkOf = () => 'silent';
    offered.join('a');
    offered.join('b');
    offered.submit('1');
    offered.hasten('1');
    expect(offered.places).toEqual(['a']);
  });

  it('[JOB17] a hedge that is refused goes to the next node, and to nobody when there is none', () => {
    const world = running('a', 'b', 'c');
    world.linkOf = (to) => (to === connection('b') ? 'refused' : 'accepted');
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b', 'c']);
    expect(world.count('attempts_started_total hedge')).toBe(1);

    const alone = running('a', 'b');
    alone.linkOf = () => 'refused';
    alone.hasten('1');
    expect(alone.places).toEqual(['a', 'b']);
    expect(alone.job('1').phase).toBe('running');
    alone.answer('a');
    expect(alone.end('1')).toBe('result');
  });

  it('[JOB17] [JOB21] a hedge that is refused after the first was lost waits like any lost job', () => {
    const world = running('a', 'b');
    world.advance(12_000);
    world.linkOf = () => 'silent';
    world.hasten('1');
    world.hangUp('a');
    const { jobId } = world.job('1').request;
    world.step({ kind: 'offerAnswered', jobId, attemptId: 2, answer: 'refused' });
    expect(world.job('1').phase).toBe('waiting');
    world.advance(9_999);
    expect(world.end('1')).toBeNull();
    world.advance(1);
    expect(world.end('1')).toBe('node_failed');
  });

  it('[JOB17] [JOB16] when the first is lost while the hedge is offered, the hedge is the job', () => {
    const world = running('a', 'b', 'c');
    world.linkOf = () => 'silent';
    world.hasten('1');
    world.hangUp('a');
    expect(world.job('1').attempts.filter(({ phase }) => phase === 'offering')).toHaveLength(1);
    world.linkOf = () => 'accepted';
    world.advance(1000);
    expect(world.places).toEqual(['a', 'b', 'c']);
    world.answer('c');
    expect(world.end('1')).toBe('result');
  });
});

describe('takeover', () => {
  const takenOver = (...others: string[]): World => {
    const world = running('a', ...others);
    world.connect('a2');
    world.say('a2', registration({ node_id: 'a' }));
    return world;
  };

  it('[JOB24] [NOD16] a result on the new socket is valid', () => {
    const world = takenOver('b');
    expect(world.places).toEqual(['a']);
    world.answer('a', {}, world.lastAssign('a'), 'a2');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: 'a' }]);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB24] after 5 s the job goes elsewhere', () => {
    const world = takenOver('b');
    world.advance(4999);
    expect(world.places).toEqual(['a']);
    world.advance(1);
    expect(world.places).toEqual(['a', 'b']);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB24] [JOB26] or to the same node under new names, when no other fits', () => {
    const world = takenOver();
    world.beat('a', {}, 'a2');
    world.advance(5000);
    expect(world.assigns('a2')).toMatchObject([{ job_id: 'job-1~2', attempt_id: 2 }]);
  });

  it('[JOB24] a failure on the new socket is a failure: elsewhere at once', () => {
    const world = takenOver('b');
    world.answer('a', failure('PROCESSING_ERROR'), world.lastAssign('a'), 'a2');
    expect(world.places).toEqual(['a', 'b']);
  });

  it('[JOB24] [JOB10] [JOB17] the same node is no other node: no retry there, and no second attempt beside', () => {
    const world = takenOver();
    world.beat('a', {}, 'a2');
    world.hasten('1');
    expect(world.places).toEqual(['a']);
    world.answer('a', failure('PROCESSING_ERROR'), world.lastAssign('a'), 'a2');
    expect(world.end('1')).toBe('node_failed');
    expect(world.places).toEqual(['a']);
  });

  it('[JOB24] [JOB17] a hastened job does not wait for it, and may still take its answer', () => {
    const world = takenOver('b');
    world.hasten('1');
    expect(world.places).toEqual(['a', 'b']);
    world.advance(5000);
    expect(world.places).toEqual(['a', 'b']);
    world.answer('a', {}, world.lastAssign('a'), 'a2');
    expect(world.ends('job-1')).toMatchObject([{ kind: 'result', nodeId: 'a' }]);
  });

  it('[JOB24] zombies of the old socket go with it', () => {
    const world = running('a');
    world.cancel('1');
    world.connect('a2');
    world.say('a2', registration({ node_id: 'a' }));
    world.advance(5000);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB24] [JOB25] a node that says it cancelled the job is not awaited any longer', () => {
    const world = takenOver('b');
    world.say('a2', { type: 'job_cancelled', job_id: 'job-1', attempt_id: 1 });
    expect(world.places).toEqual(['a', 'b']);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB24] [JOB25] a takeover does not lengthen the time of a zombie', () => {
    const world = runningOnSmall();
    wait(world, 19_000, 'a');
    wait(world, 12_000, 'a');
    world.connect('a2');
    world.say('a2', registration({ node_id: 'a' }));
    world.advance(2_999);
    expect(world.node('a').slots.size).toBe(1);
    world.advance(1);
    expect(world.node('a').slots.size).toBe(0);
  });

  it('[JOB24] [JOB50] an offer that the old link refused is not awaited, and was given to nobody', () => {
    const world = new World();
    world.join('a');
    world.join('b');
    world.linkOf = () => 'silent';
    world.submit('1');
    world.connect('a2');
    world.say('a2', registration({ node_id: 'a' }));
    world.linkOf = () => 'accepted';
    world.step({
      kind: 'offerAnswered',
      jobId: world.job('1').request.jobId,
      attemptId: 1,
      answer: 'refused',
    });
    expect(world.places).toEqual(['a', 'b']);
    const { request } = world.job('1');
    const given = givenLately(world.state.waiting.shares, request.tenant, world.atMs);
    expect(given).toBe(Math.max(request.audioMs, 1000));
  });

  it('[JOB24] [W51] the end of the old socket changes nothing, the end of the new one does', () => {
    const world = takenOver('b');
    world.hangUp('a');
    expect(world.places).toEqual(['a']);
    world.hangUp('a2');
    expect(world.places).toEqual(['a', 'b']);
  });
});
