import { describe, expect, test } from 'vitest';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { OLDER_CHUNK_MS, silence, speech } from './speech.ts';

describe('chunks', () => {
  test('[SEG1] [SEG16] become the job of one utterance, with the session’s words (case 17)', () => {
    const world = new SessionWorld({
      init: {
        src_lang: 'auto',
        dialect: 'cantonese',
        features: { emotion_detection: true },
        mode: 'two_way_auto',
        lang_a: 'zh',
        lang_b: 'en',
        auto_langs: ['zh', 'en'],
      },
    });
    const pieces = [speech(100), speech(200), speech(300)];
    for (const piece of pieces) world.chunk(piece);
    world.final();
    world.advance(200);
    const [request] = world.submitted;
    expect(request).toEqual({
      jobId: request?.jobId,
      sessionId: SESSION_ID,
      tenant: 'default',
      utteranceIndex: 0,
      srcLang: 'auto',
      tgtLang: 'en',
      dialect: 'cantonese',
      features: { emotion_detection: true },
      pipeline: { use_asr: true, use_nmt: true, use_tts: true },
      mode: 'two_way_auto',
      langA: 'zh',
      langB: 'en',
      autoLangs: ['zh', 'en'],
      audio: pieces,
      encoding: 'opus',
      sampleRateHz: 16_000,
      audioMs: 600,
      audioStartMs: 0,
      audioBytes: 1800,
      cut: 'manual',
      paddingMs: 280,
      cutFlags: 'manual',
      traceId: 'trace-1',
      priority: 2,
    });
    expect(request?.audio.every((piece, at) => piece === pieces[at])).toBe(true);
    expect(world.count('utterances_cut_total{manual}')).toBe(1);
    expect(world.count('web_task_finalized_total{send}')).toBe(1);
  });

  test('[SEG16] [W10] padding by the kind of cut (case 30)', () => {
    const world = new SessionWorld({ settings: { utteranceMaxBytes: 3000 } });
    world.say(speech(100));
    world.chunk(speech(100));
    world.advance(10_000);
    world.chunk(speech(1000));
    world.chunk(speech(1000), { isFinal: true });
    world.advance(200);
    expect(world.submitted.map(({ cut, paddingMs }) => [cut, paddingMs])).toEqual([
      ['manual', 280],
      ['pause', 220],
      ['max_length', undefined],
      ['manual', 280],
    ]);
    expect(world.count('web_task_finalized_total{pause}')).toBe(1);
  });

  test('[SES8] [SES15] one that cuts nothing sets a timer where none is set, and causes nothing else', () => {
    const world = new SessionWorld();
    world.chunk(speech(96));
    expect(world.lastEffects).toEqual([{ kind: 'setTimer', key: 'segment', atMs: world.atMs + 96 + 3000 }]);
    world.advance(96);
    world.chunk(speech(96));
    expect(world.lastEffects).toEqual([]);
    world.chunk(null);
    expect(world.lastEffects).toEqual([]);
  });

  test('[SES8] the pause still counts from the last chunk: the timer looks again when it fires', () => {
    const world = new SessionWorld();
    world.chunk(speech(96));
    world.advance(2000);
    world.chunk(speech(96));
    world.advance(3000);
    expect(world.submitted).toEqual([]);
    world.advance(96 + world.state.settings.hangoverAutoMs);
    expect(world.submitted).toMatchObject([{ cut: 'pause', audioMs: 192 }]);
  });

  test('[SES8] accepted audio is counted once a second, and with whatever happens next', () => {
    const world = new SessionWorld();
    for (let n = 0; n < 11; n += 1) world.chunk(speech(96));
    expect(world.count('audio_received_ms_total')).toBe(1056);
    world.chunk(speech(96));
    expect(world.count('audio_received_ms_total')).toBe(1056);
    world.tell({ kind: 'socketLost' });
    expect(world.count('audio_received_ms_total')).toBe(1152);
  });

  test('[SES15] silence before speech sets no timer, and a cut clears it', () => {
    const world = new SessionWorld();
    world.chunk(silence(260));
    expect(world.pending).toEqual([]);
    world.say(speech(96));
    expect(world.pending).toEqual([]);
  });

  test('[SES14] [W14] repeats are dropped, gaps are counted, and a repeated final ends nothing twice', () => {
    const world = new SessionWorld();
    world.chunk(speech(100), { seq: 0 });
    world.chunk(speech(100), { seq: 0 });
    world.chunk(speech(100), { seq: 4 });
    world.chunk(null, { seq: 5, isFinal: true });
    world.chunk(null, { seq: 5, isFinal: true });
    world.advance(1000);
    expect(world.submitted).toMatchObject([{ audioMs: 200 }]);
    expect(world.count('seq_repeats_total')).toBe(2);
    expect(world.count('seq_gaps_total')).toBe(1);
    expect(world.count('audio_received_ms_total')).toBe(200);
  });

  test('[IDX1] [SEG8] a final that meets no speech is counted and takes no index (case 18)', () => {
    const world = new SessionWorld();
    world.final();
    world.advance(5000);
    expect(world.count('empty_finals_total')).toBe(1);
    expect(world.say(speech(500)).utteranceIndex).toBe(0);
    expect(world.say(speech(500)).utteranceIndex).toBe(1);
  });

  test('[SEG7] [SEG8] [SEG11] what the older page does in one sentence: order race, then a storm of finals', () => {
    const world = new SessionWorld();
    world.final();
    world.advance(10);
    world.chunk(speech(OLDER_CHUNK_MS));
    world.advance(3000);
    for (let at = 0; at < 7; at += 1) {
      world.final();
      world.chunk(silence(260));
      world.advance(214);
    }
    world.advance(10_000);
    expect(world.submitted).toMatchObject([{ cut: 'manual', audioMs: OLDER_CHUNK_MS }]);
    expect(world.count('audio_discarded_ms_total{silence}')).toBe(6 * 260);
  });

  test('[IDX2] a page that reconnected gets indices from its first number on', () => {
    const world = new SessionWorld();
    world.nextSeq = 77;
    expect(world.say(speech(500)).utteranceIndex).toBe(77);
    expect(world.say(speech(500)).utteranceIndex).toBe(78);
  });

  test('[IDX2] a repeated first chunk moves nothing', () => {
    const world = new SessionWorld();
    world.chunk(speech(500), { seq: 0 });
    world.chunk(speech(500), { seq: 0 });
    world.final();
    world.advance(200);
    expect(world.submitted).toMatchObject([{ utteranceIndex: 0 }]);
  });
});

describe('playback', () => {
  const report = (world: SessionWorld, type: 'tts_started' | 'tts_play_ended', group_id: string): void => {
    const fields = { session_id: SESSION_ID, trace_id: 'trace-1', group_id };
    if (type === 'tts_started') world.message({ type, ...fields, ts_start_ms: 0 });
    else world.message({ type, ...fields, ts_end_ms: 0 });
  };

  const listening = (): { world: SessionWorld; groupId: string } => {
    const world = new SessionWorld();
    world.answer(world.say(speech(1000)));
    const groupId = world.sentOf('translation_result')[0]?.group_id ?? '';
    world.clearRecord();
    return { world, groupId };
  };

  test('[SEG13] holds pauses from its start to its end', () => {
    const { world, groupId } = listening();
    world.chunk(speech(500));
    report(world, 'tts_started', groupId);
    report(world, 'tts_started', groupId);
    world.advance(20_000);
    expect(world.submitted).toEqual([]);
    report(world, 'tts_play_ended', groupId);
    expect(world.pending).toEqual(['segment']);
    world.advance(3149);
    expect(world.submitted).toEqual([]);
    world.advance(1);
    expect(world.submitted).toMatchObject([{ cut: 'pause' }]);
  });

  test('[SEG13] for 30 s at most, however often its start is reported', () => {
    const { world, groupId } = listening();
    report(world, 'tts_started', groupId);
    world.chunk(speech(500));
    world.advance(15_000);
    report(world, 'tts_started', groupId);
    world.advance(15_000);
    expect(world.submitted).toEqual([]);
    world.advance(3150);
    expect(world.submitted).toMatchObject([{ cut: 'pause' }]);
  });

  test('[SEG13] [GRP2] of a group that is not ours holds nothing', () => {
    const { world } = listening();
    report(world, 'tts_started', 'group_s-9_1');
    report(world, 'tts_play_ended', 'group_s-9_1');
    world.chunk(speech(500));
    world.advance(3650);
    expect(world.submitted).toHaveLength(1);
    expect(world.count('messages_ignored_total')).toBe(2);
  });
});

describe('utterance messages', () => {
  test('[IDX6] one of 1 s or more is a job at once, as it is, with its own words', () => {
    const world = new SessionWorld({
      init: { dialect: 'cantonese', features: { speech_rate_detection: true } },
    });
    const audio = silence(1000, { encoding: 'pcm16', sampleRateHz: 8000 });
    world.utterance(0, audio, { tgt_lang: 'ja', trace_id: 'trace-9' });
    const [request] = world.submitted;
    expect(request).toMatchObject({
      utteranceIndex: 0,
      cut: 'utterance',
      tgtLang: 'ja',
      traceId: 'trace-9',
      encoding: 'pcm16',
      sampleRateHz: 8000,
      paddingMs: 220,
      features: { speech_rate_detection: true },
    });
    expect(request?.dialect).toBeUndefined();
    expect(request?.audio[0]).toBe(audio);
  });

  test('[IDX6] one with manual_cut is a job at once, however short', () => {
    const world = new SessionWorld();
    world.utterance(0, speech(200), { manual_cut: true });
    expect(world.submitted).toMatchObject([{ cut: 'utterance', audioMs: 200, paddingMs: 280 }]);
  });

  test('[IDX6] shorter ones are pieces of a stream, in their own format', () => {
    const world = new SessionWorld();
    for (let index = 0; index < 10; index += 1) {
      world.utterance(index, speech(200, { encoding: 'pcm16' }));
      world.advance(200);
    }
    world.advance(10_000);
    expect(world.submitted).toMatchObject([
      { utteranceIndex: 0, cut: 'pause', encoding: 'pcm16', audioMs: 2000 },
    ]);
  });

  test('[IDX6] without audio, manual_cut is a final', () => {
    const world = new SessionWorld();
    world.utterance(0, speech(200));
    world.utterance(1, speech(0, { byteCount: 0 }), { manual_cut: true });
    world.utterance(2, speech(0, { byteCount: 0 }));
    world.advance(200);
    expect(world.submitted).toMatchObject([{ cut: 'manual', audioMs: 200 }]);
  });

  test('[IDX6] speech in chunks before it is cut first', () => {
    const world = new SessionWorld();
    world.chunk(speech(600));
    world.utterance(0, speech(2000));
    expect(world.submitted).toMatchObject([
      { utteranceIndex: 0, cut: 'gap', audioMs: 600 },
      { utteranceIndex: 1, cut: 'utterance' },
    ]);
  });

  test('[IDX3] 2, 0, 1 become jobs 0, 1, 2 (case 36)', () => {
    const world = new SessionWorld();
    for (const index of [2, 0, 1]) world.utterance(index, speech(2000));
    expect(world.submitted.map(({ utteranceIndex }) => utteranceIndex)).toEqual([0, 1, 2]);
    expect(world.timers.has('jump')).toBe(false);
  });

  test('[IDX3] a leap waits 300 ms', () => {
    const world = new SessionWorld();
    world.utterance(4, speech(2000));
    world.advance(299);
    expect(world.submitted).toEqual([]);
    world.advance(1);
    expect(world.submitted).toMatchObject([{ utteranceIndex: 4 }]);
  });

  test('[IDX3] a cut may be what a leap waits for', () => {
    const world = new SessionWorld();
    world.chunk(speech(500));
    world.final();
    world.advance(100);
    world.utterance(2, speech(2000));
    world.say(speech(500));
    expect(world.submitted.map(({ utteranceIndex, cut }) => `${utteranceIndex} ${cut}`)).toEqual([
      '0 manual',
      '1 manual',
      '2 utterance',
    ]);
    expect(world.pending).toEqual([]);
  });

  test('[IDX3] a piece of a stream may be what a leap waits for', () => {
    const world = new SessionWorld();
    world.utterance(1, speech(2000));
    world.utterance(0, speech(200));
    expect(world.submitted).toMatchObject([{ utteranceIndex: 1 }]);
  });

  test('[IDX5] a repeat makes no second job and is counted (case 37)', () => {
    const world = new SessionWorld();
    world.utterance(0, speech(2000));
    world.utterance(0, speech(2000));
    expect(world.submitted).toHaveLength(1);
    expect(world.count('utterance_index_repeats_total')).toBe(1);
  });

  test('[SES21] one that is too large is refused naming the field, and takes no index', () => {
    const world = new SessionWorld({ settings: { utteranceMaxBytes: 5000 } });
    world.utterance(0, speech(2000, { byteCount: 5001 }));
    expect(world.sent.at(-1)).toMatchObject({
      type: 'error',
      code: 'INVALID_MESSAGE',
      details: { field: 'audio', expected: 'at most 5000 bytes of audio' },
    });
    world.utterance(0, speech(2000, { byteCount: 5000 }));
    expect(world.submitted).toMatchObject([{ utteranceIndex: 0 }]);
    expect(world.count('audio_received_ms_total')).toBe(2000);
  });
});

test('[SEG33] a chunk that waited for us is judged by the time it came', () => {
  const chunkAt = (seq: number) => ({
    type: 'audio_chunk' as const,
    session_id: SESSION_ID,
    seq,
    is_final: false,
    audio: speech(1000),
  });
  const world = new SessionWorld();
  world.message(chunkAt(0));
  const arrivedAtMs = world.atMs + 3000;
  world.atMs += 9000;
  world.tell({ kind: 'clientMessage', message: chunkAt(1), arrivedAtMs });
  expect(world.submitted).toEqual([]);
  world.atMs += 9000;
  world.message(chunkAt(2));
  expect(world.submitted).toMatchObject([{ audioMs: 2000, cut: 'gap' }]);
});
