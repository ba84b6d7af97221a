import { describe, expect, test } from 'vitest';
import { pcmTone } from '#testing/audio-samples.ts';
import {
  allOf,
  comeBack,
  cut,
  eventOf,
  firstOf,
  initAck,
  openPair,
  openResumable,
  resumableAck,
  resumeAck,
  SESSION_ID,
  seqsOf,
  translation,
} from './session-pair.ts';

const CHUNK_MS = 96;
const OTHER_ID = 's-FEDCBA9876543210FEDCBA9876543210';
const outcome = (index: number, deliverySeq: number, fields: object = {}): object =>
  translation(index, { delivery_seq: deliverySeq, ...fields });
const audioAck = (receivedSeq: number, coveredMs = 0): object => ({
  type: 'audio_ack',
  session_id: SESSION_ID,
  received_seq: receivedSeq,
  received_ms: (receivedSeq + 1) * CHUNK_MS,
  covered_ms: coveredMs,
});

describe('the same session on another socket', () => {
  test('[SDK64] asks with the token and the last delivery; a repeated outcome is not read twice', async () => {
    const pair = await openResumable();
    const { session, peer } = pair;
    peer.send(outcome(0, 1));
    peer.send(outcome(1, 2));
    expect(await firstOf(session.results)).toMatchObject({ index: 0, deliverySeq: 1 });
    expect(await firstOf(session.results)).toMatchObject({ index: 1, deliverySeq: 2 });
    const second = await cut(pair);
    expect(await second.untilType('session_resume')).toEqual({
      type: 'session_resume',
      resume_token: 'token-1',
      last_delivery_seq: 2,
    });
    second.send(resumeAck());
    for (const [index, deliverySeq] of [
      [1, 2],
      [2, 3],
      [2, 3],
      [3, 4],
    ] as const)
      second.send(outcome(index, deliverySeq));
    expect(await firstOf(session.results)).toMatchObject({ index: 2, deliverySeq: 3 });
    expect(await firstOf(session.results)).toMatchObject({ index: 3, deliverySeq: 4 });
    expect(session.id).toBe(SESSION_ID);
  });

  test('[SDK64] each resume takes the token of the one before', async () => {
    const pair = await openResumable();
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send(resumeAck({ resume_token: 'token-2' }));
    await eventOf(pair.session, 'connection');
    await eventOf(pair.session, 'connection');
    const third = await cut(pair);
    expect(await third.untilType('session_resume')).toMatchObject({ resume_token: 'token-2' });
  });

  test('[SDK64] deliveries are acknowledged once a second, and once more at the end', async () => {
    const { session, peer, timers } = await openResumable();
    peer.send(outcome(0, 1));
    peer.send(outcome(1, 2));
    await firstOf(session.results);
    await firstOf(session.results);
    timers.advance(999);
    expect(peer.ofType('delivery_ack')).toEqual([]);
    timers.advance(1);
    expect(await peer.untilType('delivery_ack')).toEqual({
      type: 'delivery_ack',
      session_id: SESSION_ID,
      delivery_seq: 2,
    });
    const closing = session.close();
    await peer.untilType('session_close');
    peer.send(outcome(2, 3));
    peer.send({ type: 'session_close_ack', session_id: SESSION_ID });
    await closing;
    expect(await peer.untilType('delivery_ack', 2)).toMatchObject({ delivery_seq: 3 });
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK66] everything after what the server has is sent again, finals too, with the same numbers', async () => {
    const pair = await openResumable();
    const { session, peer } = pair;
    session.sendPcm(pcmTone(CHUNK_MS * 3));
    session.endUtterance();
    session.sendPcm(pcmTone(CHUNK_MS));
    await peer.untilType('audio_chunk', 5);
    const second = await cut(pair);
    session.sendPcm(pcmTone(CHUNK_MS));
    await second.untilType('session_resume');
    second.send(resumeAck({ received_seq: 1, received_ms: CHUNK_MS * 2 }));
    await second.untilType('audio_chunk', 4);
    expect(second.ofType('audio_chunk').map(({ seq, is_final }) => [seq, is_final])).toEqual([
      [2, false],
      [3, true],
      [4, false],
      [5, false],
    ]);
    expect(second.ofType('audio_chunk')[0]?.payload).toBe(peer.ofType('audio_chunk')[2]?.payload);
  });

  test('[SDK66] a server that has nothing yet gets everything', async () => {
    const pair = await openResumable();
    pair.session.sendPcm(pcmTone(CHUNK_MS * 2));
    await pair.peer.untilType('audio_chunk', 2);
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send(resumeAck());
    await second.untilType('audio_chunk', 2);
    expect(seqsOf(second)).toEqual([0, 1]);
  });

  test('[SDK66] audio is kept until it is covered, by an acknowledgement or by an outcome', async () => {
    const { session, peer } = await openResumable();
    session.sendPcm(pcmTone(CHUNK_MS * 10));
    await peer.untilType('audio_chunk', 10);
    peer.send(audioAck(9, CHUNK_MS * 4));
    peer.send(outcome(0, 1));
    await firstOf(session.results);
    expect(session.counts).toMatchObject({ chunksKept: 6, chunksQueued: 0 });
    peer.send(outcome(1, 2, { audio_start_ms: CHUNK_MS * 4, audio_end_ms: CHUNK_MS * 9 }));
    await firstOf(session.results);
    expect(session.counts.chunksKept).toBe(1);
    // Another speaker's offsets are of another audio.
    peer.send(outcome(0, 3, { session_id: OTHER_ID, audio_end_ms: CHUNK_MS * 99 }));
    expect(await firstOf(session.results)).toMatchObject({ speakerSessionId: OTHER_ID, index: 0 });
    expect(session.counts.chunksKept).toBe(1);
  });

  test('[SDK73] each state is told, with its reason and the time of the next attempt', async () => {
    const pair = await openResumable();
    const { session, peer } = pair;
    expect(session.connection).toBe('live');
    peer.terminate();
    expect(await firstOf(session.events)).toEqual({
      kind: 'connection',
      state: 'away',
      reason: 'CONNECTION_LOST',
      retryInMs: 500,
    });
    expect(session.connection).toBe('away');
    pair.timers.advance(500);
    const second = await pair.server.untilPeer(2);
    await second.untilType('session_resume');
    second.send(resumeAck());
    const told = { kind: 'connection', reason: null, retryInMs: null };
    expect(await firstOf(session.events)).toEqual({ ...told, state: 'resuming' });
    expect(await firstOf(session.events)).toEqual({ ...told, state: 'live' });
    session.close().catch(() => {});
    await second.untilType('session_close');
    second.send({ type: 'session_close_ack', session_id: SESSION_ID });
    expect(await allOf(session.events)).toEqual([{ ...told, state: 'closed' }]);
  });

  test('[SDK7] a server that has stopped answering is left for another socket', async () => {
    const pair = await openResumable();
    pair.timers.advance(90_000);
    await pair.peer.untilClosed();
    const second = await comeBack(pair);
    await second.untilType('session_resume');
    second.send(resumeAck());
    await eventOf(pair.session, 'connection');
    await eventOf(pair.session, 'connection');
    pair.timers.advance(30_000);
    await second.untilType('client_heartbeat');
  });
});

describe('a new session in place of a lost one', () => {
  const expire = async (options: object = {}) => {
    const pair = await openResumable(options);
    const { session, peer } = pair;
    session.sendPcm(pcmTone(CHUNK_MS * 4));
    session.endUtterance();
    session.sendPcm(pcmTone(CHUNK_MS * 2));
    await peer.untilType('audio_chunk', 7);
    peer.send(outcome(0, 1, { audio_start_ms: 0, audio_end_ms: CHUNK_MS * 4 }));
    peer.send({
      type: 'asr_partial',
      session_id: SESSION_ID,
      utterance_index: 1,
      text: 'and',
      is_final: false,
    });
    expect(await firstOf(session.results)).toMatchObject({ index: 0, audioEndMs: CHUNK_MS * 4 });
    expect(await firstOf(session.events)).toMatchObject({ kind: 'partial', index: 1 });
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send({ type: 'error', code: 'RESUME_EXPIRED', message: 'too late' });
    await second.untilType('session_init');
    second.send(resumableAck({ session_id: OTHER_ID, resume_token: 'token-9' }));
    return { pair, session, second, restarted: await eventOf(session, 'restarted') };
  };

  test('[SDK72] audio without outcome is sent again, counted from 0, and the reader counts on', async () => {
    const { session, second, restarted } = await expire();
    expect(restarted).toEqual({
      kind: 'restarted',
      reason: 'RESUME_EXPIRED',
      replayedMs: CHUNK_MS * 2,
      lostMs: 0,
    });
    await second.untilType('audio_chunk', 2);
    expect(seqsOf(second)).toEqual([0, 1]);
    expect(second.ofType('audio_chunk')[0]).toMatchObject({ session_id: OTHER_ID });
    expect(session.id).toBe(OTHER_ID);
    const own = { session_id: OTHER_ID };
    second.send(outcome(0, 1, { ...own, audio_start_ms: 0, audio_end_ms: CHUNK_MS * 2 }));
    expect(await firstOf(session.results)).toMatchObject({
      index: 1,
      deliverySeq: 2,
      audioStartMs: CHUNK_MS * 4,
      audioEndMs: CHUNK_MS * 6,
    });
    expect(session.counts.chunksKept).toBe(0);
  });

  test('[SDK65] a number that somebody may have seen is not given to another sentence', async () => {
    const { session, second, restarted } = await expire({ replaysAudio: false });
    expect(restarted).toMatchObject({ replayedMs: 0, lostMs: CHUNK_MS * 2 });
    session.sendPcm(pcmTone(CHUNK_MS));
    await second.untilType('audio_chunk');
    expect(seqsOf(second)).toEqual([0]);
    const own = { session_id: OTHER_ID };
    second.send({ ...own, type: 'asr_partial', utterance_index: 0, text: 'well', is_final: false });
    expect(await eventOf(session, 'partial')).toMatchObject({ index: 2 });
    second.send(outcome(0, 1, own));
    expect(await firstOf(session.results)).toMatchObject({ index: 2, deliverySeq: 2 });
  });

  test('[SDK72] the new session is resumed like any other', async () => {
    const { pair, second } = await expire();
    await second.untilType('audio_chunk', 2);
    second.terminate();
    const away = await eventOf(pair.session, 'connection');
    pair.timers.advance(away.retryInMs ?? 30_000);
    const third = await pair.server.untilPeer(3);
    expect(await third.untilType('session_resume')).toEqual({
      type: 'session_resume',
      resume_token: 'token-9',
      last_delivery_seq: 0,
    });
    third.send(resumeAck({ session_id: OTHER_ID, received_seq: 0, received_ms: CHUNK_MS }));
    await third.untilType('audio_chunk');
    expect(seqsOf(third)).toEqual([1]);
  });

  test('[SDK74] a server that twice leaves the resume unanswered gets a session_init', async () => {
    const pair = await openResumable({ openTimeoutMs: 700 });
    let peer = await cut(pair);
    await peer.untilType('session_resume');
    expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
    pair.timers.advance(700);
    peer = await comeBack(pair);
    await peer.untilType('session_resume');
    expect(await eventOf(pair.session, 'connection')).toMatchObject({ state: 'resuming' });
    pair.timers.advance(700);
    peer = await comeBack(pair);
    await peer.untilType('session_init');
    peer.send(resumableAck());
    expect(await eventOf(pair.session, 'restarted')).toMatchObject({ reason: 'OPEN_TIMEOUT' });
  });
});

describe('a server that grants nothing', () => {
  test('[SDK69] everything works on one socket, and nothing is kept', async () => {
    const { session, peer } = await openPair({}, { capabilities: ['pcm16'] });
    session.sendPcm(pcmTone(CHUNK_MS));
    session.endUtterance();
    await peer.untilType('audio_chunk', 2);
    peer.send(translation(0));
    expect(await firstOf(session.results)).toMatchObject({ index: 0, deliverySeq: null });
    expect(session.counts).toMatchObject({ chunksKept: 0, chunksQueued: 0 });
    expect(peer.ofType('delivery_ack')).toEqual([]);
  });

  test('[SDK69] a lost socket leads to a new session; what waited is sent, results count on', async () => {
    const pair = await openPair({}, { capabilities: ['pcm16'] });
    const { session, peer } = pair;
    session.sendPcm(pcmTone(CHUNK_MS));
    await peer.untilType('audio_chunk');
    peer.send(translation(0));
    await firstOf(session.results);
    const second = await cut(pair);
    session.sendPcm(pcmTone(CHUNK_MS));
    await second.untilType('session_init');
    expect(await eventOf(session, 'connection')).toMatchObject({ state: 'connecting' });
    second.send(initAck({ session_id: OTHER_ID }));
    expect(await eventOf(session, 'restarted')).toEqual({
      kind: 'restarted',
      reason: 'CONNECTION_LOST',
      replayedMs: 0,
      lostMs: 0,
    });
    await second.untilType('audio_chunk');
    expect(seqsOf(second)).toEqual([0]);
    second.send(translation(0, { session_id: OTHER_ID }));
    expect(await firstOf(session.results)).toMatchObject({ index: 1 });
  });
});

describe('closing without a socket', () => {
  test('[SDK68] session_close and the last outcomes find their way over another socket', async () => {
    const pair = await openResumable();
    const { session, peer, timers } = pair;
    session.sendPcm(pcmTone(CHUNK_MS));
    await peer.untilType('audio_chunk');
    const closing = session.close();
    await peer.untilType('session_close');
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send(resumeAck({ received_seq: 0, received_ms: CHUNK_MS }));
    await second.untilType('session_close');
    expect(seqsOf(second)).toEqual([]);
    second.send(outcome(0, 1));
    second.send({ type: 'session_close_ack', session_id: SESSION_ID });
    await closing;
    expect((await allOf(session.results)).map(({ index }) => index)).toEqual([0]);
    expect(timers.pendingCount).toBe(0);
  });

  test('[SDK68] nothing is left to say, and the session is gone: closed', async () => {
    const pair = await openResumable();
    const closing = pair.session.close();
    await pair.peer.untilType('session_close');
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send({ type: 'error', code: 'RESUME_EXPIRED', message: 'gone' });
    await closing;
    expect(second.ofType('session_init')).toEqual([]);
    expect(pair.timers.pendingCount).toBe(0);
  });

  test('[SDK68] something is left: a new session takes it, then closes', async () => {
    const pair = await openResumable();
    pair.session.sendPcm(pcmTone(CHUNK_MS));
    await pair.peer.untilType('audio_chunk');
    const closing = pair.session.close();
    await pair.peer.untilType('session_close');
    const second = await cut(pair);
    await second.untilType('session_resume');
    second.send({ type: 'error', code: 'RESUME_EXPIRED', message: 'gone' });
    await second.untilType('session_init');
    second.send(resumableAck({ session_id: OTHER_ID }));
    await second.untilType('session_close');
    expect(second.frames.map(({ message }) => message.type).slice(-2)).toEqual([
      'audio_chunk',
      'session_close',
    ]);
    second.send({ type: 'session_close_ack', session_id: OTHER_ID });
    await closing;
  });

  test('[SDK68] the deadline holds while the socket is away', async () => {
    const pair = await openResumable();
    pair.server.refuseWith = 503;
    pair.peer.terminate();
    await eventOf(pair.session, 'connection');
    const closing = expect(pair.session.close({ deadlineMs: 300 })).rejects.toMatchObject({
      code: 'CLOSE_TIMEOUT',
    });
    pair.timers.advance(300);
    await closing;
    expect(pair.timers.pendingCount).toBe(0);
  });
});
