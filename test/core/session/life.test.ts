import { describe, expect, test } from 'vitest';
import { asJobId } from '#protocol/ids.ts';
import type { SessionClientMessage } from '#protocol/messages.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';
import { SESSION_ID, SessionWorld, TRACE_ID } from './session-world.ts';
import { silence, speech } from './speech.ts';

const ackOf = (init: Partial<SessionInit> = {}, settings = {}) => {
  const world = new SessionWorld({ init, settings });
  const [ack] = world.sent;
  expect(world.sent).toHaveLength(1);
  return ack;
};

describe('opening', () => {
  test('[SES1] [SES2] a client that asks for nothing hears what the reference says, first of all', () => {
    expect(ackOf({ audio_format: 'pcm16', sample_rate: 48_000 })).toEqual({
      type: 'session_init_ack',
      session_id: SESSION_ID,
      message: 'session created',
      trace_id: TRACE_ID,
      protocol_version: '1.0',
      use_binary_frame: false,
      negotiated_codec: 'opus',
      negotiated_audio_format: 'opus',
      negotiated_sample_rate: 16_000,
      negotiated_channel_count: 1,
    });
  });

  test.each([
    ['pcm16 asked and wished', { capabilities: ['pcm16'], audio_format: 'pcm16' }, ['pcm16'], 'pcm16'],
    ['pcm16 asked, not wished', { capabilities: ['pcm16'] }, ['pcm16'], 'opus'],
    ['pcm16 wished, only opus asked', { capabilities: ['opus'], audio_format: 'pcm16' }, ['opus'], 'opus'],
    [
      'both asked, opus wished',
      { capabilities: ['opus', 'pcm16'], audio_format: 'opus' },
      ['pcm16', 'opus'],
      'opus',
    ],
    ['what nobody is granted yet', { capabilities: ['rooms', 'new'] }, [], 'opus'],
    [
      'all that goes with a session',
      { capabilities: ['ack', 'binary', 'resume'] },
      ['resume', 'ack', 'binary'],
      'opus',
    ],
  ])('[SES3] [W16] %s', (_what, init, capabilities, format) => {
    expect(ackOf(init)).toMatchObject({
      capabilities,
      negotiated_codec: format,
      negotiated_audio_format: format,
      negotiated_sample_rate: 16_000,
      negotiated_channel_count: 1,
    });
  });

  test.each([
    ['nothing in particular', {}, [3000, 20_000, 0, false]],
    ['less than is possible', { pause_ms: 10, max_duration_ms: 10 }, [200, 1000, 0, false]],
    ['more than is possible', { pause_ms: 60_000, max_duration_ms: 60_000 }, [10_000, 20_000, 0, false]],
    ['no longest utterance', { max_duration_ms: 0 }, [3000, 20_000, 0, false]],
    ['something in between', { pause_ms: 800, max_duration_ms: 12_000 }, [800, 12_000, 0, false]],
    ['finals only', { manual_only: true, pause_ms: 800, min_utterance_ms: 400 }, [0, 20_000, 400, true]],
    ['no short ones', { min_utterance_ms: 60_000 }, [3000, 20_000, 5000, false]],
    ['none at all', { min_utterance_ms: 60_000, max_duration_ms: 1000 }, [3000, 1000, 1000, false]],
  ])('[SES4] a client that wishes %s', (_what, endpointing, effective) => {
    const [pause_ms, max_duration_ms, min_utterance_ms, manual_only] = effective;
    expect(ackOf({ endpointing })).toMatchObject({
      endpointing: { pause_ms, max_duration_ms, min_utterance_ms, manual_only },
    });
  });

  test('[SES4] where the server has no longest utterance, a client may', () => {
    const settings = { maxDurationMs: 0 };
    expect(ackOf({ endpointing: { max_duration_ms: 90_000 } }, settings)).toMatchObject({
      endpointing: { max_duration_ms: 90_000 },
    });
  });

  test('[SES4] what the ack says is how it is cut', () => {
    const world = new SessionWorld({ init: { endpointing: { pause_ms: 500 } } });
    world.chunk(speech(1000));
    world.advance(1649);
    expect(world.submitted).toHaveLength(0);
    world.advance(1);
    expect(world.submitted).toMatchObject([{ cut: 'pause' }]);
    const manual = new SessionWorld({ init: { endpointing: { manual_only: true } } });
    manual.chunk(speech(1000));
    manual.advance(600_000);
    expect(manual.submitted).toHaveLength(0);
  });

  test('[SES91] its record is renewed before it ends, in the words in effect, also in silence and away', () => {
    const world = new SessionWorld({ init: { capabilities: ['resume'] }, settings: { resumeWindowMs: 1e9 } });
    const HOUR_MS = 3_600_000;
    const puts = () => world.stored.filter(({ verb }) => verb === 'putSession');
    world.advance(8 * HOUR_MS - 1);
    expect(puts()).toHaveLength(1);
    world.message({ type: 'session_configure', tgt_lang: 'ja' });
    world.advance(1);
    expect(puts()).toHaveLength(2);
    expect(puts().at(-1)).toMatchObject({ ttlMs: 24 * HOUR_MS, record: expect.stringContaining('"ja"') });
    world.goAway();
    world.advance(80 * HOUR_MS);
    expect(puts()).toHaveLength(12);
    world.comeBack();
    world.message({ type: 'session_close', session_id: world.state.sessionId, reason: 'bye' });
    world.advance(80 * HOUR_MS);
    expect(puts()).toHaveLength(12);
  });

  test('[SES12] the store has a record while the session lives, without audio and text', () => {
    const world = new SessionWorld();
    expect(world.count('sessions_opened_total')).toBe(1);
    const [put] = world.stored;
    expect(put).toMatchObject({ verb: 'putSession', sessionId: SESSION_ID, owner: 'inst-1' });
    const record: unknown = put?.verb === 'putSession' ? JSON.parse(put.record) : null;
    expect(record).toEqual({
      version: 1,
      tenant: 'default',
      traceId: TRACE_ID,
      srcLang: 'zh',
      tgtLang: 'en',
      openedWallMs: world.state.openedWallMs,
    });
    for (const outcome of ['refused', 'taken'] as const) {
      if (put !== undefined) world.tell({ kind: 'storeSettled', request: put, outcome });
    }
    expect(world.say(speech(500)).utteranceIndex).toBe(0);
    world.tell({ kind: 'socketLost' });
    expect(world.stored.at(-1)).toEqual({ verb: 'dropSession', sessionId: SESSION_ID, owner: 'inst-1' });
  });
});

describe('silence', () => {
  test('[SES13] [W1] of an hour ends nothing: heartbeats are answered and the next sentence is heard', () => {
    const world = new SessionWorld();
    world.answer(world.say(speech(1000)));
    for (let minute = 0; minute < 60; minute += 1) {
      world.advance(60_000);
      world.message({ type: 'client_heartbeat', session_id: SESSION_ID, timestamp: 1 });
      expect(world.sent.at(-1)).toEqual({
        type: 'server_heartbeat',
        session_id: SESSION_ID,
        timestamp: world.now.wallMs,
      });
    }
    expect(world.pending).toEqual([]);
    expect(world.say(speech(256)).utteranceIndex).toBe(1);
    expect(world.state.lastActivityAtMs).toBe(world.atMs - world.state.settings.hangoverManualMs);
  });
});

describe('close', () => {
  const close = (world: SessionWorld): void =>
    world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'client_disconnect' });

  test('[SES5] [W2] cuts at once, waits for results, and acknowledges last', () => {
    const world = new SessionWorld();
    const first = world.say(speech(1000));
    world.chunk(speech(300));
    close(world);
    expect(world.submitted[1]).toMatchObject({ cut: 'close', audioMs: 300, utteranceIndex: 1 });
    const last = world.submitted[1];
    world.advance(4000);
    world.answer(first);
    expect(world.ended).toEqual([]);
    if (last !== undefined) world.answer(last);
    expect(world.outcomes).toEqual([0, 1]);
    expect(world.sent.at(-1)).toEqual({ type: 'session_close_ack', session_id: SESSION_ID });
    expect(world.ended).toEqual(['closed']);
    expect(world.closed).toEqual([]);
  });

  test('[SES5] with nothing open is acknowledged at once', () => {
    const world = new SessionWorld();
    world.chunk(silence(200));
    close(world);
    expect(world.lastEffects.at(-1)).toEqual({ kind: 'ended', reason: 'closed' });
    expect(world.sent.at(-1)?.type).toBe('session_close_ack');
    expect(world.count('sessions_ended_total{closed}')).toBe(1);
    expect(world.count('audio_discarded_ms_total{silence}')).toBe(200);
  });

  test('[SES5] [W30] after the wait the rest is missing and its jobs are cancelled', () => {
    const world = new SessionWorld({ init: { capabilities: ['opus'] } });
    const requests = [world.say(speech(1000)), world.say(speech(1000)), world.say(speech(1000))];
    const [, second] = requests;
    close(world);
    if (second !== undefined) world.answer(second);
    world.advance(9999);
    expect(world.outcomes).toEqual([]);
    world.advance(1);
    expect(world.outcomes).toEqual(['0 session_closed', 1, '2 session_closed']);
    expect(world.cancelled.map(({ reason }) => reason)).toEqual(['session_closed', 'session_closed']);
    expect(world.sent.at(-1)?.type).toBe('session_close_ack');
    expect(world.ended).toEqual(['closed']);
  });

  test('[SES5] audio that comes meanwhile is refused and counted, everything else is answered', () => {
    const world = new SessionWorld();
    world.say(speech(1000));
    close(world);
    close(world);
    world.clearRecord();
    world.chunk(speech(500), { isFinal: true });
    world.utterance(0, speech(2000));
    world.message({ type: 'client_heartbeat', session_id: SESSION_ID, timestamp: 1 });
    world.advance(5000);
    expect(world.submitted).toEqual([]);
    expect(world.count('audio_refused_total{closing}')).toBe(2);
    expect(world.sent.map(({ type }) => type)).toEqual(['server_heartbeat']);
    world.advance(5000);
    expect(world.sentOf('session_close_ack')).toHaveLength(1);
  });

  test('[SES5] messages that wait for their index are jobs before what comes from chunks', () => {
    const world = new SessionWorld();
    world.utterance(5, speech(2000));
    world.chunk(speech(300));
    close(world);
    expect(world.submitted).toMatchObject([
      { utteranceIndex: 5, cut: 'utterance' },
      { utteranceIndex: 6, cut: 'close' },
    ]);
  });

  test('[SES5] a final whose hangover runs stays a final', () => {
    const world = new SessionWorld();
    world.chunk(speech(300), { isFinal: true });
    close(world);
    expect(world.submitted).toMatchObject([{ cut: 'manual' }]);
  });
});

describe('drain', () => {
  test('[SES6] results first, then 1012 with a time to come back', () => {
    const world = new SessionWorld();
    world.chunk(speech(700));
    world.tell({ kind: 'drainStarted' });
    expect(world.submitted).toMatchObject([{ cut: 'close' }]);
    world.chunk(speech(700));
    expect(world.count('audio_refused_total{closing}')).toBe(1);
    const [request] = world.submitted;
    if (request !== undefined) world.answer(request);
    expect(world.outcomes).toEqual([0]);
    expect(world.closed).toMatchObject([{ code: 1012, reason: '{"code":"DRAINING","retry_after_ms":1000}' }]);
    expect(world.ended).toEqual(['drained']);
  });

  test('[SES6] waits no longer than a close does', () => {
    const world = new SessionWorld();
    world.say(speech(700));
    world.tell({ kind: 'drainStarted' });
    world.advance(10_000);
    expect(world.outcomes).toEqual(['0 timeout']);
    expect(world.ended).toEqual(['drained']);
  });

  test('[SES6] [I1] when its time is over, what is open ends as missing, in order, before the socket does', () => {
    const world = new SessionWorld();
    world.say(speech(700));
    world.chunk(speech(700));
    world.tell({ kind: 'drainStarted' });
    const [, second] = world.submitted;
    if (second !== undefined) world.answer(second);
    world.tell({ kind: 'drainEnded' });
    expect(world.outcomes).toEqual(['0 timeout', 1]);
    expect(world.closed).toMatchObject([{ code: 1012 }]);
    expect(world.ended).toEqual(['drained']);
  });

  test.each([
    ['before', ['close', 'drain']],
    ['during', ['drain', 'close']],
  ])('[SES6] a close asked for %s it is acknowledged, then 1012', (_when, order) => {
    const world = new SessionWorld();
    world.say(speech(700));
    for (const what of order) {
      if (what === 'drain') world.tell({ kind: 'drainStarted' });
      else world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'bye' });
    }
    world.advance(10_000);
    expect(world.sent.at(-1)?.type).toBe('session_close_ack');
    expect(world.closed).toHaveLength(1);
    expect(world.ended).toEqual(['drained']);
  });
});

describe('a lost socket', () => {
  test('[SES10] [W3] [W45] cancels jobs, counts audio and outcomes, and leaves nothing (case 21 turned round)', () => {
    const world = new SessionWorld();
    const requests = [world.say(speech(1000)), world.say(speech(1000))];
    const [, second] = requests;
    if (second !== undefined) world.answer(second);
    world.utterance(9, speech(3000));
    world.chunk(silence(100));
    world.chunk(speech(400));
    world.clearRecord();
    world.tell({ kind: 'socketLost' });
    expect(world.cancelled).toMatchObject([{ jobId: requests[0]?.jobId, reason: 'cancelled' }]);
    expect(world.count('results_missing_total{cancelled}')).toBe(2);
    expect(world.count('audio_discarded_ms_total{cancelled}')).toBe(3500);
    expect(world.sent).toEqual([]);
    expect(world.submitted).toEqual([]);
    expect(world.ended).toEqual(['socket_lost']);
    expect(world.lastEffects.at(-1)?.kind).toBe('ended');
  });

  test('[SES7] afterwards every event is answered with nothing', () => {
    const world = new SessionWorld();
    const request = world.say(speech(1000));
    world.tell({ kind: 'socketLost' });
    world.answer(request);
    world.chunk(speech(100));
    world.tell({ kind: 'timerFired', key: 'hold' });
    world.tell({ kind: 'drainStarted' });
    world.tell({ kind: 'socketLost' });
    expect(world.ended).toEqual(['socket_lost']);
  });
});

describe('messages that have nothing to act on', () => {
  const room_code = '123456';
  const rooms: SessionClientMessage[] = [
    { type: 'room_create', client_ts: 0 },
    { type: 'room_join', room_code },
    { type: 'room_leave', room_code },
    { type: 'room_raw_voice_preference', room_code, target_session_id: 's-2', receive_raw_voice: true },
  ];
  const ignored: SessionClientMessage[] = [
    { type: 'webrtc_offer', room_code, to: 's-2', sdp: {} },
    { type: 'webrtc_answer', room_code, to: 's-2', sdp: {} },
    { type: 'webrtc_ice', room_code, to: 's-2', candidate: null },
    { type: 'session_resume', resume_token: 'x', last_delivery_seq: 0 },
    { type: 'delivery_ack', session_id: SESSION_ID, delivery_seq: 1 },
    { type: 'tts_started', session_id: SESSION_ID, trace_id: 't', group_id: 'g', ts_start_ms: 0 },
    { type: 'tts_play_ended', session_id: SESSION_ID, trace_id: 't', group_id: 'g', ts_end_ms: 0 },
  ];

  test.each(rooms.map((message) => [message.type, message] as const))(
    '[SES16] %s: room_error',
    (_type, message) => {
      const world = new SessionWorld();
      world.clearRecord();
      world.message(message);
      expect(world.sent).toEqual([
        { type: 'room_error', code: 'UNSUPPORTED_FEATURE', message: 'This feature is not available.' },
      ]);
    },
  );

  test.each(ignored.map((message) => [message.type, message] as const))(
    '[SES16] %s: counted',
    (type, message) => {
      const world = new SessionWorld();
      world.clearRecord();
      world.message(message);
      expect(world.sent).toEqual([]);
      expect(world.count(`messages_ignored_total{${type}}`)).toBe(1);
    },
  );

  test('[SES7] news of a job that nobody knows, and a timer that nobody set', () => {
    const world = new SessionWorld();
    world.say(speech(500));
    world.clearRecord();
    const jobId = asJobId('job-unknown');
    world.tell({ kind: 'jobAccepted', jobId });
    world.partial(jobId, 'x', { isFinal: true });
    world.endJob(jobId, { kind: 'silence', times: world.times() });
    for (const key of ['segment', 'jump', 'hold', 'playback', 'close', 'other']) {
      world.tell({ kind: 'timerFired', key });
    }
    expect(world.sent).toEqual([]);
    expect(world.ended).toEqual([]);
  });
});
