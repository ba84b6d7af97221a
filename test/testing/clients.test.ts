import { describe, expect, test } from 'vitest';
import { decodeSessionFrame } from '#codec/decode-session.ts';
import { FakeClient, legacyInit } from '#testing/fake-client.ts';
import { GatewayClient } from '#testing/gateway-client.ts';
import { MobileClient } from '#testing/mobile-client.ts';
import { WebClient } from '#testing/web-client.ts';
import type { WirePeer } from '#testing/wire-peer.ts';
import { TinyServer } from './tiny-server.ts';

/** A server that acknowledges every init, with a session of its own. */
const ackingServer = async (): Promise<TinyServer> => {
  const server = await TinyServer.start();
  let answered = 0;
  void (async () => {
    for (let count = 1; ; count += 1) {
      const peer = await server.untilPeer(count);
      void peer.untilType('session_init').then(() => {
        answered += 1;
        peer.send({ type: 'session_init_ack', session_id: `s-${answered}`, message: '', trace_id: 't' });
      }, ignore);
    }
  })().catch(ignore);
  return server;
};
/** Waiting ends with the test. */
const ignore = (): void => {};

/** What the peer received, as our own codec reads it; every frame must be a message. */
const decodedOf = (peer: WirePeer) =>
  peer.frames.map(({ bytes }) => {
    const decoded = decodeSessionFrame(bytes, { encoding: 'opus', sampleRateHz: 16_000 });
    if (decoded.kind !== 'message') throw new Error(`a fake sent what is ${decoded.kind}`);
    return decoded.message;
  });

const audioOf = (peer: WirePeer) =>
  decodedOf(peer).flatMap((message) =>
    message.type === 'audio_chunk'
      ? [
          {
            seq: message.seq,
            isFinal: message.is_final,
            ms: message.audio?.durationMs ?? 0,
            silent: message.audio?.isSilent,
          },
        ]
      : [],
  );

describe('the web page', () => {
  test('[SDK41] its init carries explicit nulls and its own trace', async () => {
    const server = await ackingServer();
    const { client } = await WebClient.open(server.url, { init: { mode: 'two_way_auto', src_lang: 'auto' } });
    const peer = await server.untilPeer();
    const init = await peer.untilType('session_init');
    expect(init).toMatchObject({ dialect: null, pairing_code: null, tenant_id: null, src_lang: 'auto' });
    expect(init.trace_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(client.sessionId).toBe('s-1');
    expect(decodedOf(peer)).toHaveLength(1);
  });

  test('[SDK41] 2.56 s a chunk, the remainder shorter, then a separate empty final', async () => {
    const server = await ackingServer();
    const web = await WebClient.open(server.url);
    web.say(6_000);
    const peer = await server.untilPeer();
    await peer.untilType('audio_chunk', 4);
    expect(audioOf(peer)).toEqual([
      { seq: 0, isFinal: false, ms: 2_560, silent: false },
      { seq: 1, isFinal: false, ms: 2_560, silent: false },
      { seq: 2, isFinal: false, ms: 880, silent: false },
      { seq: 3, isFinal: true, ms: 0, silent: undefined },
    ]);
    expect(peer.ofType('audio_chunk')[3]).toMatchObject({ payload: '' });
    const bytes = Buffer.from(String(peer.ofType('audio_chunk')[0]?.payload), 'base64').length;
    expect(bytes).toBeGreaterThan(7_500);
    expect(bytes).toBeLessThan(8_500);
  });

  test('[SDK41] the newer page sends 13 packets at a time', async () => {
    const server = await ackingServer();
    const web = await WebClient.open(server.url, { vintage: 'newer' });
    expect(web.speak(780)).toBe(3);
    const peer = await server.untilPeer();
    await peer.untilType('audio_chunk', 3);
    expect(audioOf(peer).map(({ ms }) => ms)).toEqual([260, 260, 260]);
  });

  test('[SDK41] a final that overtakes its audio, and a storm of finals over silence', async () => {
    const server = await ackingServer();
    const web = await WebClient.open(server.url);
    web.sayWithFinalFirst(2_000);
    web.stormFinals();
    const peer = await server.untilPeer();
    await peer.untilType('audio_chunk', 16);
    const chunks = audioOf(peer);
    expect(chunks.slice(0, 2)).toEqual([
      { seq: 0, isFinal: true, ms: 0, silent: undefined },
      { seq: 1, isFinal: false, ms: 2_000, silent: false },
    ]);
    const storm = chunks.slice(2);
    expect(storm.filter(({ isFinal }) => isFinal)).toHaveLength(7);
    expect(storm.filter(({ ms, silent }) => ms === 260 && silent)).toHaveLength(7);
  });

  test('[SDK41] after a reconnect the session is new and the numbering goes on', async () => {
    const server = await ackingServer();
    const web = await WebClient.open(server.url);
    web.say(100);
    web.client.terminate();
    const again = await web.reconnect(server.url);
    again.say(100);
    const peer = await server.untilPeer(2);
    await peer.untilType('audio_chunk', 2);
    expect(audioOf(peer).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(peer.ofType('audio_chunk')[0]).toMatchObject({ session_id: 's-2' });
    expect(peer.ofType('session_init')[0]?.trace_id).not.toBe(
      (await server.untilPeer(1)).ofType('session_init')[0]?.trace_id,
    );
  });

  test('[SDK41] playback is reported with trace and group of a result', async () => {
    const server = await ackingServer();
    const web = await WebClient.open(server.url);
    const result = { type: 'translation_result', trace_id: 't', group_id: 'g' };
    web.playbackStarted(result);
    web.playbackEnded(result);
    web.client.heartbeat();
    const peer = await server.untilPeer();
    await peer.untilType('client_heartbeat');
    expect(decodedOf(peer).map(({ type }) => type)).toEqual([
      'session_init',
      'tts_started',
      'tts_play_ended',
      'client_heartbeat',
    ]);
  });
});

describe('the mobile app and the gateway', () => {
  test('[SDK42] one utterance of raw samples for every 200 ms, numbered from 0', async () => {
    const server = await ackingServer();
    const mobile = await MobileClient.open(server.url);
    expect(mobile.speak(500)).toBe(3);
    mobile.leave();
    const peer = await server.untilPeer();
    await peer.untilClosed();
    const pieces = decodedOf(peer).flatMap((message) => (message.type === 'utterance' ? [message] : []));
    expect(pieces.map(({ utterance_index, audio }) => [utterance_index, audio.durationMs])).toEqual([
      [0, 200],
      [1, 200],
      [2, 100],
    ]);
    expect(pieces[0]).toMatchObject({ manual_cut: false, audio: { encoding: 'pcm16', isSilent: false } });
    expect(peer.ofType('session_init')[0]).not.toHaveProperty('trace_id');
    expect(peer.ofType('session_close')).toHaveLength(1);
  });

  test('[SDK42] the gateway sends its utterance on a second socket, under the id of the first', async () => {
    const server = await ackingServer();
    const gateway = await GatewayClient.open(server.url);
    await gateway.utteranceOnNewSocket(300);
    const second = await server.untilPeer(2);
    expect(await second.untilType('utterance')).toMatchObject({ session_id: 's-1', audio_format: 'pcm16' });
    gateway.utterance(300);
    const first = await server.untilPeer(1);
    await first.untilType('utterance');
    expect(decodedOf(first)).toHaveLength(2);
    expect(first.ofType('session_init')[0]).toMatchObject({ features: null });
  });
});

describe('a client by hand', () => {
  test('[SDK40] chunks with any number and payload, outcomes in order, goodbyes', async () => {
    const server = await ackingServer();
    const client = await FakeClient.connect(server.url, { headers: { origin: 'http://localhost' } });
    await client.init(legacyInit({ trace_id: undefined }));
    client.chunk({ payload: null });
    client.chunk({ seq: 40, payload: new Uint8Array([1, 0, 72]) });
    client.chunk({ isFinal: true });
    const peer = await server.untilPeer();
    await peer.untilType('audio_chunk', 3);
    expect(peer.ofType('audio_chunk').map(({ seq, payload }) => [seq, payload])).toEqual([
      [0, undefined],
      [40, 'AQBI'],
      [41, ''],
    ]);
    expect(server.requests[0]?.headers.origin).toBe('http://localhost');
    peer.send({ type: 'missing_result', utterance_index: 0 });
    peer.send({ type: 'ui_event' });
    peer.send({ type: 'translation_result', utterance_index: 1 });
    const outcomes = await client.untilOutcomes(2);
    expect(outcomes.map(({ utterance_index }) => utterance_index)).toEqual([0, 1]);
    const closing = client.closeSession();
    await peer.untilType('session_close');
    peer.send({ type: 'session_close_ack', session_id: client.sessionId });
    await closing;
    client.close();
    expect((await peer.untilClosed()).code).toBe(1000);
  });
});
