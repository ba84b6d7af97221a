import { describe, expect, test } from 'vitest';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { silence, speech } from './speech.ts';

const asking = (): SessionWorld => {
  const world = new SessionWorld({ init: { capabilities: ['notices'] } });
  world.clearRecord();
  return world;
};
const shed = (world: SessionWorld, durationMs: number): void => world.tell({ kind: 'audioShed', durationMs });

describe('audio that was shed', () => {
  test('[SEG35] is announced, and a pause after it ends an utterance that is missing', () => {
    const world = asking();
    shed(world, 1000);
    expect(world.sentOf('notice')).toMatchObject([{ kind: 'shed', utterance_index: 0 }]);
    shed(world, 500);
    world.advance(500 + 3000 - 1);
    expect(world.outcomes).toEqual([]);
    world.advance(1);
    expect(world.outcomes).toEqual(['0 shed']);
    expect(world.submitted).toEqual([]);
    expect(world.say(speech(1000)).utteranceIndex).toBe(1);
  });

  test('[SEG35] a final ends it, unless speech comes within the hangover', () => {
    const world = asking();
    shed(world, 1000);
    world.final();
    world.advance(200);
    expect(world.outcomes).toEqual(['0 shed']);
    shed(world, 1000);
    world.final();
    world.chunk(speech(300));
    world.advance(5000);
    expect(world.submitted).toMatchObject([{ utteranceIndex: 1, audioMs: 300, cut: 'manual' }]);
    expect(world.outcomes).toEqual(['0 shed']);
  });

  test('[SEG35] in the middle of an utterance it costs the utterance that part alone', () => {
    const world = asking();
    world.chunk(speech(1000));
    shed(world, 1000);
    world.chunk(speech(1000));
    world.final();
    world.advance(10_000);
    expect(world.submitted).toMatchObject([{ audioMs: 2000 }]);
    expect(world.outcomes).toEqual([]);
  });

  test('[SEG35] a chunk that ends an utterance ends it without its audio', () => {
    const world = asking();
    world.tell({
      kind: 'clientMessage',
      message: { type: 'audio_chunk', session_id: SESSION_ID, seq: 0, is_final: true, audio: null },
      shedMs: 800,
    });
    world.advance(200);
    expect(world.outcomes).toEqual(['0 shed']);
  });

  test('[SEG35] an utterance message keeps its index, and a repeat of it is one', () => {
    const world = asking();
    const message = {
      type: 'utterance',
      session_id: SESSION_ID,
      utterance_index: 0,
      manual_cut: true,
      src_lang: 'zh',
      tgt_lang: 'en',
      audio: silence(0),
      audio_format: 'opus',
      sample_rate: 16_000,
    } as const;
    world.tell({ kind: 'clientMessage', message, shedMs: 2000 });
    world.tell({ kind: 'clientMessage', message, shedMs: 2000 });
    expect(world.outcomes).toEqual(['0 shed']);
    expect(world.count('utterance_index_repeats_total')).toBe(1);
  });

  test('[SEG35] short utterance messages are pieces of a stream: many of them are one loss', () => {
    const world = asking();
    const piece = {
      type: 'utterance',
      session_id: SESSION_ID,
      manual_cut: false,
      src_lang: 'zh',
      tgt_lang: 'en',
      audio: silence(0),
      audio_format: 'opus',
      sample_rate: 16_000,
    } as const;
    for (const utterance_index of [0, 1, 2]) {
      world.tell({ kind: 'clientMessage', message: { ...piece, utterance_index }, shedMs: 200 });
    }
    world.advance(4000);
    expect(world.outcomes).toEqual(['0 shed']);
  });

  test('[SEG35] [SES5] what was shed before the close is missing, too', () => {
    const world = asking();
    shed(world, 1000);
    world.message({ type: 'session_close', session_id: SESSION_ID, reason: 'done' });
    expect(world.outcomes).toEqual(['0 shed']);
    expect(world.ended).toEqual(['closed']);
  });
});

describe('while we hold the client in PAUSE', () => {
  test('[SEG36] neither timer nor gap cuts; afterwards a pause counts from the end', () => {
    const world = asking();
    world.chunk(speech(1000));
    world.tell({ kind: 'audioHeld', forMs: 6000 });
    expect(world.sentOf('notice')).toMatchObject([{ kind: 'slow_down', retry_after_ms: 6000 }]);
    world.advance(5000);
    world.chunk(speech(1000));
    expect(world.submitted).toEqual([]);
    world.advance(1000 + 3000 + 150);
    expect(world.submitted).toMatchObject([{ audioMs: 2000, cut: 'pause' }]);
  });

  test('[SEG36] a client that is asked again while it waits is held until the later end', () => {
    const world = asking();
    world.chunk(speech(100));
    world.tell({ kind: 'audioHeld', forMs: 5000 });
    world.advance(4900);
    world.tell({ kind: 'audioHeld', forMs: 5000 });
    world.advance(5000 + 3000 + 149);
    expect(world.submitted).toEqual([]);
    world.advance(1);
    expect(world.submitted).toMatchObject([{ cut: 'pause' }]);
  });

  test('[SEG36] [SEG13] playback and PAUSE may overlap: the later end counts', () => {
    const world = asking();
    world.answer(world.say(speech(1000)));
    const [result] = world.sentOf('translation_result');
    const group = { session_id: SESSION_ID, trace_id: 't', group_id: result?.group_id ?? '' };
    world.chunk(speech(500));
    world.message({ type: 'tts_started', ...group, ts_start_ms: 0 });
    world.tell({ kind: 'audioHeld', forMs: 1000 });
    world.advance(9000);
    world.message({ type: 'tts_play_ended', ...group, ts_end_ms: 0 });
    world.advance(3000 + 149);
    expect(world.submitted).toHaveLength(1);
    world.advance(1);
    expect(world.submitted).toHaveLength(2);
  });
});
