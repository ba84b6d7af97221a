import { describe, expect, test } from 'vitest';
import { KEPT_AUDIO_BYTES_MAX } from '#client/outgoing-log.ts';
import { pcmTone } from '#testing/audio-samples.ts';
import { allOf, firstOf, openPair, SESSION_ID, translation, WALL_MS } from './session-pair.ts';

const CHUNK_MS = 96;
const closed = (reason: string | null): object => ({
  kind: 'connection',
  state: 'closed',
  reason,
  retryInMs: null,
});

describe('heartbeat', () => {
  test('[SDK7] every 30 s, and any frame of the server counts as an answer', async () => {
    const { session, peer, timers } = await openPair();
    for (let beat = 1; beat <= 4; beat += 1) {
      timers.advance(30_000);
      expect(await peer.untilType('client_heartbeat', beat)).toEqual({
        type: 'client_heartbeat',
        session_id: SESSION_ID,
        timestamp: WALL_MS,
      });
      peer.send(translation(beat));
      await firstOf(session.results);
    }
    expect(peer.closed).toBeNull();
  });

  test('[SDK7] two unanswered heartbeats: lost at the third', async () => {
    const { session, peer, timers } = await openPair({ reconnect: false });
    timers.advance(60_000);
    await peer.untilType('client_heartbeat', 2);
    timers.advance(30_000);
    await expect(allOf(session.results)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await peer.untilClosed();
    expect(peer.ofType('client_heartbeat')).toHaveLength(2);
    expect(timers.pendingCount).toBe(0);
  });
});

describe('backpressure', () => {
  test('[SDK8] audio waits in order while the server asks for a pause', async () => {
    const { session, peer, timers } = await openPair();
    peer.send({ type: 'backpressure', action: 'PAUSE', resume_after_ms: 800 });
    expect(await firstOf(session.events)).toEqual({ kind: 'paused', resumeAfterMs: 800 });
    session.sendPcm(pcmTone(CHUNK_MS * 3));
    session.endUtterance();
    timers.advance(799);
    expect(session.counts).toMatchObject({ chunksSent: 0, chunksQueued: 4, chunksShed: 0 });
    timers.advance(1);
    await peer.untilType('audio_chunk', 4);
    expect(peer.ofType('audio_chunk').map(({ seq, is_final }) => [seq, is_final])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(await firstOf(session.events)).toEqual({ kind: 'resumed', shedChunkCount: 0 });
  });

  test('[SDK8] a further PAUSE counts from its own arrival, 5 s where none is named', async () => {
    const { session, peer, timers } = await openPair();
    peer.send({ type: 'backpressure', action: 'PAUSE', resume_after_ms: 800 });
    await firstOf(session.events);
    timers.advance(700);
    peer.send({ type: 'backpressure', action: 'PAUSE' });
    expect(await firstOf(session.events)).toEqual({ kind: 'paused', resumeAfterMs: 5_000 });
    session.sendPcm(pcmTone(CHUNK_MS));
    timers.advance(4_999);
    expect(session.counts.chunksSent).toBe(0);
    timers.advance(1);
    await peer.untilType('audio_chunk');
  });

  test('[SDK8] at the bound the oldest audio is shed, counted and announced once', async () => {
    const { session, peer, timers } = await openPair({ endpointing: false });
    peer.send({ type: 'backpressure', action: 'PAUSE', resume_after_ms: 800 });
    await firstOf(session.events);
    const fits = Math.floor(KEPT_AUDIO_BYTES_MAX / 3072);
    session.sendPcm(pcmTone(CHUNK_MS * (fits + 5)));
    expect(session.counts).toMatchObject({ chunksQueued: fits, chunksShed: 5 });
    expect(await firstOf(session.events)).toEqual({ kind: 'shedding' });
    timers.advance(800);
    expect(await firstOf(session.events)).toEqual({ kind: 'resumed', shedChunkCount: 5 });
  });
});

describe('closing', () => {
  test('[SDK9] sends what is left, then session_close, and reads outcomes until the ack', async () => {
    const { session, peer, timers } = await openPair();
    session.sendPcm(pcmTone(100));
    const closing = session.close({ reason: 'done' });
    const close = await peer.untilType('session_close');
    expect(close).toEqual({ type: 'session_close', session_id: SESSION_ID, reason: 'done' });
    expect(peer.frames.map(({ message }) => message.type)).toEqual([
      'session_init',
      'audio_chunk',
      'audio_chunk',
      'session_close',
    ]);
    peer.send(translation(0));
    peer.send({ type: 'session_close_ack', session_id: SESSION_ID });
    await closing;
    expect((await allOf(session.results)).map(({ index }) => index)).toEqual([0]);
    expect(await allOf(session.events)).toEqual([closed(null)]);
    expect((await peer.untilClosed()).code).toBe(1000);
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK9] the close keeps its place behind audio that waits for a pause to end', async () => {
    const { session, peer, timers } = await openPair();
    peer.send({ type: 'backpressure', action: 'PAUSE', resume_after_ms: 800 });
    await firstOf(session.events);
    session.sendPcm(pcmTone(CHUNK_MS));
    const closing = session.close();
    timers.advance(800);
    await peer.untilType('session_close');
    expect(peer.frames.map(({ message }) => message.type).slice(1)).toEqual(['audio_chunk', 'session_close']);
    peer.send({ type: 'session_close_ack', session_id: SESSION_ID });
    await closing;
  });

  test('[SDK9] closing twice is closing once, and nothing can be sent any more', async () => {
    const { session, peer } = await openPair();
    const closing = session.close();
    expect(session.close()).toBe(closing);
    expect(() => session.endUtterance()).toThrow(expect.objectContaining({ code: 'INVALID_CALL' }));
    await peer.untilType('session_close');
    peer.send({ type: 'session_close_ack', session_id: SESSION_ID });
    await closing;
    expect(peer.ofType('session_close')).toHaveLength(1);
  });

  test('[SDK9] no ack in time', async () => {
    const { session, peer, timers } = await openPair();
    const closing = session.close({ deadlineMs: 4_000 });
    const failing = expect(closing).rejects.toMatchObject({ code: 'CLOSE_TIMEOUT' });
    timers.advance(4_000);
    await failing;
    await expect(allOf(session.results)).rejects.toMatchObject({ code: 'CLOSE_TIMEOUT' });
    await peer.untilClosed();
    expect(timers.pendingCount).toBe(0);
  });
});

describe('loss', () => {
  test('[SDK11] what had arrived is read, then the reason of the server is thrown', async () => {
    const { session, peer, timers } = await openPair({ reconnect: false });
    peer.send(translation(0));
    peer.close(1012, '{"code":"SERVER_DRAINING","retry_after_ms":1500}');
    expect(await firstOf(session.results)).toMatchObject({ index: 0 });
    await expect(allOf(session.results)).rejects.toMatchObject({
      code: 'SERVER_DRAINING',
      retryAfterMs: 1500,
    });
    expect(await allOf(session.events)).toEqual([closed('SERVER_DRAINING')]);
    expect(() => session.sendPcm(pcmTone(20))).toThrow(expect.objectContaining({ code: 'INVALID_CALL' }));
    await session.close();
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK11] a socket that is cut, also while closing', async () => {
    const open = await openPair({ reconnect: false });
    open.peer.terminate();
    await expect(allOf(open.session.results)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    const closing = await openPair();
    const close = expect(closing.session.close()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await closing.peer.untilType('session_close');
    closing.peer.terminate();
    await close;
  });

  test('[SDK11] the signal ends the session at once', async () => {
    const controller = new AbortController();
    const { session, peer, timers } = await openPair({ signal: controller.signal });
    controller.abort();
    await expect(allOf(session.results)).rejects.toMatchObject({ code: 'ABORTED' });
    await peer.untilClosed();
    expect(peer.ofType('session_close')).toHaveLength(0);
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK11] leaving the loop over results does not end the session', async () => {
    const { session, peer } = await openPair();
    peer.send(translation(0));
    peer.send(translation(1));
    expect(await firstOf(session.results)).toMatchObject({ index: 0 });
    expect(await firstOf(session.results)).toMatchObject({ index: 1 });
    expect(peer.closed).toBeNull();
  });
});
