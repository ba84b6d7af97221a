import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WirePeer } from '#testing/wire-peer.ts';
import { chunk, init } from './desk.ts';
import { figuresOf, startGateway } from './real-gateway.ts';
import { until } from './until.ts';

/** What the server answers to an upgrade, as text. */
const upgradeAnswer = (port: number, path: string, headers: Readonly<Record<string, string>> = {}) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
      if (answer.startsWith('HTTP/1.1 101')) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    const lines = {
      Host: `127.0.0.1:${port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.1\r\n${head.join('')}\r\n`);
  });

describe('upgrade', () => {
  test('[GAT55][W90] beyond the most sockets there may be: 503 with Retry-After; when one ends there is room again', async () => {
    await using real = await startGateway({ connectionsMax: 2 });
    const first = await WirePeer.connect(`${real.url}/ws/session`);
    const second = await WirePeer.connect(`${real.url}/ws/node`);
    const answer = await upgradeAnswer(real.port, '/ws/session');
    expect(answer).toMatch(/^HTTP\/1.1 503 .*Retry-After: 5\r\n.*"NO_CAPACITY"/s);
    expect(await upgradeAnswer(real.port, '/ws/node')).toMatch(/^HTTP\/1.1 503 /);
    first.send(init());
    await until(() => real.hand.sessions.length === 1);
    second.terminate();
    await until(() => figuresOf(real.gateway).node === 0);
    expect(await upgradeAnswer(real.port, '/ws/node')).toMatch(/^HTTP\/1.1 101 /);
    expect(first.closed).toBeNull();
  });

  test.each([
    ['a program without origin', undefined, 101],
    ['a page of this machine', 'http://localhost:8080', 101],
    ['a page of this machine by address', 'http://127.0.0.1:3000', 101],
    ['a page of this machine by IPv6', 'https://[::1]', 101],
    ['a page that is listed', 'https://app.example', 101],
    ['a foreign page', 'https://evil.example', 403],
    ['a name that only starts like ours', 'http://localhost.evil.example', 403],
    ['a number that only starts like ours', 'http://127.0.0.1.evil.example', 403],
    ['a listed name on another scheme', 'http://app.example', 403],
    ['a frame without an origin of its own', 'null', 403],
    ['nonsense', 'hello', 403],
  ] as const)('[GAT11] %s', async (_who, origin, status) => {
    await using real = await startGateway({ origins: ['https://app.example'] });
    const headers = origin === undefined ? {} : { Origin: origin };
    for (const path of ['/ws/session', '/ws/node?x=1']) {
      const answer = await upgradeAnswer(real.port, path, headers);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      if (status === 403) expect(answer).toContain('{"error":"ORIGIN_REFUSED"');
    }
    expect(real.hand.counts.get('upgrades_refused_total ORIGIN_REFUSED') ?? 0).toBe(status === 403 ? 2 : 0);
  });

  test('[GAT21] any other path is 404', async () => {
    await using real = await startGateway();
    expect(await upgradeAnswer(real.port, '/ws/other')).toMatch(/^HTTP\/1.1 404 .*"NOT_FOUND"/s);
  });

  test('[GAT17] while going down, 503 with Retry-After', async () => {
    await using real = await startGateway();
    real.gateway.stopAccepting();
    const answer = await upgradeAnswer(real.port, '/ws/session');
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toContain('Retry-After: 5');
    expect(answer).toContain('{"error":"DRAINING"');
  });

  test('[GAT23] compression is never agreed on, though clients offer it', async () => {
    await using real = await startGateway();
    const answer = await upgradeAnswer(real.port, '/ws/session', {
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    });
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer.toLowerCase()).not.toContain('permessage-deflate');
  });
});

describe('real sockets', () => {
  test('[GAT12][W90] a frame above the limit of its side is 1009 with a reason, on both sides', async () => {
    await using real = await startGateway();
    const client = await WirePeer.connect(`${real.url}/ws/session`);
    const node = await WirePeer.connect(`${real.url}/ws/node`);
    const bystander = await WirePeer.connect(`${real.url}/ws/session`);
    client.sendText(' '.repeat(2 * 1024 * 1024 + 1));
    node.sendText(' '.repeat(8 * 1024 * 1024 + 1));
    const tooBig = { code: 1009, reason: '{"code":"FRAME_TOO_BIG"}' };
    expect(await client.untilClosed()).toEqual(tooBig);
    expect(await node.untilClosed()).toEqual(tooBig);
    bystander.send(init());
    await until(() => real.hand.sessions.length === 1);
  });

  test('[GAT12] a frame of exactly the limit is read', async () => {
    await using real = await startGateway();
    const client = await WirePeer.connect(`${real.url}/ws/session`);
    client.sendText(' '.repeat(2 * 1024 * 1024));
    expect(await client.untilType('error')).toMatchObject({ code: 'INVALID_MESSAGE' });
  });

  test('[GAT24] messages leave as text frames, also those built as bytes', async () => {
    await using real = await startGateway();
    const client = await WirePeer.connect(`${real.url}/ws/session`);
    client.send(init());
    const session = await until(() => real.hand.sessions[0]);
    const wireAudio = { base64: Buffer.from('AAAA'), rawBytes: 3 };
    session.link.send({ type: 'tts_audio', payload: wireAudio, utterance_index: 0, tts_format: 'opus' });
    const { message, isBinary } = (await client.until((frames) => frames[0])) ?? {};
    expect(message).toMatchObject({ type: 'tts_audio', payload: 'AAAA' });
    expect(isBinary).toBe(false);
  });

  test('[GAT13][W93] five minutes of silence pass in a moment: pings are answered by the library, a dead end is found', async () => {
    await using real = await startGateway();
    const client = await WirePeer.connect(`${real.url}/ws/session`);
    client.send(init());
    await until(() => real.hand.sessions[0]);
    for (let at = 0; at < 20; at += 1) {
      real.hand.advance(20_000);
      // The pong of this ping has arrived once an answer sent after it has.
      client.sendText('{}');
      await client.untilType('error', at + 1);
    }
    expect(client.closed).toBeNull();
    client.pauseReading();
    real.hand.advance(46_000);
    client.resumeReading();
    expect(await client.untilClosed()).toEqual({ code: 4008, reason: '{"code":"PING_TIMEOUT"}' });
  });

  test('[GAT9] a client that does not read is cut off, and another never notices', async () => {
    await using real = await startGateway();
    const slow = await WirePeer.connect(`${real.url}/ws/session`);
    const other = await WirePeer.connect(`${real.url}/ws/session`);
    slow.send(init());
    const slowSession = await until(() => real.hand.sessions[0]);
    other.send(init());
    const otherSession = await until(() => real.hand.sessions[1]);
    slow.pauseReading();
    const speech = { base64: Buffer.alloc(256 * 1024, 65), rawBytes: 192 * 1024 };
    for (let at = 0; at < 400 && !slowSession.isLost; at += 1) {
      slowSession.link.send({ type: 'tts_audio', payload: speech, utterance_index: at });
    }
    expect(slowSession.isLost).toBe(true);
    expect(figuresOf(real.gateway).outboundBytes).toBeLessThan(4.5 * 1024 * 1024);
    real.hand.advance(5000);
    await until(() => figuresOf(real.gateway).session === 1);
    otherSession.link.send({ type: 'server_heartbeat', session_id: 's', timestamp: 1 });
    await other.untilType('server_heartbeat');
  });

  test('[GAT10][W90] a flood is read at the rate, and nothing of it is lost', async () => {
    await using real = await startGateway();
    const client = await WirePeer.connect(`${real.url}/ws/session`);
    client.send(init());
    const session = await until(() => real.hand.sessions[0]);
    const sessionId = session.open.sessionId;
    for (let seq = 0; seq < 3000; seq += 1) client.send(chunk(sessionId, { seq }));
    await until(() => real.hand.counts.get('reading_paused_total session') === 1);
    await until(() => {
      real.hand.advance(1000);
      return session.messages.length === 3000;
    });
    expect(client.closed).toBeNull();
    expect(session.messages.map((message) => 'seq' in message && message.seq)).toEqual(
      Array.from({ length: 3000 }, (_, seq) => seq),
    );
  });

  test('[GAT10][W90] bytes of a node likewise, and its neighbour is read as ever', async () => {
    // Hours pass by this clock while the bytes do: nothing else shall end the sockets.
    await using real = await startGateway({ handshakeMs: 1e9, deadAfterMs: 1e9 });
    const node = await WirePeer.connect(`${real.url}/ws/node`);
    const neighbour = await WirePeer.connect(`${real.url}/ws/node`);
    await until(() => real.hand.nodes.length === 2);
    const [flooded, calm] = real.hand.nodes;
    const noise = 'x'.repeat(1024 * 1024);
    const heartbeat = {
      type: 'node_heartbeat',
      node_id: 'n',
      timestamp: 1,
      resource_usage: { cpu_percent: 0, mem_percent: 0, running_jobs: 0 },
      installed_services: [],
      capability_by_type: [],
    };
    for (let at = 0; at < 60; at += 1) node.send({ ...heartbeat, timestamp: at, noise });
    await until(() => real.hand.counts.get('reading_paused_total node') === 1);
    neighbour.send(heartbeat);
    await until(() => calm?.messages.length === 1);
    expect(flooded?.messages.length).toBeLessThan(60);
    await until(() => {
      real.hand.advance(1000);
      return flooded?.messages.length === 60;
    });
    expect(node.closed).toBeNull();
    expect(flooded?.messages.map((message) => 'timestamp' in message && message.timestamp)).toEqual(
      Array.from({ length: 60 }, (_, at) => at),
    );
  });

  test('[GAT17] closing all says 1012 to every socket and resolves when the last is gone', async () => {
    await using real = await startGateway();
    const client = await WirePeer.connect(`${real.url}/ws/session`);
    const node = await WirePeer.connect(`${real.url}/ws/node`);
    await until(() => figuresOf(real.gateway).session === 1 && figuresOf(real.gateway).node === 1);
    await real.gateway.closeAll();
    const restart = { code: 1012, reason: '{"code":"DRAINING","retry_after_ms":5000}' };
    expect(await client.untilClosed()).toEqual(restart);
    expect(await node.untilClosed()).toEqual(restart);
    expect(figuresOf(real.gateway)).toMatchObject({ session: 0, node: 0 });
  });
});
