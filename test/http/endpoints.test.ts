import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { opusSpeech } from '#testing/audio-samples.ts';
import { FakeClient } from '#testing/fake-client.ts';
import { legacyHeartbeat } from '#testing/node-registration.ts';
import { ScriptedNode } from '#testing/scripted-node.ts';
import { until } from '../gateway/until.ts';
import { type Staged, stageScheduler } from '../server/stage.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', `http.api_v1_${name}.json`), 'utf8'));

const readyNode = async ({ nodeUrl }: Staged): Promise<ScriptedNode> => {
  const node = await ScriptedNode.start(nodeUrl, { heartbeatEveryMs: null });
  await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
  return node;
};

const openClient = async ({ sessionUrl }: Staged, fields: object = {}): Promise<FakeClient> => {
  const client = await FakeClient.connect(sessionUrl);
  await client.init({
    type: 'session_init',
    client_version: '1',
    platform: 'web',
    src_lang: 'zh',
    tgt_lang: 'en',
    ...fields,
  });
  return client;
};

const getJson = async (url: string): Promise<Record<string, unknown>> => (await fetch(url)).json() as never;

interface DocumentedStats {
  readonly nodes: {
    available_services: unknown[];
    readonly compute_power: { readonly node_power_details: readonly object[] };
  };
}

/** Keys, all the way down; entries of lists and maps count by their first. */
const keysOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [keysOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]));
};

describe('health and readiness', () => {
  test('[HTT1] /health is 200 and OK as text, whatever goes on', async () => {
    await using stage = await stageScheduler();
    const answer = await fetch(`${stage.httpUrl}/health`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toBe('OK');
  });

  test('[HTT2][W95] without a ready node: ready, not accepting; with one: both', async () => {
    await using stage = await stageScheduler();
    const before = await fetch(`${stage.httpUrl}/ready`);
    expect(before.status).toBe(200);
    expect(await before.json()).toEqual({ ready: true, accepting: false, reasons: ['no_ready_node'] });
    const node = await readyNode(stage);
    expect(await getJson(`${stage.httpUrl}/ready`)).toEqual({ ready: true, accepting: true, reasons: [] });
    node.kill();
    await until(() => stage.scheduler.runtime.view.dispatcher.registry.connections.size === 0);
    expect(await getJson(`${stage.httpUrl}/ready`)).toMatchObject({ reasons: ['no_ready_node'] });
  });

  test('[HTT2] at the most sessions there may be: ready, not accepting', async () => {
    await using stage = await stageScheduler(['limits.sessions=1']);
    await readyNode(stage);
    await openClient(stage);
    const body = await getJson(`${stage.httpUrl}/ready`);
    expect(body).toEqual({ ready: true, accepting: false, reasons: ['sessions_full'] });
    const second = await FakeClient.connect(stage.sessionUrl);
    second.send({
      type: 'session_init',
      client_version: '1',
      platform: 'web',
      src_lang: 'zh',
      tgt_lang: 'en',
    });
    expect(await second.untilClosed()).toMatchObject({
      code: 1012,
      reason: expect.stringContaining('NO_CAPACITY'),
    });
  });

  test('[HTT2][GAT17][W94] while an open sentence is finished: 503, not ready, upgrades refused; then its result and 1012', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const client = await openClient(stage);
    client.chunk({ payload: opusSpeech(1000), isFinal: true });
    client.heartbeat();
    await client.untilType('server_heartbeat');
    await stage.driver.advanceBy(500);
    const job = await node.nextJob();
    const stopping = stage.scheduler.stop(20_000);

    const answer = await fetch(`${stage.httpUrl}/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, accepting: false, reasons: ['draining'] });
    expect((await fetch(`${stage.httpUrl}/health`)).status).toBe(200);
    await expect(FakeClient.connect(stage.sessionUrl)).rejects.toThrow('503');

    job.answer();
    expect(await client.untilOutcomes(1)).toMatchObject([{ type: 'translation_result', utterance_index: 0 }]);
    expect(await client.untilClosed()).toMatchObject({
      code: 1012,
      reason: expect.stringContaining('DRAINING'),
    });
    expect(await node.untilClosed()).toMatchObject({ code: 1012 });
    await stopping;
    await expect(fetch(`${stage.httpUrl}/health`)).rejects.toThrow();
  });
});

test('[SES6] [RUN20] a drain that is shorter than the wait of a close ends open sentences as missing, then 1012', async () => {
  await using stage = await stageScheduler();
  const node = await readyNode(stage);
  const client = await openClient(stage);
  client.chunk({ payload: opusSpeech(1000), isFinal: true });
  client.heartbeat();
  await client.untilType('server_heartbeat');
  await stage.driver.advanceBy(500);
  await node.nextJob();
  const stopping = stage.scheduler.stop(3000);
  await stage.driver.advanceBy(3000);
  expect(await client.untilOutcomes(1)).toMatchObject([{ type: 'missing_result', utterance_index: 0 }]);
  expect(await client.untilClosed()).toMatchObject({ code: 1012 });
  await stopping;
});

describe('statistics', () => {
  test('[HTT4] with nothing there, the documented body of zeros', async () => {
    await using stage = await stageScheduler();
    expect(await getJson(`${stage.httpUrl}/api/v1/stats`)).toEqual(sample('stats.empty'));
  });

  test('[HTT4] [NOD71] how fast services work, once the node tells it', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const details = async (): Promise<unknown> => {
      const body = (await getJson(`${stage.httpUrl}/api/v1/stats`)) as unknown as DocumentedStats;
      return body.nodes.compute_power.node_power_details[0];
    };
    expect(await details()).not.toHaveProperty('asr_efficiency');
    node.heartbeat({ asr_metrics: { processingEfficiency: 3 } });
    await stage.driver.advanceBy(6000);
    expect(await details()).toMatchObject({ asr_efficiency: 3 });
    node.heartbeat({
      processing_metrics: {
        serviceEfficiencies: { 'faster-whisper-vad': 4.62, 'nmt-m2m100': 210.5, 'your-tts': 2 },
      },
    });
    await stage.driver.advanceBy(6000);
    expect(await details()).toMatchObject({
      service_efficiencies: { 'faster-whisper-vad': 4.62, 'nmt-m2m100': 210.5, 'your-tts': 2 },
      asr_efficiency: 4.62,
      nmt_efficiency: 210.5,
      tts_efficiency: 2,
    });
  });

  test('[HTT4] the documented keys, no more and no fewer, and true counts', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    await openClient(stage);
    await openClient(stage, {
      src_lang: 'auto',
      tgt_lang: 'zh',
      mode: 'two_way_auto',
      lang_a: 'en',
      lang_b: 'zh',
    });
    const body = await getJson(`${stage.httpUrl}/api/v1/stats`);
    const documented = structuredClone(keysOf(sample('stats'))) as DocumentedStats;
    // The catalogue is empty until there is a model hub.
    documented.nodes.available_services = [];
    const [details] = documented.nodes.compute_power.node_power_details;
    for (const key of ['service_efficiencies', 'asr_efficiency', 'nmt_efficiency']) {
      Reflect.deleteProperty(details ?? {}, key);
    }
    expect(keysOf(body)).toEqual(documented);
    expect(body).toMatchObject({
      web_clients: {
        active_users: 2,
        top_languages: [
          { language: 'en', count: 3 },
          { language: 'zh', count: 3 },
        ],
        language_usage: {
          zh: { as_source: 2, as_target: 1, total: 3 },
          en: { as_source: 1, as_target: 2, total: 3 },
        },
      },
      nodes: {
        connected_nodes: 1,
        type_node_counts: { Asr: 1, Nmt: 1, Tts: 1 },
        type_in_use_counts: { Asr: 1, Nmt: 1, Tts: 1 },
        // 12.5 % of 16 cores, no use of 8 GB of GPU memory, 40.2 % of 32 GB.
        compute_power: {
          total_cpu_power: 6,
          total_gpu_power: 6,
          total_memory_power: 11.136,
          node_power_details: [{ node_id: node.nodeId, cpu_power: 6, gpu_power: 6 }],
        },
      },
    });
  });

  test('[HTT5] counted at most once a second', async () => {
    await using stage = await stageScheduler();
    expect(await getJson(`${stage.httpUrl}/api/v1/stats`)).toMatchObject({
      web_clients: { active_users: 0 },
    });
    await openClient(stage);
    expect(await getJson(`${stage.httpUrl}/api/v1/stats`)).toMatchObject({
      web_clients: { active_users: 0 },
    });
    await stage.driver.advanceBy(1000);
    expect(await getJson(`${stage.httpUrl}/api/v1/stats`)).toMatchObject({
      web_clients: { active_users: 1 },
    });
  });
});

describe('metrics', () => {
  test('[HTT3][HTT10] what happened is counted, and the documented first names are there', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const client = await openClient(stage);
    client.send({ type: 'nobody_knows_this' });
    node.send({ type: 'node_heartbeat' });
    await node.wire.untilType('error');
    await getJson(`${stage.httpUrl}/api/v1/stats`);
    const answer = await fetch(`${stage.httpUrl}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
    const lines = (await answer.text()).split('\n');
    for (const line of [
      'scheduler_sessions_opened_total 1',
      'scheduler_sessions 1',
      'scheduler_nodes{status="ready"} 1',
      'scheduler_nodes{status="offline"} 0',
      'scheduler_node_slots{use="free"} 4',
      'scheduler_jobs{phase="waiting"} 0',
      'scheduler_sockets{side="session"} 1',
      'scheduler_sockets{side="node"} 1',
      'scheduler_nodes_registered_total{how="new"} 1',
      'scheduler_frames_malformed_total{side="node"} 1',
      'scheduler_frames_ignored_total{side="session",reason="unknown_type"} 1',
      'scheduler_stats_requests_total 1',
      'scheduler_stats_stale_total 0',
      'scheduler_stats_request_duration_seconds_count 1',
      'scheduler_web_task_pause_ms 3000',
      'scheduler_dashboard_snapshot_age_seconds 0',
      'scheduler_draining 0',
    ]) {
      expect(lines).toContain(line);
    }
  });
});

test('[HTT44] a node that holds more than it now wants takes no free place from another', async () => {
  await using stage = await stageScheduler();
  const readyWith = async (max_concurrent_jobs: number): Promise<ScriptedNode> => {
    const registration = { max_concurrent_jobs };
    const node = await ScriptedNode.start(stage.nodeUrl, { heartbeatEveryMs: null, registration });
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
    return node;
  };
  const full = await readyWith(2);
  const client = await openClient(stage);
  for (const count of [1, 2]) {
    client.chunk({ payload: opusSpeech(1000), isFinal: true });
    client.heartbeat();
    await client.untilType('server_heartbeat', count);
    await stage.driver.advanceBy(500);
    await full.nextJob();
  }
  full.send(legacyHeartbeat(full.nodeId, { max_concurrent_jobs: 1 }));
  await readyWith(1);
  await stage.driver.advanceBy(1000);
  const lines = (await (await fetch(`${stage.httpUrl}/metrics`)).text()).split('\n');
  expect(lines).toContain('scheduler_node_slots{use="live"} 2');
  expect(lines).toContain('scheduler_node_slots{use="free"} 1');
});

test('[HTT42] mailboxes, failed actors and searches for a node that found none', async () => {
  await using stage = await stageScheduler();
  const client = await openClient(stage);
  for (const [index, features] of [{}, { emotion_detection: true }].entries()) {
    client.wire.send({ type: 'session_configure', session_id: client.sessionId, features });
    client.chunk({ payload: opusSpeech(1000), isFinal: true });
    client.heartbeat();
    await client.untilType('server_heartbeat', index + 1);
    await stage.driver.advanceBy(500);
  }
  const text = await (await fetch(`${stage.httpUrl}/metrics`)).text();
  const readingOf = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`scheduler_${name} `))
        ?.split(' ')[1],
    );
  expect(readingOf('mailbox_high_water{kind="session"}')).toBeGreaterThan(0);
  expect(readingOf('mailbox_high_water{kind="dispatcher"}')).toBeGreaterThan(0);
  expect(readingOf('no_available_node_total{selector="types",reason="no_nodes"}')).toBeGreaterThan(0);
  expect(readingOf('no_available_node_total{selector="features",reason="no_nodes"}')).toBeGreaterThan(0);
  expect(text).toContain('# TYPE scheduler_actor_failures_total counter');
});

test('[HTT43][W90] above its rate an address gets 429, probes never, and the rate gives it room again', async () => {
  await using stage = await stageScheduler(['limits.requests_per_s=1']);
  const statusOf = async (path: string): Promise<number> => (await fetch(stage.httpUrl + path)).status;
  for (let count = 0; count < 10; count += 1) expect(await statusOf('/api/v1/stats')).toBe(200);
  const refused = await fetch(`${stage.httpUrl}/nothing/here`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await refused.json()).toMatchObject({ error: 'RATE_LIMITED' });
  for (const probe of ['/health', '/ready', '/health?from=balancer']) expect(await statusOf(probe)).toBe(200);
  await stage.driver.advanceBy(1000);
  expect([await statusOf('/api/v1/stats'), await statusOf('/api/v1/stats')]).toEqual([200, 429]);
});

describe('everything else', () => {
  test('[HTT7] /api/v1/cluster is 503 with the documented keys while there is one instance', async () => {
    await using stage = await stageScheduler();
    const answer = await fetch(`${stage.httpUrl}/api/v1/cluster`);
    expect(answer.status).toBe(503);
    expect(keysOf(await answer.json())).toEqual(keysOf(sample('cluster.disabled')));
  });

  test.each([
    ['GET', '/nothing/here', 404],
    ['POST', '/nothing/here', 404],
    ['GET', '/health/', 404],
    ['GET', '/ws/session', 404],
    ['POST', '/api/v1/stats', 405],
    ['DELETE', '/metrics?x=1', 405],
    ['OPTIONS', '/ready', 405],
    ['PROPFIND', '/health', 405],
    ['HEAD', '/health', 200],
  ])('[HTT6] %s %s is %i', async (method, path, status) => {
    await using stage = await stageScheduler();
    const body = method === 'POST' ? '{"half' : null;
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await fetch(stage.httpUrl + path, { method, body, headers });
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(await answer.json()).toEqual({
      error: status === 404 ? 'NOT_FOUND' : 'METHOD_NOT_ALLOWED',
      message: expect.any(String),
    });
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
  });

  test('[HTT8] every answer forbids guessing its type, framing and keeping', async () => {
    await using stage = await stageScheduler();
    const long = `/${'x'.repeat(20_000)}`;
    const paths = [
      '/health',
      '/ready',
      '/metrics',
      '/api/v1/stats',
      '/api/v1/cluster',
      '/api/v1/node-terms',
      '/none',
      '/%zz',
      long,
    ];
    for (const path of paths) {
      const { headers } = await fetch(stage.httpUrl + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
