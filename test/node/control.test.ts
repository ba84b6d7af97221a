import { describe, expect, test, vi } from 'vitest';
import { NodeRefusedError } from '#node/node-refusal.ts';
import type { Heard } from '../testing/heard.ts';
import {
  acknowledge,
  type GivenJob,
  jobAssign,
  NODE_ID,
  registeredAgain,
  registeredNode,
  startNode,
} from './node-pair.ts';

const nth = (given: Heard<GivenJob>, count = 1): Promise<GivenJob> => given.until((jobs) => jobs[count - 1]);

describe('a refusal that only the owner can mend', () => {
  test('[SDK90] rejects the first start with code and fix, and nothing is tried again', async () => {
    const refused = await startNode({}, 401);
    const error = await refused.started.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NodeRefusedError);
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', fix: 'check the token of this node' });
    expect(refused.statuses.items.map(({ kind }) => kind)).toEqual(['refused', 'stopped']);
    expect(refused.timers.pendingCount).toBe(0);

    const malformed = await startNode();
    const peer = await malformed.server.untilPeer();
    await peer.untilType('node_register');
    peer.send({ type: 'error', code: 'INVALID_MESSAGE', message: 'hardware: expected object' });
    await expect(malformed.started).rejects.toMatchObject({ code: 'INVALID_MESSAGE', fix: null });
    await peer.untilClosed();
  });

  test.each([
    [4001, 'UNAUTHENTICATED', 'check the token of this node'],
    [4003, 'FORBIDDEN', 'check the token of this node'],
    [1009, 'FRAME_TOO_BIG', null],
  ])(
    '[SDK90] a socket that is closed with %i %s in place of an ack is such a refusal',
    async (closeCode, code, fix) => {
      const pair = await startNode();
      (await pair.server.untilPeer()).close(closeCode, JSON.stringify({ code }));
      await expect(pair.started).rejects.toMatchObject({ code, fix });
      expect(pair.statuses.items.at(-1)).toEqual({ kind: 'stopped', reason: 'refused' });
      expect(pair.timers.pendingCount).toBe(0);
    },
  );

  test('[SDK90] after a first registration it is told and tried again', async () => {
    const pair = await registeredNode();
    pair.server.refuseWith = 403;
    pair.peer.terminate();
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    pair.timers.advance(1_000);
    await pair.statuses.until((all) => all.find((one) => one.kind === 'refused' && one.code === 'FORBIDDEN'));
    pair.server.refuseWith = null;
    await pair.statuses.until((all) => all.filter(({ kind }) => kind === 'disconnected')[1]);
    pair.timers.advance(2_000);
    await registeredAgain(pair, 2);
  });

  test('[SDK90] where nobody listens the process warns', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const pair = await startNode({ onStatus: undefined } as object);
    const peer = await pair.server.untilPeer();
    await peer.untilType('node_register');
    peer.send({ type: 'error', code: 'NO_GPU_AVAILABLE', message: 'no GPU', fix: 'set nodes.require_gpu' });
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
    expect(warn.mock.calls[0]?.[0]).toContain('set nodes.require_gpu');
    warn.mockRestore();
  });
});

describe('drain', () => {
  test('[SDK95] told by the server: running jobs end, new ones are refused until undrain', async () => {
    const { peer, given, statuses } = await registeredNode(['drain', 'job_reject']);
    peer.send(jobAssign(0));
    const { finish } = await nth(given);
    peer.send({ type: 'node_control', command: 'drain', deadline_ms: 5_000, reason: 'update' });
    peer.send(jobAssign(1));
    expect(await peer.untilType('job_reject')).toMatchObject({
      job_id: 'job-1',
      reason: 'draining',
      running_jobs: 1,
      free_slots: 0,
    });
    expect(statuses.items.at(-1)).toEqual({
      kind: 'commanded',
      command: 'drain',
      deadlineMs: 5_000,
      reason: 'update',
    });
    finish();
    await peer.untilType('job_result');
    peer.send({ type: 'node_control', command: 'undrain' });
    peer.send(jobAssign(2));
    expect((await nth(given, 2)).job.job_id).toBe('job-2');
  });

  test('[SDK95] asked by the owner: the server is told, also on the next connection', async () => {
    const pair = await registeredNode(['drain', 'job_reject']);
    const { peer, given, node, timers, statuses } = pair;
    peer.send(jobAssign(0));
    const { finish } = await nth(given);
    const drained = node.drain({ deadlineMs: 30_000, reason: 'model update' });
    expect(await peer.untilType('node_drain')).toEqual({
      type: 'node_drain',
      node_id: NODE_ID,
      deadline_ms: 30_000,
      reason: 'model update',
    });
    finish();
    expect(await drained).toEqual({ jobsLeft: 0 });
    peer.terminate();
    await statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    timers.advance(1_000);
    const next = await pair.server.untilPeer(2);
    await next.untilType('node_register');
    acknowledge(next, ['drain', 'job_reject']);
    await next.untilType('node_drain');
    next.send(jobAssign(1));
    expect(await next.untilType('job_reject')).toMatchObject({ reason: 'draining' });
  });

  test('[SDK95] what still runs at the deadline is counted and goes on', async () => {
    const { peer, given, node, timers } = await registeredNode();
    peer.send(jobAssign(0));
    const { finish, context } = await nth(given);
    const drained = node.drain({ deadlineMs: 1_000 });
    timers.advance(1_000);
    expect(await drained).toEqual({ jobsLeft: 1 });
    expect(context.signal.aborted).toBe(false);
    finish();
    await peer.untilType('job_result');
    expect(peer.ofType('node_drain')).toHaveLength(0);
  });

  test('[SDK96] shutdown lets jobs end, closes and stops for good', async () => {
    const { peer, given, statuses, timers } = await registeredNode(['drain']);
    peer.send(jobAssign(0));
    const { finish } = await nth(given);
    peer.send({ type: 'node_control', command: 'shutdown', deadline_ms: 8_000 });
    await statuses.until((all) => all.find(({ kind }) => kind === 'commanded'));
    finish();
    await peer.untilType('job_result');
    await peer.untilClosed();
    await statuses.until((all) => all.find((one) => one.kind === 'stopped' && one.reason === 'commanded'));
    timers.advance(120_000);
  });

  test('[SDK96] reregister brings a registration on the same connection, and its jobs stay', async () => {
    const { peer, given, timers } = await registeredNode(['drain']);
    peer.send(jobAssign(0));
    const { finish, context } = await nth(given);
    peer.send({ type: 'node_control', command: 'reregister' });
    expect(await peer.untilType('node_register', 2)).toMatchObject({ node_id: NODE_ID });
    acknowledge(peer, ['drain', 'job_ack']);
    peer.send(jobAssign(1));
    await peer.untilType('job_ack');
    timers.advance(6_000);
    expect(context.signal.aborted).toBe(false);
    finish();
    expect(await peer.untilType('job_result')).toMatchObject({ job_id: 'job-0' });
  });
});

describe('progress', () => {
  test('[SDK97] every 2 s while a job is held, with the stage that the handler named', async () => {
    const { peer, given, timers } = await registeredNode(['job_progress'], { capacity: 1 });
    peer.send(jobAssign(0));
    peer.send(jobAssign(1));
    const { context, finish } = await nth(given);
    context.progress('asr', 40);
    expect(await peer.untilType('job_progress')).toEqual({
      type: 'job_progress',
      job_id: 'job-0',
      attempt_id: 1,
      node_id: NODE_ID,
      stage: 'asr',
      percent: 40,
    });
    context.progress('asr', 60);
    timers.advance(2_000);
    await peer.untilType('job_progress', 3);
    expect(peer.ofType('job_progress').slice(1)).toMatchObject([
      { job_id: 'job-0', stage: 'asr', percent: 60 },
      { job_id: 'job-1', stage: 'other' },
    ]);
    finish();
    (await nth(given, 2)).finish();
    await peer.untilType('job_result', 2);
    const told = peer.ofType('job_progress').length;
    timers.advance(10_000);
    context.progress('tts');
    peer.send({ type: 'node_control', command: 'reregister' });
    await peer.untilType('node_register', 2);
    expect(peer.ofType('job_progress')).toHaveLength(told);
  });

  test('[SDK97] none where it was not granted', async () => {
    const { peer, given, timers } = await registeredNode();
    peer.send(jobAssign(0));
    const { context, finish } = await nth(given);
    context.progress('nmt');
    timers.advance(4_000);
    finish();
    await peer.untilType('job_result');
    expect(peer.ofType('job_progress')).toHaveLength(0);
  });
});
