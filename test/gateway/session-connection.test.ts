import { describe, expect, test } from 'vitest';
import { acceptSession, chunk, init, openSession } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';

const roomJoin = (code: string): object => ({ type: 'room_join', room_code: code });
const ackOf = (sessionId: string, fields: object = {}) =>
  ({ type: 'session_init_ack', session_id: sessionId, message: 'hello', trace_id: 't', ...fields }) as const;

describe('handshake', () => {
  test('[GAT1] a socket without a session is closed at its deadline, and traffic does not extend it', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    for (let second = 0; second < 9; second += 1) {
      hand.advance(1000);
      transport.says('no JSON at all');
      transport.says(roomJoin('123456'));
      transport.pongs();
    }
    expect(transport.closed).toBeNull();
    hand.advance(1000);
    expect(transport.closed).toEqual({
      code: 4008,
      reason: { code: 'HANDSHAKE_TIMEOUT', retry_after_ms: 5000 },
    });
  });

  test('[GAT1] a session ends the deadline', () => {
    const hand = new HandRuntime();
    const { transport } = openSession(hand);
    hand.advance(15_000);
    expect(transport.closed).toBeNull();
  });

  test('[GAT16] an anonymous client names its tenant; blank or none is the default one', () => {
    const hand = new HandRuntime();
    for (const tenant_id of ['acme', '   ', null]) openSession(hand, { tenant_id });
    openSession(hand);
    expect(hand.sessions.map(({ open }) => open.tenant)).toEqual(['acme', 'default', 'default', 'default']);
  });

  test('[GAT16] the trace is the client’s, or one is drawn (case 1)', () => {
    const hand = new HandRuntime();
    expect(openSession(hand, { trace_id: 'mine' }).session.open.traceId).toBe('mine');
    expect(openSession(hand, { trace_id: ' ' }).session.open.traceId).toMatch(/^uuid-/);
    expect(openSession(hand).session.open.traceId).toMatch(/^uuid-/);
  });

  test.each([
    ['full', 'NO_CAPACITY'],
    ['draining', 'DRAINING'],
  ] as const)('[GAT8] a session that is not opened (%s) closes the socket with 1012', (answer, code) => {
    const hand = new HandRuntime();
    hand.answerToOpen = answer;
    const transport = acceptSession(hand);
    transport.says(init());
    expect(transport.closed).toEqual({ code: 1012, reason: { code, retry_after_ms: 5000 } });
    expect(hand.sessions).toHaveLength(0);
  });
});

describe('messages before session_init', () => {
  test('[GAT4] room messages are held for it and then come in their order', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says({ type: 'room_create', client_ts: 1 });
    transport.says(roomJoin('123456'));
    hand.advance(1999);
    transport.says(init());
    expect(hand.sessions[0]?.messages.map(({ type }) => type)).toEqual(['room_create', 'room_join']);
    expect(transport.sent).toEqual([]);
  });

  test('[GAT4] each is dropped and counted after 2 s of its own', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says(roomJoin('111111'));
    hand.advance(1500);
    transport.says(roomJoin('222222'));
    hand.advance(500);
    transport.says(init());
    expect(hand.sessions[0]?.messages).toMatchObject([{ room_code: '222222' }]);
    expect(hand.counts.get('messages_held_dropped_total late')).toBe(1);
  });

  test('[GAT4] the seventeenth is dropped and counted', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    for (let at = 0; at < 17; at += 1) transport.says(roomJoin(String(100_000 + at)));
    transport.says(init());
    expect(hand.sessions[0]?.messages).toHaveLength(16);
    expect(hand.counts.get('messages_held_dropped_total too_many')).toBe(1);
  });

  test('[GAT4] what is held when the socket goes is dropped and counted, and no timer stays', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says(roomJoin('123456'));
    transport.vanish();
    expect(hand.counts.get('messages_held_dropped_total no_session')).toBe(1);
    expect(hand.timerCount).toBe(0);
  });
});

describe('identity', () => {
  test('[GAT5][I8][W87] a foreign or unknown session_id is told once, counted always, and reaches nobody', () => {
    const hand = new HandRuntime();
    const victim = openSession(hand);
    const { transport, session, sessionId } = openSession(hand);
    for (const id of [victim.sessionId, 's-unknown', '']) {
      transport.says(chunk(id));
      transport.says({ type: 'client_heartbeat', session_id: id, timestamp: 1 });
      transport.says({
        type: 'utterance',
        session_id: id,
        utterance_index: 0,
        manual_cut: true,
        src_lang: 'zh',
        tgt_lang: 'en',
        audio: 'AAAAAAAA',
        audio_format: 'pcm16',
        sample_rate: 16_000,
      });
    }
    expect(transport.messages.filter(({ type }) => type === 'error')).toMatchObject([
      { code: 'INVALID_SESSION' },
    ]);
    expect(hand.counts.get('identity_refused_total session')).toBe(9);
    expect(victim.session.messages).toEqual([]);
    expect(session.messages).toEqual([]);
    transport.says(chunk(sessionId));
    expect(session.messages).toHaveLength(1);
  });

  test('[GAT5][I8] playback reports and acks of a foreign session are counted and never answered', () => {
    const hand = new HandRuntime();
    const victim = openSession(hand);
    const { transport } = openSession(hand);
    const fields = { session_id: victim.sessionId, trace_id: 't', group_id: 'g' };
    transport.says({ type: 'tts_started', ...fields, ts_start_ms: 1 });
    transport.says({ type: 'tts_play_ended', ...fields, ts_end_ms: 1 });
    transport.says({ type: 'delivery_ack', session_id: victim.sessionId, delivery_seq: 1 });
    transport.says({ type: 'session_configure', session_id: victim.sessionId });
    expect(transport.sent).toEqual([]);
    expect(victim.session.messages).toEqual([]);
    expect(hand.counts.get('identity_refused_total session')).toBe(4);
  });

  test('[GAT5] what was on its way when its session ended is no foreign word', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    session.link.sessionEnded();
    transport.says({ type: 'delivery_ack', session_id: sessionId, delivery_seq: 1 });
    expect(hand.counts.get('identity_refused_total session')).toBeUndefined();
    transport.says(chunk(sessionId));
    expect(transport.messages).toMatchObject([{ type: 'error', code: 'INVALID_SESSION' }]);
    transport.says(chunk('s-other'));
    expect(hand.counts.get('identity_refused_total session')).toBe(1);
  });

  test('[GAT5] before any session, audio gets INVALID_SESSION once', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says(chunk('s-1'));
    transport.says(chunk('s-1'));
    expect(transport.messages).toMatchObject([{ type: 'error', code: 'INVALID_SESSION' }]);
  });

  test('[GAT6][W87] closing any session is acknowledged, and does nothing unless it is the socket’s own', () => {
    const hand = new HandRuntime();
    const victim = openSession(hand);
    const { transport, session, sessionId } = openSession(hand);
    transport.says({ type: 'session_close', session_id: victim.sessionId, reason: 'x' });
    expect(transport.messages).toEqual([{ type: 'session_close_ack', session_id: victim.sessionId }]);
    expect(victim.session).toMatchObject({ messages: [], isLost: false });
    transport.says({ type: 'session_close', session_id: sessionId, reason: 'x' });
    expect(session.messages).toMatchObject([{ type: 'session_close' }]);
    expect(transport.sent).toHaveLength(1);
  });
});

describe('sessions on one socket', () => {
  test('[GAT7] [W18] a second session_init ends the first as a lost socket does, and its words no longer arrive', () => {
    const hand = new HandRuntime();
    const { transport, session: first, sessionId } = openSession(hand);
    transport.says(init());
    const second = hand.sessions[1];
    expect(first.isLost).toBe(true);
    first.link.send({ type: 'session_close_ack', session_id: sessionId });
    first.link.close(1011, '');
    first.link.sessionEnded();
    expect(transport).toMatchObject({ sent: [], closed: null });
    transport.says(chunk(second?.open.sessionId ?? ''));
    expect(second?.messages).toHaveLength(1);
    transport.says(chunk(sessionId));
    expect(transport.messages).toMatchObject([{ code: 'INVALID_SESSION' }]);
  });

  test('[GAT7] after its session ended, the socket takes another session_init', () => {
    const hand = new HandRuntime();
    const { transport, session } = openSession(hand);
    session.link.sessionEnded();
    transport.says(init());
    expect(hand.sessions).toHaveLength(2);
    expect(session.isLost).toBe(false);
    transport.vanish();
    expect(hand.sessions[1]?.isLost).toBe(true);
  });

  test('[GAT18] audio is read as the ack says it was agreed', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    const oneSample = Buffer.from([1, 2]).toString('base64');
    transport.says(chunk(sessionId, { payload: oneSample }));
    expect(transport.messages).toMatchObject([{ code: 'INVALID_MESSAGE', details: { field: 'payload' } }]);
    session.link.send(ackOf(sessionId, { negotiated_audio_format: 'pcm16', negotiated_sample_rate: 8000 }));
    transport.says(chunk(sessionId, { payload: oneSample }));
    expect(session.messages).toMatchObject([
      { audio: { encoding: 'pcm16', sampleRateHz: 8000, durationMs: 0.125 } },
    ]);
    session.link.sessionEnded();
    transport.says(init());
    transport.says(chunk(hand.sessions[1]?.open.sessionId ?? '', { payload: oneSample }));
    expect(transport.messages.at(-1)).toMatchObject({ code: 'INVALID_MESSAGE' });
  });

  test('[GAT19] a lost socket is told to its session at once and leaves no timer', () => {
    const hand = new HandRuntime();
    const { transport, session } = openSession(hand);
    transport.vanish();
    expect(session.isLost).toBe(true);
    expect(hand.timerCount).toBe(0);
  });

  test('[GAT19] a socket we close is over for its session at once; a peer that does not answer is cut', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    session.link.close(1012, '{"code":"DRAINING"}');
    expect(session.isLost).toBe(true);
    transport.says(chunk(sessionId));
    expect(session.messages).toEqual([]);
    hand.advance(4999);
    expect(transport.isTerminated).toBe(false);
    hand.advance(1);
    expect(transport.isTerminated).toBe(true);
    expect(hand.timerCount).toBe(0);
  });
});

describe('what is wrong with a frame', () => {
  test('[GAT2] a malformed message is answered with field, expectation and trace; the socket stays open', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand, { trace_id: 'trace-1' });
    transport.says(chunk(sessionId, { seq: -1 }));
    transport.says('{"type":');
    transport.says({ kind: 'audio_chunk' });
    expect(transport.messages).toEqual([
      {
        type: 'error',
        code: 'INVALID_MESSAGE',
        message: 'seq: expected an integer of 0 or more',
        details: { field: 'seq', expected: 'an integer of 0 or more' },
        trace_id: 'trace-1',
      },
      expect.objectContaining({
        code: 'INVALID_MESSAGE',
        details: expect.objectContaining({ field: 'frame' }),
      }),
      expect.objectContaining({
        code: 'INVALID_MESSAGE',
        details: expect.objectContaining({ field: 'type' }),
      }),
    ]);
    expect(transport.closed).toBeNull();
    expect(session.messages).toEqual([]);
    expect(hand.counts.get('frames_malformed_total session')).toBe(3);
  });

  test('[GAT2] without a session the answer has no trace', () => {
    const hand = new HandRuntime();
    const transport = acceptSession(hand);
    transport.says('[]');
    expect(transport.messages[0]).not.toHaveProperty('trace_id');
  });

  test('[GAT3] unknown types and types of the other direction are counted and never answered', () => {
    const hand = new HandRuntime();
    const { transport, session } = openSession(hand);
    transport.says({ type: 'something_new', session_id: 'x' });
    transport.says({ type: 'translation_result' });
    expect(transport).toMatchObject({ sent: [], closed: null });
    expect(session.messages).toEqual([]);
    expect(hand.counts.get('frames_ignored_total session unknown_type')).toBe(1);
    expect(hand.counts.get('frames_ignored_total session wrong_direction')).toBe(1);
  });

  test('[GAT12] a frame above the limit closes this socket with 1009', () => {
    const hand = new HandRuntime();
    const other = openSession(hand);
    const { transport } = openSession(hand);
    transport.says(Buffer.alloc(2 * 1024 * 1024 + 1, 32));
    expect(transport.closed).toEqual({ code: 1009, reason: { code: 'FRAME_TOO_BIG' } });
    expect(other.transport.closed).toBeNull();
  });
});

describe('when the mailbox is full', () => {
  test('[GAT8] shed audio costs no socket', () => {
    const hand = new HandRuntime();
    const { transport, sessionId } = openSession(hand);
    hand.answerToMessage = 'shed';
    for (let at = 0; at < 5; at += 1) transport.says(chunk(sessionId, { seq: at }));
    expect(transport.messages).toEqual([]);
    expect(transport.closed).toBeNull();
  });

  test('[GAT8] control at the bound closes the socket with 1008', () => {
    const hand = new HandRuntime();
    const { transport, session, sessionId } = openSession(hand);
    hand.answerToMessage = 'full';
    transport.says({ type: 'client_heartbeat', session_id: sessionId, timestamp: 1 });
    expect(transport.closed).toEqual({ code: 1008, reason: { code: 'CONTROL_FLOOD', retry_after_ms: 5000 } });
    expect(session.isLost).toBe(true);
  });

  test('[GAT5] a session that is gone without its socket knowing counts as unknown', () => {
    const hand = new HandRuntime();
    const { transport, sessionId } = openSession(hand);
    hand.answerToMessage = 'gone';
    transport.says(chunk(sessionId));
    expect(transport.messages).toMatchObject([{ code: 'INVALID_SESSION' }]);
  });
});
