import { describe, expect, test } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { openSession } from '#client/open-session.ts';
import { HandTimers } from '#testing/hand-timers.ts';
import { TinyServer } from '../testing/tiny-server.ts';
import { initAck, openPair, optionsFor, SESSION_ID } from './session-pair.ts';

describe('opening', () => {
  test('[SDK1] the smallest init holds no null and asks for what the SDK understands', async () => {
    const { init, peer } = await openPair();
    expect(init).toEqual({
      type: 'session_init',
      client_version: 'lingua-client',
      platform: 'sdk',
      src_lang: 'zh',
      tgt_lang: 'en',
      capabilities: ['pcm16', 'resume', 'ack', 'binary', 'partials', 'notices', 'errors'],
      audio_format: 'pcm16',
      sample_rate: 16_000,
      channels: 1,
    });
    expect(peer.frames).toHaveLength(1);
  });

  test('[SDK1] every option has its field', async () => {
    const { init, server } = await openPair({
      clientVersion: 'v9',
      platform: 'kiosk',
      dialect: 'cantonese',
      features: { speaker_identification: true },
      pairingCode: '730264',
      tenantId: 'tenant',
      mode: 'two_way_auto',
      langA: 'zh',
      langB: 'en',
      autoLangs: ['zh', 'en'],
      traceId: 'my-trace',
      leaveOut: ['resume', 'ack', 'binary', 'notices', 'errors'],
      endpointing: { pauseMs: 900, maxDurationMs: 9_000, minUtteranceMs: 300, manualOnly: true },
      priority: 3,
      token: 'secret-token',
    });
    expect(init).toMatchObject({
      client_version: 'v9',
      platform: 'kiosk',
      dialect: 'cantonese',
      features: { speaker_identification: true },
      pairing_code: '730264',
      tenant_id: 'tenant',
      mode: 'two_way_auto',
      lang_a: 'zh',
      lang_b: 'en',
      auto_langs: ['zh', 'en'],
      trace_id: 'my-trace',
      capabilities: ['pcm16', 'partials'],
      endpointing: { max_duration_ms: 9_000, min_utterance_ms: 300, manual_only: true },
      priority: 3,
    });
    expect(server.requests[0]?.headers['sec-websocket-protocol']).toBe('bearer.secret-token');
    expect(JSON.stringify(init)).not.toContain('secret-token');
  });

  test('[SDK1] the session knows what the ack granted', async () => {
    const { session } = await openPair({}, { assigned_node_id: 'node-1', endpointing: { pause_ms: 3000 } });
    expect(session.id).toBe(SESSION_ID);
    expect(session.info).toEqual({
      traceId: 'trace-1',
      audioFormat: 'pcm16',
      capabilities: ['pcm16', 'opus', 'partials', 'notices', 'errors'],
      assignedNodeId: 'node-1',
      endpointing: { pause_ms: 3000 },
    });
  });

  test('[SDK1] the class of ws does as well as the global WebSocket', async () => {
    const { session, peer } = await openPair({ WebSocket: NodeWebSocket });
    session.endUtterance();
    await peer.untilType('audio_chunk');
  });

  test('[SDK1] a legacy server, that grants nothing, is fine for Opus', async () => {
    const { session } = await openPair({ audioFormat: 'opus' }, { capabilities: undefined });
    expect(session.info.capabilities).toEqual([]);
  });
});

describe('opening that fails', () => {
  const attempt = async (options: Parameters<typeof optionsFor>, more: object = {}) =>
    openSession({ ...optionsFor(...options), ...more });

  test('[SDK10] raw samples that the server does not take', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    const opening = attempt([server, timers]);
    const peer = await server.untilPeer();
    await peer.untilType('session_init');
    peer.send(initAck({ capabilities: ['opus'] }));
    await expect(opening).rejects.toMatchObject({ code: 'UNSUPPORTED_FEATURE' });
    await peer.untilClosed();
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK10] an error instead of the ack', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    const opening = attempt([server, timers]);
    const peer = await server.untilPeer();
    await peer.untilType('session_init');
    peer.send({ type: 'error', code: 'NO_CAPACITY', message: 'all busy', retry_after_ms: 2500 });
    await expect(opening).rejects.toMatchObject({ code: 'NO_CAPACITY', retryAfterMs: 2500 });
    await peer.untilClosed();
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK10] a close instead of the ack, with its reason and without one', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    const reasoned = attempt([server, timers]);
    (await server.untilPeer(1)).close(1012, '{"code":"NO_CAPACITY","retry_after_ms":1000}');
    await expect(reasoned).rejects.toMatchObject({
      code: 'NO_CAPACITY',
      message: 'The server asks to come back later (close code 1012).',
      retryAfterMs: 1000,
    });
    const stranger = attempt([server, timers]);
    (await server.untilPeer(2)).close(4003, '{"code":"FORBIDDEN"}');
    await expect(stranger).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'The server does not take this token for a session (close code 4003).',
    });
    const elsewhere = attempt([server, timers]);
    (await server.untilPeer(3)).close(1008, '{"code":"ORIGIN_REFUSED"}');
    await expect(elsewhere).rejects.toMatchObject({
      code: 'ORIGIN_REFUSED',
      message: 'The server does not let us in from here, or not under this id (close code 1008).',
    });
    const bare = attempt([server, timers]);
    (await server.untilPeer(4)).terminate();
    await expect(bare).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: 'The server is gone (close code 1006).',
      retryAfterMs: null,
    });
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK10] nobody listens, the upgrade is refused, the address is none', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    server.refuseWith = 403;
    await expect(attempt([server, timers])).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    await expect(attempt([server, timers], { url: 'ws://127.0.0.1:1/' })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    });
    await expect(attempt([server, timers], { url: 'not an address' })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    });
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK10] no ack in time', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    const opening = attempt([server, timers], { openTimeoutMs: 700 });
    const peer = await server.untilPeer();
    timers.advance(700);
    await expect(opening).rejects.toMatchObject({ code: 'OPEN_TIMEOUT' });
    await peer.untilClosed();
  });

  test('[SDK10] aborted before, and while, opening', async () => {
    const server = await TinyServer.start();
    const timers = new HandTimers();
    await expect(attempt([server, timers], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const controller = new AbortController();
    const opening = attempt([server, timers], { signal: controller.signal });
    const peer = await server.untilPeer();
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
    await peer.untilClosed();
    expect(server.peers.items).toHaveLength(1);
    expect(timers.pendingCount).toBe(0);
  });
});
