import { describe, expect, test } from 'vitest';
import type { ConnectionId } from '#protocol/ids.ts';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { silence, speech } from './speech.ts';

const resumable = (settings = {}, capabilities: string[] = ['resume', 'ack']) =>
  new SessionWorld({ init: { capabilities }, settings });

const types = (world: SessionWorld) => world.sent.map(({ type }) => type);
const numbers = (world: SessionWorld) =>
  world.sent.flatMap((message) =>
    message.type === 'translation_result' || message.type === 'missing_result' ? [message.delivery_seq] : [],
  );

describe('asking for it', () => {
  test('[SES40] the ack brings a token and how long it is good for', () => {
    expect(resumable().sent[0]).toMatchObject({
      capabilities: ['resume', 'ack'],
      resume_token: 'token-1',
      resume_window_ms: 120_000,
    });
    expect(new SessionWorld({ init: { capabilities: ['ack'] } }).sent[0]).not.toHaveProperty('resume_token');
  });

  test('[SES40] without a window it is not granted, and a lost socket is the end', () => {
    const world = resumable({ resumeWindowMs: 0 });
    expect(world.sent[0]).toMatchObject({ capabilities: ['ack'] });
    world.goAway();
    expect(world.ended).toEqual(['socket_lost']);
  });
});

describe('away', () => {
  test('[SES41] [W3] [W45] jobs go on, outcomes are kept, nothing is cancelled and nothing discarded', () => {
    const world = resumable();
    const request = world.say(speech(1000));
    world.chunk(speech(500));
    world.goAway();
    world.advance(60_000);
    world.answer(request);
    expect(world.cancelled).toEqual([]);
    expect(world.count('audio_discarded_ms_total')).toBe(0);
    expect(world.state.outbox.entries.map(({ deliverySeq }) => deliverySeq)).toEqual([1]);
    expect(world.ended).toEqual([]);
    expect(world.count('sessions_away_total')).toBe(1);
  });

  test('[SES41] no pause is seen while nobody can be heard, and what comes back belongs to what was growing', () => {
    const world = resumable();
    world.chunk(speech(500));
    world.goAway();
    world.advance(100_000);
    expect(world.submitted).toEqual([]);
    world.comeBack();
    world.chunk(speech(400));
    expect(world.submitted).toEqual([]);
    world.final();
    expect(world.submitted).toMatchObject([{ audioMs: 900, cut: 'manual' }]);
  });

  test('[SES41] after the return a pause counts from then on', () => {
    const world = resumable();
    world.chunk(speech(500));
    world.goAway();
    world.advance(100_000);
    world.comeBack();
    world.advance(3000 + 150);
    expect(world.submitted).toMatchObject([{ audioMs: 500, cut: 'pause' }]);
  });

  test('[SES41] a cut that was decided before is made', () => {
    const world = resumable();
    world.chunk(speech(20_000));
    world.goAway();
    world.advance(150);
    expect(world.submitted).toMatchObject([{ audioMs: 20_000, cut: 'max_duration' }]);
  });

  test('[SES41] playback that was under way is over', () => {
    const world = resumable();
    const request = world.say(speech(1000));
    world.answer(request);
    const group_id = world.sentOf('translation_result')[0]?.group_id ?? '';
    world.message({
      type: 'tts_started',
      session_id: SESSION_ID,
      trace_id: 't',
      group_id,
      ts_start_ms: 0,
    });
    world.chunk(speech(500));
    world.goAway();
    world.advance(100_000);
    expect(world.submitted).toHaveLength(1);
    world.comeBack(1);
    world.advance(3000 + 150);
    expect(world.submitted).toHaveLength(2);
  });

  test('[SES44] when the window is over it ends as on any lost socket, and what was never seen is counted', () => {
    const world = resumable({ resumeWindowMs: 30_000 });
    const requests = [world.say(speech(1000)), world.say(speech(1000)), world.say(speech(1000))];
    const [first, second, third] = requests;
    if (first !== undefined) world.answer(first);
    world.chunk(speech(400));
    world.goAway();
    if (second !== undefined) world.answer(second);
    world.advance(29_999);
    expect(world.ended).toEqual([]);
    world.advance(1);
    expect(world.ended).toEqual(['socket_lost']);
    expect(world.cancelled).toMatchObject([{ jobId: third?.jobId, reason: 'cancelled' }]);
    expect(world.count('results_missing_total{cancelled}')).toBe(1);
    expect(world.count('outcomes_never_fetched_total')).toBe(1);
    expect(world.count('audio_discarded_ms_total{cancelled}')).toBe(400);
  });

  test('[SES49] a drain ends it at once, for nobody can come back to a process that goes', () => {
    const world = resumable();
    world.say(speech(1000));
    world.goAway();
    world.tell({ kind: 'drainStarted' });
    expect(world.ended).toEqual(['socket_lost']);
    expect(world.cancelled).toHaveLength(1);
  });

  test('[SES49] and so does the loss of the socket during one', () => {
    const world = resumable();
    world.say(speech(1000));
    world.tell({ kind: 'drainStarted' });
    world.goAway();
    expect(world.ended).toEqual(['socket_lost']);
  });
});

describe('coming back', () => {
  test('[SES42] the ack, every outcome that was not seen in order, then what comes', () => {
    const world = resumable();
    const requests = [1, 2, 3, 4].map(() => world.say(speech(1000)));
    const [first, second, third, fourth] = requests;
    if (first !== undefined) world.answer(first);
    if (second !== undefined) world.answer(second);
    world.chunk(speech(200));
    world.goAway();
    if (third !== undefined) world.fail(third, 'timeout');
    world.comeBack(1);
    expect(world.sent[0]).toEqual({
      type: 'session_resume_ack',
      session_id: SESSION_ID,
      resume_token: 'token-2',
      resume_window_ms: 120_000,
      received_seq: 8,
      received_ms: 4200,
      covered_ms: 1000,
      next_utterance_index: 4,
    });
    expect(types(world)).toEqual(['session_resume_ack', 'translation_result', 'missing_result']);
    expect(numbers(world)).toEqual([2, 3]);
    expect(world.attached).toEqual(['conn-2']);
    expect(world.count('results_resent_total{whole}')).toBe(2);
    if (fourth !== undefined) world.answer(fourth);
    expect(numbers(world)).toEqual([2, 3, 4]);
    expect(world.timers.has('away')).toBe(false);
  });

  test('[SES42] before any chunk there is no number that was received', () => {
    const world = resumable();
    world.goAway();
    world.comeBack();
    expect(world.sent).toHaveLength(1);
    expect(world.sent[0]).not.toHaveProperty('received_seq');
    expect(world.sent[0]).toMatchObject({ received_ms: 0, covered_ms: 0, next_utterance_index: 0 });
  });

  test('[SES42] what was seen is not sent again, however often it comes back', () => {
    const world = resumable();
    const request = world.say(speech(1000));
    world.answer(request);
    for (let round = 0; round < 3; round += 1) {
      world.goAway();
      world.comeBack(0);
      expect(numbers(world)).toEqual([1]);
    }
    world.goAway();
    world.comeBack(1);
    expect(numbers(world)).toEqual([]);
    world.goAway();
    world.comeBack(0);
    expect(numbers(world)).toEqual([]);
  });

  test('[SES42] it may be any number of windows long, as long as each is kept', () => {
    const world = resumable({ resumeWindowMs: 10_000 });
    for (let round = 0; round < 5; round += 1) {
      world.goAway();
      world.advance(9000);
      world.comeBack();
    }
    world.advance(60_000);
    expect(world.ended).toEqual([]);
  });

  test('[SES43] the end of an earlier socket is no news', () => {
    const world = resumable();
    world.goAway();
    world.comeBack(0, 'conn-2');
    world.tell({ kind: 'socketLost', connectionId: 'conn-1' as ConnectionId });
    expect(world.state.away).toBeNull();
    world.tell({ kind: 'socketLost', connectionId: 'conn-2' as ConnectionId });
    expect(world.state.away).not.toBeNull();
  });

  test('[SES50] who comes back while the session closes gets the rest, and goodbye last', () => {
    const world = resumable();
    const requests = [world.say(speech(1000)), world.say(speech(1000))];
    const [first, second] = requests;
    world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'bye' });
    world.goAway();
    if (first !== undefined) world.answer(first);
    world.comeBack();
    expect(types(world)).toEqual(['session_resume_ack', 'translation_result']);
    if (second !== undefined) world.answer(second);
    expect(types(world).at(-1)).toBe('session_close_ack');
    expect(world.ended).toEqual(['closed']);
  });

  test('[SES50] a session that has closed meanwhile waits with its goodbye', () => {
    const world = resumable();
    const request = world.say(speech(1000));
    world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'bye' });
    world.goAway();
    world.answer(request);
    world.advance(60_000);
    expect(world.ended).toEqual([]);
    world.comeBack();
    expect(types(world)).toEqual(['session_resume_ack', 'translation_result', 'session_close_ack']);
    expect(world.ended).toEqual(['closed']);
  });

  test('[SES50] and after the window goes without one', () => {
    const world = resumable();
    world.say(speech(1000));
    world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'bye' });
    world.goAway();
    world.advance(120_000);
    expect(world.ended).toEqual(['socket_lost']);
    expect(world.count('results_missing_total{session_closed}')).toBe(1);
  });
});

describe('audio that is sent again', () => {
  test('[SES45] a number that does not go forward is a repeat, however far back', () => {
    const world = resumable();
    for (let seq = 0; seq < 200; seq += 1) world.chunk(speech(10), { seq });
    world.goAway();
    world.comeBack();
    for (let seq = 0; seq < 201; seq += 1) world.chunk(speech(10), { seq });
    expect(world.count('seq_repeats_total')).toBe(200);
    expect(world.state.acceptedAudioMs).toBe(2010);
  });

  test('[SES45] also one in a gap: it would come in the wrong place', () => {
    const world = resumable();
    for (const seq of [0, 1, 5, 3]) world.chunk(speech(10), { seq });
    expect(world.state.acceptedAudioMs).toBe(30);
  });

  test('[SES46] sentences that come all at once stay apart: a final ends what stands before it', () => {
    const world = resumable();
    world.chunk(speech(1000), { isFinal: true });
    world.chunk(speech(700));
    world.final();
    world.chunk(speech(300), { isFinal: true });
    expect(world.submitted.map(({ audioMs }) => audioMs)).toEqual([1000, 700, 300]);
    world.final();
    expect(world.count('empty_finals_total')).toBe(1);
  });

  test('[SEG3] nor does a long one that comes all at once grow beyond the longest', () => {
    const world = resumable();
    for (let at = 0; at < 700; at += 1) world.chunk(speech(100));
    world.final();
    const lengths = world.submitted.map(({ audioMs }) => audioMs);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(20_000 + 150 + 100);
    expect(lengths.reduce((sum, ms) => sum + ms, 0)).toBe(70_000);
  });
});

describe('what is told of audio', () => {
  const acks = (world: SessionWorld) => world.sentOf('audio_ack');

  test('[SES47] at least every second of it, with how far it came and what the client may forget', () => {
    const world = resumable();
    for (let at = 0; at < 25; at += 1) world.chunk(speech(100));
    expect(acks(world)).toEqual([
      { type: 'audio_ack', session_id: SESSION_ID, received_seq: 9, received_ms: 1000, covered_ms: 0 },
      { type: 'audio_ack', session_id: SESSION_ID, received_seq: 19, received_ms: 2000, covered_ms: 0 },
    ]);
  });

  test('[SES47] behind each outcome, which covers its audio and no more', () => {
    const world = resumable();
    const requests = [world.say(speech(1000)), world.say(speech(1000))];
    const [first, second] = requests;
    world.chunk(speech(300));
    if (second !== undefined) world.answer(second);
    expect(acks(world).at(-1)?.covered_ms).toBe(0);
    if (first !== undefined) world.answer(first);
    expect(types(world).at(-1)).toBe('audio_ack');
    expect(acks(world).at(-1)).toMatchObject({ received_ms: 2300, covered_ms: 2000 });
    world.final();
    const third = world.submitted[2];
    if (third !== undefined) world.fail(third, 'timeout');
    expect(acks(world).at(-1)).toMatchObject({ received_ms: 2300, covered_ms: 2300 });
  });

  test('[SES47] discarded silence is covered, and what may be kept as padding is not', () => {
    const world = resumable();
    for (let at = 0; at < 10; at += 1) world.chunk(silence(200));
    const last = acks(world).at(-1);
    expect(last?.received_ms).toBe(2000);
    expect(last?.covered_ms).toBeGreaterThanOrEqual(1700);
    expect(last?.covered_ms).toBeLessThan(2000);
  });

  test('[SES47] an utterance that waits for lower indices is not covered', () => {
    const world = resumable();
    world.utterance(3, speech(2000));
    expect(acks(world).at(-1)).toMatchObject({ received_ms: 2000, covered_ms: 0 });
  });

  test('[SES47] what left while nobody heard is covered only when the client says that it has it', () => {
    const world = resumable();
    const request = world.say(speech(1000));
    world.goAway();
    world.answer(request);
    world.comeBack(0);
    expect(world.sent[0]).toMatchObject({ received_ms: 1000, covered_ms: 0 });
    world.goAway();
    world.comeBack(1);
    expect(world.sent[0]).toMatchObject({ received_ms: 1000, covered_ms: 1000 });
  });

  test('[SES47] nothing of it to a client that was not granted it', () => {
    const world = resumable({}, ['resume']);
    const request = world.say(speech(3000));
    world.answer(request);
    world.chunk(speech(100), { seq: 90 });
    expect(acks(world)).toEqual([]);
  });

  test('[SES51] a gap is told at once, with the numbers that never came', () => {
    const world = resumable();
    world.chunk(speech(10), { seq: 4 });
    world.chunk(speech(10), { seq: 9 });
    expect(acks(world)).toEqual([
      {
        type: 'audio_ack',
        session_id: SESSION_ID,
        received_seq: 9,
        received_ms: 20,
        covered_ms: 0,
        missing_from_seq: 5,
        missing_to_seq: 8,
      },
    ]);
    world.chunk(speech(1000));
    expect(acks(world).at(-1)).not.toHaveProperty('missing_from_seq');
  });

  test('[SES48] outcomes that the client has are forgotten', () => {
    const world = resumable();
    const requests = [1, 2, 3].map(() => world.say(speech(1000)));
    for (const request of requests) world.answer(request);
    world.message({ type: 'delivery_ack', session_id: SESSION_ID, delivery_seq: 2 });
    expect(world.state.outbox.entries.map(({ deliverySeq }) => deliverySeq)).toEqual([3]);
  });

  test('[SES52] binary frames are promised to those who asked', () => {
    expect(resumable({}, ['binary']).sent[0]).toMatchObject({ use_binary_frame: true });
    expect(resumable().sent[0]).toMatchObject({ use_binary_frame: false });
  });
});
