import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { takePage } from '#http/api/paging.ts';
import { opusSpeech } from '#testing/audio-samples.ts';
import { FakeClient, legacyInit } from '#testing/fake-client.ts';
import { legacyHeartbeat } from '#testing/node-registration.ts';
import { ScriptedNode } from '#testing/scripted-node.ts';
import { until } from '../gateway/until.ts';
import { type Staged, stageScheduler } from '../server/stage.ts';

const root = join(import.meta.dirname, '../..');
const sample = (name: string) =>
  JSON.parse(readFileSync(join(root, 'test/vectors', `http.api_v1_${name}.json`), 'utf8'));

const ask = async (
  stage: Staged,
  path: string,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${stage.httpUrl}${path}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const readyNode = async ({ nodeUrl }: Staged, registration: object = {}): Promise<ScriptedNode> => {
  const node = await ScriptedNode.start(nodeUrl, { heartbeatEveryMs: null, registration });
  await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
  return node;
};

const openClient = async ({ sessionUrl }: Staged, fields: object = {}): Promise<FakeClient> => {
  const client = await FakeClient.connect(sessionUrl);
  await client.init(legacyInit(fields));
  return client;
};

/** A sentence whose job has reached the node. */
const speak = async (stage: Staged, client: FakeClient, node: ScriptedNode) => {
  client.chunk({ payload: opusSpeech(1000), isFinal: true });
  client.heartbeat();
  await client.untilType('server_heartbeat');
  await stage.driver.advanceBy(500);
  return node.nextJob();
};

describe('sessions', () => {
  test('[HTT52] each open session says what it waits for, and nothing of what was said', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const client = await openClient(stage, { src_lang: 'zh', tgt_lang: 'en' });
    const job = await speak(stage, client, node);
    const { status, body } = await ask(stage, '/api/v1/sessions');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      total: 1,
      next: null,
      sessions: [
        {
          session_id: client.sessionId,
          tenant: 'default',
          phase: 'live',
          src_lang: 'zh',
          tgt_lang: 'en',
          capabilities: [],
          accepted_audio_ms: 1000,
          buffered_audio_ms: 0,
          open_utterances: 1,
          held_results: 0,
          delivered: 0,
          job_ids: [job.jobId],
        },
      ],
    });
    job.answer();
    await client.untilOutcomes(1);
    const one = await ask(stage, `/api/v1/sessions/${client.sessionId}`);
    expect(one.body).toMatchObject({ session_id: client.sessionId, open_utterances: 0, delivered: 1 });
    expect(JSON.stringify(one.body)).not.toContain('heard');
  });

  test('[HTT52] [HTT4] a session without its client is away, and no active user', async () => {
    await using stage = await stageScheduler();
    const client = await openClient(stage, { capabilities: ['resume'] });
    const { runtime } = stage.scheduler;
    const path = `/api/v1/sessions/${client.sessionId}`;
    expect((await ask(stage, path)).body).toMatchObject({ phase: 'live' });
    client.wire.terminate();
    await until(() => runtime.view.session(String(client.sessionId))?.away !== null);
    expect((await ask(stage, path)).body).toMatchObject({ phase: 'away' });
    expect((await ask(stage, '/api/v1/stats')).body).toMatchObject({ web_clients: { active_users: 0 } });
  });

  test('[HTT51] lists come in pages, in the order of opening, and may be narrowed to a tenant', async () => {
    await using stage = await stageScheduler();
    const ids: string[] = [];
    for (const tenant_id of ['a', 'b', 'a', 'a']) {
      ids.push(String((await openClient(stage, { tenant_id })).sessionId));
    }
    const first = await ask(stage, '/api/v1/sessions?limit=2&tenant=a');
    expect(first.body).toMatchObject({
      total: 3,
      next: ids[2],
      sessions: [{ session_id: ids[0] }, { session_id: ids[2] }],
    });
    const second = await ask(stage, `/api/v1/sessions?limit=2&tenant=a&after=${ids[2]}`);
    expect(second.body).toMatchObject({ total: 3, next: null, sessions: [{ session_id: ids[3] }] });
  });

  test('[HTT51] where the last entry of a page has gone the list does not end as if it were whole', async () => {
    await using stage = await stageScheduler();
    const clients = [await openClient(stage), await openClient(stage), await openClient(stage)];
    const { body } = await ask(stage, '/api/v1/sessions?limit=1');
    clients[0]?.wire.terminate();
    await until(() => stage.scheduler.runtime.view.sessionCount === 2);
    expect(await ask(stage, `/api/v1/sessions?limit=1&after=${body.next}`)).toMatchObject({
      status: 400,
      body: { error: 'INVALID_REQUEST', message: expect.stringContaining('after') },
    });
    expect((await ask(stage, '/api/v1/nodes?after=nobody')).status).toBe(400);
  });

  test('[HTT51] a page walks any number of entries in slices', async () => {
    let breaths = 0;
    const items = Array.from({ length: 5000 }, (_, at) => `id-${at}`);
    const page = await takePage(
      items,
      { limit: 3, after: 'id-4000' },
      {
        breathe: async () => {
          breaths += 1;
        },
        idOf: (id) => id,
        isWanted: () => true,
        entryOf: (id) => id,
      },
    );
    expect(page).toEqual({ entries: ['id-4001', 'id-4002', 'id-4003'], total: 5000, next: 'id-4003' });
    expect(breaths).toBe(10);
  });

  test('[HTT53] what is not there is 404, and a bad question is 400 that names field and limit', async () => {
    await using stage = await stageScheduler();
    const unknown = await ask(stage, '/api/v1/sessions/s-nobody');
    expect(unknown).toEqual({
      status: 404,
      body: { error: 'NOT_FOUND', message: 'No open session has this id.' },
    });
    for (const [query, words] of [
      ['limit=0', ['limit', '1']],
      ['limit=501', ['limit', '500']],
      ['limit=many', ['limit', 'integer']],
      ['nonsense=many', ['there is no nonsense; there is limit, after, tenant']],
      ['<b>many=1', ['there is no such key; there is limit']],
    ] as const) {
      const { status, body } = await ask(stage, `/api/v1/sessions?${query}`);
      expect(status).toBe(400);
      expect(body.error).toBe('INVALID_REQUEST');
      for (const word of words) expect(body.message).toContain(word);
      expect(body.message).not.toContain('many');
    }
  });
});

test.each([
  ['GET', '/api/v1/nodes?status=secret', {}, ['querystring/status', 'ready, degraded, draining']],
  ['GET', '/api/v1/nodes?limits=secret', {}, ['there is no limits; there is limit, after, status']],
  ['GET', '/api/v1/jobs/j?a%20secret=1', {}, ['there is no such key; nothing can be asked here']],
  ['GET', '/api/v1/jobs/j?secret_of_sixteen=1', {}, ['there is no such key; nothing can be asked here']],
  ['POST', '/api/v1/nodes/n/drain?why=secret', {}, ['there is no why; there is deadline_ms, reason']],
  ['GET', '/api/v1/nodes/secret%zz', {}, ['path', 'UTF-8']],
  ['GET', `/api/v1/jobs/secret${'x'.repeat(4000)}`, {}, ['path']],
  ['GET', `/api/v1/jobs/secret${'x'.repeat(256)}`, {}, ['params/job_id', '256']],
  ['POST', '/api/v1/nodes/secret/drain', { type: 'application/json', body: '' }, ['body', 'none']],
  ['POST', '/api/v1/nodes/secret/drain', { type: 'application/json', body: '{secret' }, ['body', 'none']],
  [
    'POST',
    '/api/v1/nodes/n/drain',
    { type: 'application/json', body: '{"deadline_ms":1}' },
    ['body', 'none'],
  ],
  ['POST', '/api/v1/nodes/n/drain', { type: 'text/plain', body: 'deadline_ms=1' }, ['body', 'none']],
  ['POST', '/api/v1/nodes/secret/undrain', { type: 'text/csv', body: 'secret' }, ['body', 'none']],
])(
  '[HTT53] %s %.60s is refused by field and limit, without what was sent',
  async (method, path, sent, words) => {
    await using stage = await stageScheduler();
    const { type, body } = sent as { type?: string; body?: string };
    const answer = await fetch(stage.httpUrl + path, {
      method,
      ...(type === undefined ? {} : { headers: { 'content-type': type }, body: body ?? '' }),
    });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(JSON.parse(text)).toEqual({ error: 'INVALID_REQUEST', message: expect.any(String) });
    for (const word of words) expect(text).toContain(word);
    expect(text).not.toContain('secret');
  },
);

test.each([{ 'content-length': '2' }, { 'transfer-encoding': 'chunked' }])(
  '[HTT53] a question with a body (%o) is refused too',
  async (headers) => {
    await using stage = await stageScheduler();
    const question = request(`${stage.httpUrl}/api/v1/node-terms`, { headers });
    question.end('{}');
    const [answer] = (await once(question, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(400);
    answer.destroy();
  },
);

test('[HTT59] whether nodes need a graphics card is told to anybody, and nothing else', async () => {
  const sets = ['auth.admin.tokens=admin-token-0123456789', 'auth.node.tokens=node-token-0123456789'];
  await using stage = await stageScheduler(sets);
  expect(await ask(stage, '/api/v1/node-terms')).toEqual({ status: 200, body: { requires_gpu: true } });
  expect((await ask(stage, '/api/v1/nodes')).status).toBe(401);
});

describe('nodes', () => {
  test('[HTT54] [HTT57] an id of the most characters there may be can be asked for and drained', async () => {
    await using stage = await stageScheduler();
    const node_id = `${'节'.repeat(200)}${'x'.repeat(56)}`;
    await readyNode(stage, { node_id });
    const path = `/api/v1/nodes/${encodeURIComponent(node_id)}`;
    expect(await ask(stage, path)).toMatchObject({ status: 200, body: { node_id } });
    expect((await fetch(`${stage.httpUrl}${path}/drain`, { method: 'POST' })).status).toBe(200);
  });

  test('[HTT54] each node says how it is, what it holds and what keeps it out', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage, { max_concurrent_jobs: 1 });
    const before = await ask(stage, '/api/v1/nodes');
    expect(before.body).toMatchObject({
      total: 1,
      nodes: [
        {
          node_id: node.nodeId,
          status: 'ready',
          kept_out_by: null,
          is_connected: true,
          has_gpu: true,
          language_pairs: null,
          slots: { capacity: 1, live: 0, zombie: 0 },
          load: { cpu_percent: expect.any(Number), is_excluded: false },
          ms_per_audio_second: null,
        },
      ],
    });
    const client = await openClient(stage);
    const job = await speak(stage, client, node);
    expect((await ask(stage, `/api/v1/nodes/${node.nodeId}`)).body).toMatchObject({
      kept_out_by: 'capacity_exceeded',
      slots: { capacity: 1, live: 1 },
      job_ids: [job.jobId],
    });
    expect((await ask(stage, '/api/v1/nodes?status=degraded')).body).toMatchObject({ total: 0, nodes: [] });
    expect((await ask(stage, '/api/v1/nodes?status=well')).status).toBe(400);
    expect((await ask(stage, '/api/v1/nodes/node-nobody')).body).toMatchObject({ error: 'NOT_FOUND' });
  });
});

describe('jobs', () => {
  test('[HTT56] a job says what happened to it, where and why, and nothing that was said', async () => {
    await using stage = await stageScheduler();
    const [first, second] = [await readyNode(stage), await readyNode(stage)];
    const client = await openClient(stage);
    client.chunk({ payload: opusSpeech(1000), isFinal: true });
    client.heartbeat();
    await client.untilType('server_heartbeat');
    await stage.driver.advanceBy(500);
    await client.untilType('ui_event');
    const [node, other] = first.jobs.length > 0 ? [first, second] : [second, first];
    const job = await node.nextJob();
    job.fail('MODEL_LOAD_FAILED');
    (await other.nextJob()).answer();
    await client.untilOutcomes(1);
    const { status, body } = await ask(stage, `/api/v1/jobs/${job.jobId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      job_id: job.jobId,
      session_id: client.sessionId,
      outcome: 'result',
      left_out: 0,
    });
    const timeline = body.timeline as { what: string; node_id?: string; reason?: string; why?: string }[];
    expect(timeline.map(({ what }) => what)).toEqual([
      'submitted',
      'offered',
      'sent',
      'failed',
      'offered',
      'sent',
      'ended',
    ]);
    expect(timeline[3]).toMatchObject({ node_id: node.nodeId, reason: 'MODEL_LOAD_FAILED' });
    expect(timeline[4]).toMatchObject({ node_id: other.nodeId, why: 'retry' });
    expect(JSON.stringify(body)).not.toContain('heard');
    expect(await ask(stage, '/api/v1/jobs/job-nobody')).toMatchObject({
      status: 404,
      body: { error: 'NOT_FOUND' },
    });
  });
});

describe('drain', () => {
  const post = (stage: Staged, path: string, headers: Record<string, string> = {}) =>
    fetch(`${stage.httpUrl}${path}`, { method: 'POST', headers });

  test('[HTT57] an operator drains a node and takes it back', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const path = `/api/v1/nodes/${node.nodeId}`;
    const drained = await post(stage, `${path}/drain?reason=repair&deadline_ms=60000`);
    expect([drained.status, await drained.json()]).toEqual([200, { node_id: node.nodeId, asked: 'drain' }]);
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'draining'));
    expect((await ask(stage, path)).body).toMatchObject({
      status: 'draining',
      reason: 'repair',
      drained_by: 'admin',
    });
    await post(stage, `${path}/undrain`);
    await node.wire.until(() => node.wire.ofType('node_status').at(-1)?.status !== 'draining');
    expect((await ask(stage, path)).body).toMatchObject({ drained_by: null });
    expect((await post(stage, '/api/v1/nodes/node-nobody/drain')).status).toBe(404);
    for (const none of ['0', '-1']) {
      const refused = await post(stage, `${path}/drain?deadline_ms=${none}`);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ message: 'querystring/deadline_ms must be >= 1' });
    }
  });

  test('[HTT57] [HTT6] pages of others may not, and a look is no drain', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const path = `/api/v1/nodes/${node.nodeId}/drain`;
    for (const origin of ['https://example.org', 'null']) {
      const answer = await post(stage, path, { origin });
      expect([answer.status, await answer.json()]).toMatchObject([403, { error: 'ORIGIN_REFUSED' }]);
    }
    const look = await fetch(`${stage.httpUrl}${path}`);
    expect([look.status, look.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await ask(stage, `/api/v1/nodes/${node.nodeId}`)).body).toMatchObject({ status: 'ready' });
  });
});

test('[HTT58] times are whole milliseconds, however fine the clock is', async () => {
  await using stage = await stageScheduler();
  const node = await readyNode(stage);
  const client = await openClient(stage);
  const job = await speak(stage, client, node);
  await stage.driver.advanceBy(12.4);
  job.answer();
  await client.untilOutcomes(1);
  await stage.driver.advanceBy(7.7);
  const times = new Map<string, unknown>();
  for (const path of ['sessions', 'nodes', `jobs/${job.jobId}`]) {
    JSON.stringify((await ask(stage, `/api/v1/${path}`)).body, (key, value: unknown) => {
      if (/_ms$|^ms_/.test(key) && value !== null) times.set(`${path} ${key}`, value);
      return value;
    });
  }
  expect([...times.keys()].length).toBeGreaterThanOrEqual(9);
  expect([...times].filter(([, value]) => !Number.isInteger(value))).toEqual([]);
});

/** Keys, all the way down; entries of lists count by their first. */
const keysOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [keysOf(value[0])];
  if (typeof value !== 'object' || value === null) return 'value';
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]));
};

describe('counters', () => {
  test('[HTT55] /api/v1/metrics has the documented keys, and its numbers are those of /metrics', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const client = await openClient(stage);
    const answers = [
      { extra: { language_probability: 0.93 } },
      { extra: { language_probability: 0.7 }, rerun_count: 1, asr_quality_level: 'bad' },
    ];
    for (const fields of answers) (await speak(stage, client, node)).answer(fields);
    const failing = await speak(stage, client, node);
    failing.fail('MODEL_NOT_AVAILABLE', {
      error: {
        code: 'MODEL_NOT_AVAILABLE',
        message: 'no',
        details: { service_id: 'piper-tts', service_version: '1', reason: 'NOT_FOUND' },
      },
    });
    await client.untilOutcomes(3);
    for (const total of [5, 7]) {
      const rerun_metrics = { totalReruns: total, successfulReruns: total - 1 };
      node.send(legacyHeartbeat(node.nodeId, { rerun_metrics }));
    }
    node.send({ type: 'node_error', node_id: node.nodeId });
    await node.wire.untilType('error');
    await ask(stage, '/api/v1/stats');
    await stage.driver.advanceBy(1000);
    const { body } = await ask(stage, '/api/v1/metrics');

    const documented = sample('metrics');
    for (const list of ['by_service_top', 'by_reason_top', 'marked_by_node_top']) {
      documented.model_not_available[list] = (body.model_not_available as Record<string, unknown>)[list];
    }
    documented.dispatch_exclude.by_reason = (body.dispatch_exclude as Record<string, unknown>).by_reason;
    documented.asr.lang_prob_distribution = [{ key: '', count: 0 }];
    expect(keysOf(body)).toEqual(keysOf(documented));
    expect(body).toMatchObject({
      stats: { requests_total: 1, stale_total: 0 },
      service_catalog: { last_error: null },
      model_not_available: {
        received_total: 1,
        marked_total: 1,
        by_service_top: [{ key: 'piper-tts', count: 1 }],
        by_reason_top: [{ key: 'not_found', count: 1 }],
      },
      web_task_segmentation: { finalized_total: 3, finalized_by_send_total: 3, pause_ms: 3000 },
      rerun: { trigger_count: 2, success_count: 2 },
      asr: {
        e2e_latency: { count: 3 },
        lang_prob_distribution: [
          { key: '0.8-1.0', count: 1 },
          { key: '0.6-0.8', count: 1 },
        ],
        bad_segment_rate: 0.5,
        rerun_trigger_rate: 0.5,
      },
    });
  });

  test('[HTT55] [NOD47] which nodes lack services, and which go on saying so, is told by node', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage);
    const client = await openClient(stage);
    const jobs = [];
    for (let at = 0; at < 3; at += 1) jobs.push(await speak(stage, client, node));
    const details = { service_id: 'piper-tts', service_version: '1', reason: 'NOT_FOUND' };
    const error = { code: 'MODEL_NOT_AVAILABLE', message: 'no', details };
    for (const job of jobs) job.fail('MODEL_NOT_AVAILABLE', { error });
    await client.untilOutcomes(3);
    const { body } = await ask(stage, '/api/v1/metrics');
    expect(body.model_not_available).toMatchObject({
      received_total: 3,
      marked_total: 1,
      rate_limited_total: 2,
      marked_by_node_top: [{ key: node.nodeId, count: 1 }],
      rate_limited_by_node_top: [{ key: node.nodeId, count: 2 }],
      other_marked_node_total: 0,
    });
  });

  test('[HTT55] reasons for which no node was found are told with some nodes that they keep out', async () => {
    await using stage = await stageScheduler();
    const node = await readyNode(stage, { max_concurrent_jobs: 1 });
    const client = await openClient(stage);
    await speak(stage, client, node);
    client.chunk({ payload: opusSpeech(1000), isFinal: true });
    client.heartbeat();
    await client.untilType('server_heartbeat', 2);
    await stage.driver.advanceBy(1500);
    const { body } = await ask(stage, '/api/v1/metrics');
    expect(body.dispatch_exclude).toEqual({
      by_reason: [{ reason: 'CapacityExceeded', total: 1, sample_node_ids: [node.nodeId] }],
    });
  });
});

describe('description', () => {
  test('[HTT50] docs/openapi.json is what a scheduler says of itself', async () => {
    await using stage = await stageScheduler();
    const { body } = await ask(stage, '/api/v1/openapi.json');
    // If this fails: node --conditions=source scripts/generate-openapi.ts
    expect(body).toEqual(JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')));
    expect(Object.keys(body.paths as object)).toContain('/api/v1/nodes/{node_id}');
  });
});
