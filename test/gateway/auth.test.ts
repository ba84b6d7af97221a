import { describe, expect, test } from 'vitest';
import { answeredProtocol, credentialOf } from '#gateway/auth/credentials.ts';
import { Tickets } from '#gateway/auth/tickets.ts';
import { type TokenGrant, Tokens } from '#gateway/auth/tokens.ts';
import { anonymousPrincipal } from '#gateway/principal.ts';
import type { WireConnectOptions } from '#testing/wire-peer.ts';
import { WirePeer } from '#testing/wire-peer.ts';
import { init } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';
import { figuresOf, startGateway } from './real-gateway.ts';
import { until } from './until.ts';

const grant = (kind: TokenGrant['kind'], token: string, fields: Partial<TokenGrant> = {}): TokenGrant => ({
  kind,
  token,
  tenant: 'acme',
  subject: 'someone',
  scopes: [],
  ...fields,
});

const CLIENT = 'client-token-0123456789';
const NODE = 'node-token-0123456789';
const ADMIN = 'admin-token-0123456789';
const GRANTS = [grant('session', CLIENT), grant('node', NODE), grant('admin', ADMIN)];

const bearer = (token: string): WireConnectOptions => ({ headers: { authorization: `Bearer ${token}` } });

const closeOf = async (peer: WirePeer) => {
  await until(() => peer.closed !== null);
  return { code: peer.closed?.code, reason: JSON.parse(peer.closed?.reason ?? 'null') };
};

describe('what is shown', () => {
  test.each([
    ['nothing', '/ws/session', {}, { kind: 'none' }],
    ['a header', '/', { authorization: 'Bearer abc' }, { kind: 'token', text: 'abc' }],
    ['a header in other case', '/', { authorization: 'bearer   abc ' }, { kind: 'token', text: 'abc' }],
    ['another scheme', '/', { authorization: 'Basic abc' }, { kind: 'unreadable' }],
    ['an empty token', '/', { 'sec-websocket-protocol': 'bearer.' }, { kind: 'unreadable' }],
    ['a text without end', '/', { authorization: `Bearer ${'x'.repeat(1025)}` }, { kind: 'unreadable' }],
    ['a subprotocol', '/', { 'sec-websocket-protocol': 'chat, bearer.abc' }, { kind: 'token', text: 'abc' }],
    ['another subprotocol', '/', { 'sec-websocket-protocol': 'chat' }, { kind: 'none' }],
    ['a ticket', '/ws/session?a=1&ticket=T', {}, { kind: 'ticket', text: 'T' }],
    [
      'all of them: the header counts',
      '/?ticket=T',
      { authorization: 'Bearer abc', 'sec-websocket-protocol': 'bearer.def' },
      { kind: 'token', text: 'abc' },
    ],
    [
      'a header that is none and a ticket: the header counts',
      '/?ticket=T',
      { authorization: 'abc' },
      { kind: 'unreadable' },
    ],
    ['a token in the query', '/?token=abc', {}, { kind: 'none' }],
  ])('[AUT2] %s', (_what, url, headers, credential) => {
    expect(credentialOf({ url, headers })).toEqual(credential);
  });

  test('[AUT3] the answer names the subprotocol that carries the token, else the first', () => {
    expect(answeredProtocol(new Set(['chat', 'bearer.abc']))).toBe('bearer.abc');
    expect(answeredProtocol(new Set(['chat', 'talk']))).toBe('chat');
    expect(answeredProtocol(new Set())).toBe(false);
  });

  test('[AUT4] the token that is meant is found, its beginnings and neighbours are not, and no text is kept', () => {
    const tokens = new Tokens(GRANTS);
    for (const { token, kind } of GRANTS) {
      expect(tokens.find(token)).toMatchObject({ kind, tenant: 'acme', isAnonymous: false });
      for (const other of ['', token.slice(0, -1), `${token}x`, token.toUpperCase()]) {
        expect(tokens.find(other)).toBeNull();
      }
    }
    expect(JSON.stringify(tokens.find(CLIENT))).not.toContain(CLIENT);
  });
});

describe('sockets', () => {
  test.each([
    ['a client with its token', '/ws/session', bearer(CLIENT), null],
    ['a client with its token as a subprotocol', '/ws/session', { protocols: [`bearer.${CLIENT}`] }, null],
    ['a node with its token', '/ws/node', bearer(NODE), null],
    ['a client with nothing', '/ws/session', {}, 4001],
    ['a client with a wrong token', '/ws/session', bearer('wrong-token-0123456789'), 4001],
    ['a client with a ticket that is none', '/ws/session?ticket=abc', {}, 4001],
    ['a node with nothing', '/ws/node', {}, 4001],
    ['a node with a client’s token', '/ws/node', bearer(CLIENT), 4003],
    ['a client with a node’s token', '/ws/session', bearer(NODE), 4003],
    ['a client with an operator’s token', '/ws/session', bearer(ADMIN), 4003],
  ] as const)('[AUT1][AUT5][W86] %s', async (_who, path, shown, code) => {
    await using real = await startGateway({}, GRANTS);
    const peer = await WirePeer.connect(real.url + path, shown);
    if (code === null) {
      peer.send(path === '/ws/node' ? { type: 'node_register' } : init());
      await until(() => real.hand.sessions.length + real.hand.nodes.length === 1);
      expect(peer.closed).toBeNull();
      return;
    }
    peer.send(init());
    expect(await closeOf(peer)).toEqual({
      code,
      reason: { code: code === 4001 ? 'UNAUTHENTICATED' : 'FORBIDDEN' },
    });
    expect(real.hand.sessions).toEqual([]);
    expect(real.hand.nodes).toEqual([]);
    await until(() => figuresOf(real.gateway).session + figuresOf(real.gateway).node === 0);
  });

  test('[AUT1] where no token is needed a token does no harm, and a browser gets its subprotocol back', async () => {
    await using real = await startGateway();
    const socket = new WebSocket(`${real.url}/ws/session`, [`bearer.${CLIENT}`]);
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    expect(socket.protocol).toBe(`bearer.${CLIENT}`);
    socket.send(JSON.stringify(init({ tenant_id: 'mine' })));
    await until(() => real.hand.sessions.length === 1);
    expect(real.hand.sessions[0]?.open.tenant).toBe('mine');
    socket.close();
  });

  test.each(['/ws/session', '/ws/node'])(
    '[AUT12] where no token is needed only for this machine, a proxy lets nobody in at %s',
    async (path) => {
      const through = { headers: { 'x-forwarded-for': '203.0.113.7' } };
      await using closed = await startGateway();
      expect(await closeOf(await WirePeer.connect(closed.url + path, through))).toEqual({
        code: 4001,
        reason: { code: 'UNAUTHENTICATED' },
      });
      await using open = await startGateway({}, [], true);
      const peer = await WirePeer.connect(open.url + path, through);
      peer.send(path === '/ws/node' ? { type: 'node_register' } : init());
      await until(() => open.hand.sessions.length + open.hand.nodes.length === 1);
    },
  );

  test('[AUT12] a token is good through a proxy, too', async () => {
    await using real = await startGateway({}, GRANTS);
    const headers = { authorization: `Bearer ${CLIENT}`, forwarded: 'for=203.0.113.7' };
    const peer = await WirePeer.connect(`${real.url}/ws/session`, { headers });
    peer.send(init());
    await until(() => real.hand.sessions.length === 1);
  });

  test('[AUT8][W84] the tenant is that of the token, whatever a message says', async () => {
    await using real = await startGateway({}, GRANTS);
    const peer = await WirePeer.connect(`${real.url}/ws/session`, bearer(CLIENT));
    peer.send(init({ tenant_id: 'victim' }));
    await until(() => real.hand.sessions.length === 1);
    expect(real.hand.sessions[0]?.open.tenant).toBe('acme');
    await WirePeer.connect(`${real.url}/ws/node`, bearer(NODE));
    await until(() => real.hand.nodes.length === 1);
    expect(real.hand.nodes[0]?.principal).toMatchObject({ kind: 'node', tenant: 'acme', subject: 'someone' });
  });

  test('[AUT10] a token grants the usual priority, with the scope any', async () => {
    const hurried = 'hurried-token-0123456789';
    await using real = await startGateway({}, [
      ...GRANTS,
      grant('session', hurried, { scopes: ['priority'] }),
    ]);
    for (const [index, token] of [CLIENT, hurried].entries()) {
      const peer = await WirePeer.connect(`${real.url}/ws/session`, bearer(token));
      peer.send(init({ priority: 4 }));
      await until(() => real.hand.sessions.length === index + 1);
    }
    expect(real.hand.sessions.map(({ open }) => open.priorityMax)).toEqual([2, undefined]);
  });

  test('[AUT5] the log tells of those turned away at 1, 2, 4, … of them', async () => {
    await using real = await startGateway({}, GRANTS);
    for (let count = 0; count < 5; count += 1) {
      await closeOf(await WirePeer.connect(`${real.url}/ws/session`, bearer(`wrong-${count}`)));
    }
    expect(real.hand.logLines).toEqual(
      [1, 2, 4].map((count) => ({
        level: 'warn',
        event: 'a peer was turned away',
        fields: { side: 'session', code: 'UNAUTHENTICATED', count },
      })),
    );
    expect(real.hand.counts.get('peers_turned_away_total session UNAUTHENTICATED')).toBe(5);
  });
});

describe('tickets', () => {
  const acme = { ...anonymousPrincipal('session'), tenant: 'acme', isAnonymous: false };
  const issueTo = (tickets: Tickets) => {
    const answer = tickets.issue(acme, acme);
    if (answer.kind !== 'issued') throw new Error(answer.kind);
    return answer;
  };

  test('[AUT6] a ticket opens one socket', async () => {
    await using real = await startGateway({}, GRANTS);
    const issued = issueTo(real.tickets);
    const url = `${real.url}/ws/session?ticket=${issued.ticket}`;
    const first = await WirePeer.connect(url);
    first.send(init({ tenant_id: 'victim' }));
    await until(() => real.hand.sessions.length === 1);
    expect(real.hand.sessions[0]?.open.tenant).toBe('acme');
    expect((await closeOf(await WirePeer.connect(url))).code).toBe(4001);
  });

  test('[AUT6] on a node’s socket it is used up for nothing', async () => {
    await using real = await startGateway({}, GRANTS);
    const issued = issueTo(real.tickets);
    const query = `?ticket=${issued.ticket}`;
    expect((await closeOf(await WirePeer.connect(`${real.url}/ws/node${query}`))).code).toBe(4003);
    expect((await closeOf(await WirePeer.connect(`${real.url}/ws/session${query}`))).code).toBe(4001);
  });

  test('[AUT6] it is over after 30 s', () => {
    const hand = new HandRuntime();
    const tickets = new Tickets(hand.runtime.ports);
    const [early, late] = [issueTo(tickets), issueTo(tickets)];
    expect(early.expiresInMs).toBe(30_000);
    hand.nowMs += 29_999;
    expect(tickets.take(early.ticket)).toEqual(acme);
    hand.nowMs += 1;
    expect(tickets.take(late.ticket)).toBeNull();
  });

  const tokenOf = (subject: string) => ({ ...acme, subject });

  test('[AUT7] ten thousand may wait; then none is given until one is used or over', () => {
    const hand = new HandRuntime();
    const tickets = new Tickets(hand.runtime.ports);
    const issue = (at: number) => tickets.issue(acme, tokenOf(`page-${at}`));
    const issued = Array.from({ length: 10_000 }, (_, at) => issue(at % 11));
    expect(issue(11)).toEqual({ kind: 'full', max: 10_000 });
    const used = issued[5000];
    tickets.take(used?.kind === 'issued' ? used.ticket : '');
    expect(issue(11)).toMatchObject({ kind: 'issued' });
    expect(issue(11)).toMatchObject({ kind: 'full' });
    hand.nowMs += 30_000;
    expect(issue(11)).toMatchObject({ kind: 'issued' });
  });

  test('[AUT7] a thousand of them may be of one token, whomever they are for; others get theirs', () => {
    const hand = new HandRuntime();
    const tickets = new Tickets(hand.runtime.ports);
    const greedy = tokenOf('greedy');
    const issued = Array.from({ length: 1000 }, (_, at) => tickets.issue(tokenOf(`page-${at}`), greedy));
    expect(tickets.issue(tokenOf('one-more'), greedy)).toEqual({ kind: 'too_many', max: 1000 });
    expect(tickets.issue(acme, tokenOf('modest'))).toMatchObject({ kind: 'issued' });
    const [used] = issued;
    tickets.take(used?.kind === 'issued' ? used.ticket : '');
    expect(tickets.issue(acme, greedy)).toMatchObject({ kind: 'issued' });
    expect(tickets.issue(acme, greedy)).toMatchObject({ kind: 'too_many' });
    hand.nowMs += 30_000;
    expect(tickets.issue(acme, greedy)).toMatchObject({ kind: 'issued' });
  });
});
