import { describe, expect, test } from 'vitest';
import { resultSpeechBytes } from '#core/session/buffered-audio.ts';
import { SessionWorld } from './session-world.ts';
import { speech } from './speech.ts';

const SPEECH_BYTES = 1000;
const tts_audio = { base64: new Uint8Array(SPEECH_BYTES), rawBytes: 750 };

/** The first of these is open; the others are ready and wait for it. */
const waitingWorld = (count: number, capabilities: string[] = []) => {
  const world = new SessionWorld({ init: { capabilities } });
  const requests = Array.from({ length: count + 1 }, () => world.say(speech(500)));
  for (const request of requests.slice(1)) world.answer(request, { tts_audio });
  const [first] = requests;
  if (first === undefined) throw new Error('nothing was said');
  return { world, first };
};

const withSpeech = (world: SessionWorld) =>
  world.sentOf('translation_result').map((message) => message.tts_audio !== null);

describe('speech of results', () => {
  test('[GAT57] is known while they wait for their turn, and afterwards while they are kept for a return', () => {
    const legacy = waitingWorld(3);
    expect(resultSpeechBytes(legacy.world.state)).toBe(3 * SPEECH_BYTES);
    legacy.world.answer(legacy.first, { tts_audio });
    expect(resultSpeechBytes(legacy.world.state)).toBe(0);

    const resumable = waitingWorld(3, ['resume', 'ack']);
    resumable.world.answer(resumable.first, { tts_audio });
    expect(resultSpeechBytes(resumable.world.state)).toBe(4 * SPEECH_BYTES);
    resumable.world.message({
      type: 'delivery_ack',
      session_id: resumable.world.state.sessionId,
      delivery_seq: 3,
    });
    expect(resultSpeechBytes(resumable.world.state)).toBe(SPEECH_BYTES);
  });

  test('[GAT57] of a session that is lost is nobody’s', () => {
    const { world } = waitingWorld(3);
    world.goAway();
    expect(resultSpeechBytes(world.state)).toBe(0);
  });

  test('[GAT57] makes room where it is kept for a return, the oldest first; the texts stay and none is lost', () => {
    const { world, first } = waitingWorld(3, ['resume']);
    world.answer(first, { tts_audio });
    world.goAway();
    world.tell({ kind: 'speechOver', keptBytes: 1500, waitingBytes: 0 });
    expect(resultSpeechBytes(world.state)).toBe(2 * SPEECH_BYTES);
    expect(world.count('result_speech_shed_total{kept}')).toBe(2);
    world.comeBack();
    expect(world.outcomes).toEqual([0, 1, 2, 3]);
    expect(withSpeech(world)).toEqual([false, false, true, true]);
    expect(world.sentOf('translation_result')[0]).toMatchObject({ text_translated: 'meant 0' });
  });

  test('[GAT57] that waits for its turn stays below the bound, and at it makes room too, announced, the last first', () => {
    const { world, first } = waitingWorld(4, ['notices']);
    world.tell({ kind: 'speechOver', keptBytes: 4000, waitingBytes: 0 });
    expect(resultSpeechBytes(world.state)).toBe(4 * SPEECH_BYTES);
    world.tell({ kind: 'speechOver', keptBytes: 4000, waitingBytes: 1500 });
    expect(world.sentOf('notice')).toMatchObject([
      { kind: 'shed', reason: 'speech_backlog', utterance_index: 4 },
      { kind: 'shed', reason: 'speech_backlog', utterance_index: 3 },
    ]);
    expect(world.count('result_speech_shed_total{waiting}')).toBe(2);
    world.answer(first, { tts_audio });
    expect(world.outcomes).toEqual([0, 1, 2, 3, 4]);
    expect(withSpeech(world)).toEqual([true, true, true, false, false]);
  });

  test('[GAT57] what is kept makes room before what waits', () => {
    const world = new SessionWorld({ init: { capabilities: ['resume'] } });
    world.answer(world.say(speech(500)), { tts_audio });
    world.say(speech(500));
    world.answer(world.say(speech(500)), { tts_audio });
    world.tell({ kind: 'speechOver', keptBytes: 2000, waitingBytes: 1000 });
    expect([world.state.outbox.speechBytes, world.state.results.speechBytes]).toEqual([0, SPEECH_BYTES]);
  });
});
