import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openSession } from '#client/open-session.ts';
import { createSpeechNode } from '#node/create-speech-node.ts';
import type { NodeStatusEvent } from '#node/node-status.ts';
import { loadConfig } from '#server/config/load.ts';
import { createLog } from '#server/logging.ts';
import { tcpTransports } from '#server/tcp-listener.ts';
import { FakeClient } from '#testing/fake-client.ts';
import { WirePeer } from '#testing/wire-peer.ts';
import { init } from '../gateway/desk.ts';
import { until } from '../gateway/until.ts';
import { REGISTRATION } from '../node/node-pair.ts';
import { Heard } from '../testing/heard.ts';
import { stageScheduler } from './stage.ts';

const CLIENT = 'client-token-0123456789';
const NODE = 'node-token-0123456789';
const ADMIN = 'admin-token-0123456789';
const SETS = [
  `auth.session.tokens=[{"token":"${CLIENT}","tenant":"acme","subject":"web"}]`,
  `auth.node.tokens=${NODE}`,
  `auth.admin.tokens=${ADMIN}`,
];

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('operators', () => {
  test.each([
    ['nothing', {}, 401, 'UNAUTHENTICATED'],
    ['a wrong token', bearer('wrong-token-0123456789'), 401, 'UNAUTHENTICATED'],
    ['a client’s token', bearer(CLIENT), 403, 'FORBIDDEN'],
    ['an operator’s token', bearer(ADMIN), 200, undefined],
  ])('[AUT1][AUT5] with %s', async (_what, shown, status, error) => {
    await using stage = await stageScheduler(SETS);
    for (const path of ['nodes', 'sessions', 'sessions/x']) {
      const answer = await fetch(`${stage.httpUrl}/api/v1/${path}`, shown);
      const body = (await answer.json()) as { error?: string };
      if (path === 'sessions/x' && status === 200) expect(answer.status).toBe(404);
      else expect([answer.status, body.error]).toEqual([status, error]);
      expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    }
  });

  test('[AUT9] without admin tokens: from this machine, and no page of elsewhere', async () => {
    const apps: Parameters<typeof tcpTransports>[0]['app'][] = [];
    await using stage = await stageScheduler(['server.origins=https://app.example'], {
      transports: (edge) => {
        apps.push(edge.app);
        return tcpTransports(edge);
      },
    });
    const ask = async (how: { headers?: Record<string, string>; remoteAddress?: string }) =>
      (await apps[0]?.inject({ url: '/api/v1/nodes', ...how }))?.statusCode;
    const statusFor = (headers: Record<string, string>) => ask({ headers });
    const from = (remoteAddress: string) => ask({ remoteAddress });
    expect((await fetch(`${stage.httpUrl}/api/v1/nodes`)).status).toBe(200);
    expect(await from('::ffff:127.0.0.1')).toBe(200);
    expect(await from('192.168.1.7')).toBe(401);
    expect(await statusFor({ host: 'localhost:5010', origin: 'https://app.example' })).toBe(200);
    expect(await statusFor({ host: 'localhost:5010', origin: 'https://evil.example' })).toBe(401);
    // A name of the page's own that leads to this machine.
    expect(await statusFor({ host: 'evil.example:5010' })).toBe(401);
    expect(await statusFor({ host: '[::1]:5010' })).toBe(200);
  });

  test.each([
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'X-Forwarded-Proto',
    'x-real-ip',
    'cf-connecting-ip',
    'true-client-ip',
  ])(
    '[AUT12] without admin tokens: not through a proxy of this machine (%s), which may name any host',
    async (name) => {
      await using stage = await stageScheduler();
      const headers = { [name]: '203.0.113.7', host: '127.0.0.1' };
      const answer = await fetch(`${stage.httpUrl}/api/v1/nodes`, { headers });
      expect(answer.status).toBe(401);
      expect((await fetch(`${stage.httpUrl}/health`, { headers })).status).toBe(200);
    },
  );

  test('[AUT12] with admin tokens a proxy changes nothing', async () => {
    await using stage = await stageScheduler(SETS);
    const headers = { authorization: `Bearer ${ADMIN}`, 'x-forwarded-for': '203.0.113.7' };
    expect((await fetch(`${stage.httpUrl}/api/v1/nodes`, { headers })).status).toBe(200);
  });
});

describe('tickets', () => {
  const ask = async (url: string, shown: object, query = '') => {
    const answer = await fetch(`${url}/api/v1/tickets${query}`, { method: 'POST', ...shown });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  test('[HTT40][AUT6] a client’s token gets one for its own tenant, an operator’s for any', async () => {
    await using stage = await stageScheduler(SETS);
    const own = await ask(stage.httpUrl, bearer(CLIENT));
    expect(own).toMatchObject({ status: 200, body: { expires_in_ms: 30_000 } });
    const given = await ask(stage.httpUrl, bearer(ADMIN), '?tenant=other&subject=somebody');
    for (const [{ body }, tenant] of [
      [own, 'acme'],
      [given, 'other'],
    ] as const) {
      const client = await FakeClient.connect(`${stage.sessionUrl}?ticket=${body.ticket}`);
      await client.init(init({ tenant_id: 'victim' }) as never);
      expect(stage.scheduler.runtime.view.session(client.sessionId)?.tenant).toBe(tenant);
    }
  });

  test('[HTT40] nobody else gets one, and no client one for another tenant', async () => {
    await using stage = await stageScheduler(SETS);
    const refused = async (shown: object, query?: string) => {
      const { status, body } = await ask(stage.httpUrl, shown, query);
      return [status, body.error];
    };
    expect(await refused({})).toEqual([401, 'UNAUTHENTICATED']);
    expect(await refused(bearer(NODE))).toEqual([403, 'FORBIDDEN']);
    expect(await refused(bearer(CLIENT), '?tenant=other')).toEqual([403, 'FORBIDDEN']);
    expect(await refused(bearer(ADMIN), '?tenat=other')).toEqual([400, 'INVALID_REQUEST']);
  });

  test('[HTT40] where no token is needed a page may ask all the same', async () => {
    await using stage = await stageScheduler();
    const { status, body } = await ask(stage.httpUrl, {});
    expect(status).toBe(200);
    const client = await FakeClient.connect(`${stage.sessionUrl}?ticket=${body.ticket}`);
    await client.init();
  });

  test('[HTT40] [AUT9] without admin tokens an operator of this machine may ask for any tenant, a client token given or not', async () => {
    for (const sets of [[], SETS.filter((set) => !set.startsWith('auth.admin'))]) {
      await using stage = await stageScheduler(sets);
      const { status, body } = await ask(stage.httpUrl, {}, '?tenant=other');
      expect(status).toBe(200);
      const client = await FakeClient.connect(`${stage.sessionUrl}?ticket=${body.ticket}`);
      await client.init(init({ tenant_id: 'victim' }) as never);
      expect(stage.scheduler.runtime.view.session(client.sessionId)?.tenant).toBe('other');
    }
  });

  test('[AUT12] without tokens nobody gets one through a proxy, unless anybody may connect', async () => {
    const forwarded = { headers: { 'x-forwarded-for': '203.0.113.7' } };
    await using closed = await stageScheduler();
    expect((await ask(closed.httpUrl, forwarded)).status).toBe(401);
    await using open = await stageScheduler(['server.insecure=true']);
    expect((await ask(open.httpUrl, forwarded)).status).toBe(200);
  });

  test('[AUT7][HTT40] one token cannot have them all: it is told the bound, and an operator still gets one', async () => {
    await using stage = await stageScheduler([...SETS, 'limits.requests_per_s=1000']);
    for (let at = 0; at < 1000; at += 1) expect((await ask(stage.httpUrl, bearer(CLIENT))).status).toBe(200);
    expect(await ask(stage.httpUrl, bearer(CLIENT))).toEqual({
      status: 429,
      body: {
        error: 'RATE_LIMITED',
        message: 'ticket: at most 1000 of one token may wait for their sockets',
      },
    });
    expect((await ask(stage.httpUrl, bearer(ADMIN), '?subject=somebody')).status).toBe(200);
  });

  test('[HTT41] asked for with GET it is 405, and the right method is named', async () => {
    await using stage = await stageScheduler();
    const answer = await fetch(`${stage.httpUrl}/api/v1/tickets`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

test('[AUT1] the SDKs bring their token by themselves', async () => {
  await using stage = await stageScheduler([...SETS, 'nodes.require_gpu=false']);
  const node = createSpeechNode({
    url: stage.nodeUrl,
    token: NODE,
    capacity: 1,
    registration: { ...REGISTRATION, advanced_features: ['audio:pcm16'] },
    onJob: () => Promise.resolve({}),
  });
  await node.start();
  const session = await openSession({
    url: stage.sessionUrl,
    token: CLIENT,
    srcLang: 'en',
    tgtLang: 'zh',
    audioFormat: 'opus',
    tenantId: 'victim',
  });
  expect([...stage.scheduler.runtime.view.sessions()].map(({ tenant }) => tenant)).toEqual(['acme']);
  expect(stage.scheduler.runtime.view.dispatcher.registry.nodes.size).toBe(1);
  await session.close();
  await node.stop();
});

test.each([
  ['an unknown token', { token: 'wrong-token-0123456789' }, 'UNAUTHENTICATED'],
  ['no token', {}, 'UNAUTHENTICATED'],
  ['a client’s token', { token: CLIENT }, 'FORBIDDEN'],
])(
  '[SDK90][AUT5] a node of the SDK with %s is told so, and does not try for ever',
  async (_what, shown, code) => {
    await using stage = await stageScheduler(SETS);
    const node = createSpeechNode({
      url: stage.nodeUrl,
      capacity: 1,
      registration: REGISTRATION,
      onJob: () => Promise.resolve({}),
      onStatus: () => {},
      ...shown,
    });
    await expect(node.start()).rejects.toMatchObject({ code, fix: 'check the token of this node' });
  },
);

test('[SDK29][NOD2] a node of the SDK that is refused hears what to do', async () => {
  await using stage = await stageScheduler();
  const node = createSpeechNode({
    url: stage.nodeUrl,
    capacity: 1,
    registration: { ...REGISTRATION, hardware: { cpu_cores: 1, memory_gb: 1 } },
    onJob: () => Promise.resolve({}),
    onStatus: (event) => heard.push(event),
  });
  const heard = new Heard<NodeStatusEvent>();
  node.start().catch(() => {});
  expect(await heard.until((events) => events.find(({ kind }) => kind === 'refused'))).toMatchObject({
    code: 'NO_GPU_AVAILABLE',
    fix: expect.stringContaining('nodes.require_gpu = false'),
  });
  await node.stop();
});

test('[AUT11][W89] no token and no ticket stands in the log, in answers or in close reasons', async () => {
  const said: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      said.push(String(chunk));
      done();
    },
  });
  const wrong = 'wrong-token-0123456789';
  await using stage = await stageScheduler(SETS, { log: createLog('debug', stream) });
  const { ticket } = (await (
    await fetch(`${stage.httpUrl}/api/v1/tickets`, { method: 'POST', ...bearer(CLIENT) })
  ).json()) as { ticket: string };

  for (const path of ['session', 'node']) {
    for (const shown of [wrong, CLIENT, NODE]) {
      const peer = await WirePeer.connect(
        `${stage.httpUrl.replace('http', 'ws')}/ws/${path}?ticket=${ticket}`,
        {
          protocols: [`bearer.${shown}`],
        },
      );
      peer.sendText('{"type":"audio_chunk"');
      peer.sendText(`{"type":"node_register","node_id":{"x":"${shown}"}}`);
      peer.sendText(`{"type":"session_init","client_version":{"x":"${shown}"}}`);
      await until(() => peer.closed !== null || peer.frames.length > 0);
      said.push(peer.closed?.reason ?? '', ...peer.frames.map(({ bytes }) => String(bytes)));
    }
  }
  for (const path of ['/api/v1/nodes', `/api/v1/nodes/${wrong}`, `/none?ticket=${ticket}`, '/metrics']) {
    said.push(await (await fetch(stage.httpUrl + path, bearer(wrong))).text());
    said.push(await (await fetch(`${stage.httpUrl}${path}`, bearer(ADMIN))).text());
  }
  for (const sets of [
    ['auth.node.tokens=["short",1]'],
    [`auth.node.tokens=${CLIENT}`, ...SETS.slice(0, 1)],
  ]) {
    try {
      loadConfig({ sets });
    } catch (error) {
      said.push(String(error));
    }
  }
  expect(said.length).toBeGreaterThan(10);
  for (const secret of [CLIENT, NODE, ADMIN, wrong, ticket, 'short']) {
    expect(said.filter((text) => text.includes(secret))).toEqual([]);
  }
});
