import { describe, expect, test } from 'vitest';
import { Backoff } from '#node/backoff.ts';
import { createSpeechNode } from '#node/create-speech-node.ts';
import type { SpeechNodeOptions } from '#node/speech-node-options.ts';
import {
  acknowledge,
  jobAssign,
  NODE_ID,
  REGISTRATION,
  registeredAgain,
  registeredNode,
  startNode,
  WALL_MS,
} from './node-pair.ts';

describe('registering', () => {
  test('[SDK20] what the owner gave, defaults for the rest, no id of its own', async () => {
    const { register, started, node } = await registeredNode();
    expect(register).toEqual({
      type: 'node_register',
      version: '1.0.0',
      capability_schema_version: '2.0',
      platform: 'linux',
      hardware: { cpu_cores: 4, memory_gb: 8 },
      installed_models: [],
      capability_by_type: [{ type: 'asr', ready: true }],
      features_supported: {},
      accept_public_jobs: true,
      max_concurrent_jobs: 2,
      advanced_features: ['job_ack', 'job_progress', 'job_reject', 'drain'],
    });
    expect(await started).toEqual({ nodeId: NODE_ID });
    expect(node.nodeId).toBe(NODE_ID);
  });

  test('[SDK20] a given id, features and overruled defaults; the token only in the header', async () => {
    const { register, server } = await registeredNode(['job_ack'], {
      nodeId: 'node-mine',
      token: 'secret-token',
      registration: {
        ...REGISTRATION,
        advanced_features: ['job_ack', 'audio:pcm16'],
        accept_public_jobs: false,
        max_concurrent_jobs: 7,
      },
    });
    expect(register).toMatchObject({
      node_id: 'node-mine',
      advanced_features: ['job_ack', 'job_progress', 'job_reject', 'drain', 'audio:pcm16'],
      accept_public_jobs: false,
      max_concurrent_jobs: 7,
    });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret-token');
    expect(JSON.stringify(register)).not.toContain('secret-token');
  });

  test('[SDK32] what cannot work is refused when the node is made', () => {
    const make = (options: object) => () =>
      createSpeechNode({
        url: 'ws://127.0.0.1:1/',
        registration: REGISTRATION,
        capacity: 1,
        onJob: async () => ({}),
        ...options,
      } as SpeechNodeOptions);
    expect(make({ capacity: 0 })).toThrow(RangeError);
    expect(make({ capacity: 1.5 })).toThrow(RangeError);
    expect(make({ registration: { ...REGISTRATION, advanced_features: ['multi_target'] } })).toThrow(
      /advanced_features/,
    );
  });

  test('[SDK32] an address that is none rejects the start', async () => {
    const node = createSpeechNode({
      url: 'not an address',
      registration: REGISTRATION,
      capacity: 1,
      onJob: async () => ({}),
    });
    await expect(node.start()).rejects.toThrow();
    await node.stop();
  });
});

describe('heartbeat', () => {
  test('[SDK21] at once after the ack, then every 15 s, with the true number of jobs', async () => {
    const { peer, timers, given } = await registeredNode();
    const first = await peer.untilType('node_heartbeat', 1);
    expect(first).toMatchObject({
      node_id: NODE_ID,
      timestamp: WALL_MS,
      resource_usage: { running_jobs: 0 },
      installed_services: [],
      capability_by_type: [{ type: 'asr', ready: true }],
    });
    const { cpu_percent, mem_percent } = first.resource_usage as Record<string, number>;
    for (const percent of [cpu_percent, mem_percent]) {
      expect(percent).toBeGreaterThanOrEqual(0);
      expect(percent).toBeLessThanOrEqual(100);
    }
    for (const index of [0, 1, 2]) peer.send(jobAssign(index));
    await given.until((jobs) => jobs.length === 2);
    timers.advance(14_999);
    expect(peer.ofType('node_heartbeat')).toHaveLength(1);
    timers.advance(1);
    expect(await peer.untilType('node_heartbeat', 2)).toMatchObject({ resource_usage: { running_jobs: 3 } });
  });

  test('[SDK21] the owner may say what has changed, but not how many jobs run', async () => {
    const { peer } = await registeredNode([], {
      currentState: () => ({
        capability_by_type: [{ type: 'asr', ready: false, reason: 'no_running_impl' }],
        resource_usage: { cpu_percent: 3, gpu_percent: 50, running_jobs: 99 },
      }),
    });
    expect(await peer.untilType('node_heartbeat')).toMatchObject({
      capability_by_type: [{ type: 'asr', ready: false, reason: 'no_running_impl' }],
      resource_usage: { cpu_percent: 3, gpu_percent: 50, running_jobs: 0 },
    });
  });

  test('[SDK31] two unanswered pings and the connection is given up for a new one', async () => {
    const { peer, timers, statuses, server } = await registeredNode();
    await peer.untilType('node_heartbeat', 1);
    // A server that no longer reads answers no ping.
    peer.pauseReading();
    timers.advance(15_000);
    timers.advance(15_000);
    timers.advance(15_000);
    await statuses.until((all) => all.some(({ kind }) => kind === 'disconnected'));
    timers.advance(1_000);
    await server.untilPeer(2);
  });

  test('[SDK31] a registration without an answer is given up after 10 s', async () => {
    const { server, timers, statuses } = await startNode();
    const peer = await server.untilPeer();
    await peer.untilType('node_register');
    timers.advance(10_000);
    await peer.untilClosed();
    await statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
  });
});

describe('reconnecting', () => {
  test('[SDK24] 1 s doubling to 30 s, never less than 1 s, between half and the whole', () => {
    for (const [chance, expected] of [
      [0, [1_000, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
      [0.5, [1_000, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]],
    ] as const) {
      const backoff = new Backoff(() => chance);
      expect(expected.map(() => backoff.nextMs())).toEqual(expected);
      backoff.reset();
      expect(backoff.nextMs()).toBe(1_000);
    }
    expect(new Backoff(() => 0.999_999).nextMs()).toBe(1_000);
  });

  test('[SDK24] a lost connection comes back with the same id, a start is a start only once', async () => {
    const pair = await registeredNode();
    pair.peer.terminate();
    const lost = await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    expect(lost).toMatchObject({ retryInMs: 1_000 });
    pair.timers.advance(999);
    expect(pair.server.peers.items).toHaveLength(1);
    pair.timers.advance(1);
    const again = await registeredAgain(pair, 2);
    expect(again.ofType('node_register')[0]).toMatchObject({ node_id: NODE_ID });
    expect(pair.node.start()).toBe(pair.started);
  });

  test('[SDK24] the time that the server asks for is kept', async () => {
    const { peer, statuses, timers, server } = await registeredNode();
    peer.close(1012, '{"code":"SERVER_DRAINING","retry_after_ms":7000}');
    expect(await statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'))).toEqual({
      kind: 'disconnected',
      closeCode: 1012,
      code: 'SERVER_DRAINING',
      retryInMs: 7_000,
    });
    timers.advance(6_999);
    expect(server.peers.items).toHaveLength(1);
    timers.advance(1);
    await server.untilPeer(2);
  });
});

describe('refusals', () => {
  test('[SDK29] code and fix are told, and the node comes back when the server says', async () => {
    const pair = await startNode();
    const peer = await pair.server.untilPeer();
    await peer.untilType('node_register');
    peer.send({
      type: 'error',
      code: 'NO_GPU_AVAILABLE',
      message: 'no GPU',
      fix: 'set nodes.require_gpu = false',
    });
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'refused'));
    // The server closes in its own time: 30 to 60 s.
    pair.timers.advance(60_000);
    expect(peer.closed).toBeNull();
    peer.close(4012, '{"code":"NO_GPU_AVAILABLE","retry_after_ms":45000}');
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    expect(pair.statuses.items).toEqual([
      { kind: 'connected' },
      { kind: 'refused', code: 'NO_GPU_AVAILABLE', message: 'no GPU', fix: 'set nodes.require_gpu = false' },
      { kind: 'disconnected', closeCode: 4012, code: 'NO_GPU_AVAILABLE', retryInMs: 45_000 },
    ]);
    pair.timers.advance(45_000);
    await registeredAgain(pair, 2);
    expect(await pair.started).toEqual({ nodeId: NODE_ID });
  });

  test('[SDK29] a wait named in the error counts where the close names none', async () => {
    const { server, statuses, timers } = await startNode();
    const peer = await server.untilPeer();
    await peer.untilType('node_register');
    peer.send({ type: 'error', code: 'NODE_ID_CONFLICT', message: 'taken', retry_after_ms: 20_000 });
    await statuses.until((all) => all.find(({ kind }) => kind === 'refused'));
    timers.advance(90_000);
    expect(await statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'))).toMatchObject({
      retryInMs: 20_000,
    });
  });

  test('[SDK29] an upgrade refused for its token is a refusal too; nobody listening is only a loss', async () => {
    const refused = await startNode({}, 401);
    expect(await refused.statuses.until((all) => all[0])).toMatchObject({
      kind: 'refused',
      code: 'UNAUTHENTICATED',
    });
    const lost = await startNode({ url: 'ws://127.0.0.1:1/' });
    expect(await lost.statuses.until((all) => all[0])).toMatchObject({
      kind: 'disconnected',
      retryInMs: 1_000,
    });
  });

  test('[SDK29] replaced means stopped: no new connection', async () => {
    const { peer, statuses, timers, server } = await registeredNode();
    peer.close(4004, '{"code":"IDENTITY_REPLACED"}');
    await statuses.until((all) => all.find(({ kind }) => kind === 'stopped'));
    expect(statuses.items.slice(-2)).toEqual([
      { kind: 'disconnected', closeCode: 4004, code: 'IDENTITY_REPLACED', retryInMs: null },
      { kind: 'stopped', reason: 'replaced' },
    ]);
    expect(timers.pendingCount).toBe(0);
    timers.advance(120_000);
    expect(server.peers.items).toHaveLength(1);
  });

  test('[SDK29] replaced before the first ack rejects the start', async () => {
    const { server, started } = await startNode();
    (await server.untilPeer()).close(4004);
    await expect(started).rejects.toThrow('replaced');
  });

  test('[SDK29] what the scheduler thinks of the node is passed on', async () => {
    const { peer, statuses } = await registeredNode();
    peer.send({
      type: 'node_status',
      node_id: NODE_ID,
      status: 'degraded',
      reason: null,
      timestamp: 1_790_000_000,
      code: 'MODEL_NOT_AVAILABLE',
      fix: 'start asr',
    });
    peer.send({ type: 'error', code: 'INVALID_MESSAGE', message: 'text_asr: expected text' });
    await statuses.until((all) => all.find(({ kind }) => kind === 'complaint'));
    expect(statuses.items.slice(-2)).toEqual([
      { kind: 'judged', status: 'degraded', reason: null, code: 'MODEL_NOT_AVAILABLE', fix: 'start asr' },
      { kind: 'complaint', code: 'INVALID_MESSAGE', message: 'text_asr: expected text' },
    ]);
  });
});

describe('stopping', () => {
  test('[SDK30] running jobs end first, new ones are refused, then the socket closes', async () => {
    const { peer, node, given, timers, statuses } = await registeredNode();
    peer.send(jobAssign(0));
    const [first] = await given.until((jobs) => jobs.length === 1 && jobs);
    const stopping = node.stop();
    peer.send(jobAssign(1));
    expect(await peer.untilType('job_result')).toMatchObject({
      job_id: 'job-1',
      success: false,
      error: { code: 'NODE_OVERLOADED' },
    });
    expect(peer.closed).toBeNull();
    first?.finish({ text_asr: 'hello' });
    await stopping;
    expect(peer.ofType('job_result')[1]).toMatchObject({ job_id: 'job-0', success: true, text_asr: 'hello' });
    expect((await peer.untilClosed()).code).toBe(1000);
    expect(statuses.items.at(-1)).toEqual({ kind: 'stopped', reason: 'asked' });
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK30] at the deadline the rest is aborted, even if it does not listen', async () => {
    const { peer, node, given, timers } = await registeredNode();
    peer.send(jobAssign(0));
    const [first] = await given.until((jobs) => jobs.length === 1 && jobs);
    const stopping = node.stop({ deadlineMs: 3_000 });
    timers.advance(3_000);
    await stopping;
    expect(first?.context.signal.aborted).toBe(true);
    await peer.untilClosed();
    expect(peer.ofType('job_result')).toHaveLength(0);
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK30] while it waits to reconnect, and before it ever connected', async () => {
    const { peer, node, statuses, timers } = await registeredNode();
    peer.terminate();
    await statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    await node.stop();
    expect(timers.pendingCount).toBe(0);

    const unstarted = createSpeechNode({
      url: 'ws://127.0.0.1:1/',
      registration: REGISTRATION,
      capacity: 1,
      onJob: async () => ({}),
    });
    await unstarted.stop();
    await expect(unstarted.start()).rejects.toThrow('stopped');
  });

  test('[SDK30] before the ack it rejects the start', async () => {
    const { server, node, started } = await startNode();
    const peer = await server.untilPeer();
    await node.stop();
    await expect(started).rejects.toThrow('stopped');
    acknowledge(peer);
    await peer.untilClosed();
  });
});
