import { describe, expect, test } from 'vitest';
import { SessionWorld } from './session-world.ts';
import { silence, speech } from './speech.ts';

const CAPTIONED = { init: { capabilities: ['partials'] } };

describe('a job is opened while it is spoken', () => {
  test('[CAP1] after half a second of speech, silence before it not counted, under the name it keeps', () => {
    const world = new SessionWorld(CAPTIONED);
    world.chunk(silence(260));
    world.chunk(speech(260));
    expect(world.opened).toEqual([]);
    world.chunk(speech(260));
    const [open] = world.opened;
    expect(open).toMatchObject({ utteranceIndex: 0, audioMs: 780 });
    expect(open?.audio).toHaveLength(3);
    world.final();
    world.advance(200);
    expect(world.submitted).toHaveLength(1);
    expect(world.submitted[0]).toMatchObject({ jobId: open?.jobId, utteranceIndex: 0, cut: 'manual' });
    expect(world.state.openUtterance).toBeNull();
  });

  test('[CAP1] not for clients without partials, and not once its end is decided', () => {
    const legacy = new SessionWorld();
    legacy.chunk(speech(2560));
    expect(legacy.opened).toEqual([]);
    const ended = new SessionWorld(CAPTIONED);
    ended.chunk(speech(260));
    ended.final();
    ended.chunk(speech(2560));
    expect(ended.opened).toEqual([]);
  });

  test('[CAP1] the next utterance gets the next index, whichever way it comes', () => {
    const world = new SessionWorld(CAPTIONED);
    world.chunk(speech(2560));
    world.utterance(0, speech(1500));
    expect(world.submitted.map(({ utteranceIndex }) => utteranceIndex)).toEqual([0, 1]);
    expect(world.submitted[0]?.jobId).toBe(world.opened[0]?.jobId);
    expect(world.submitted[0]?.cut).toBe('gap');
    world.chunk(speech(2560));
    expect(world.opened[1]?.utteranceIndex).toBe(2);
  });

  test('[CAP1] while an utterance waits for its index nothing is opened that may have to stand behind it', () => {
    const world = new SessionWorld(CAPTIONED);
    world.utterance(5, speech(1500));
    world.chunk(speech(2560));
    expect(world.opened).toEqual([]);
    world.advance(300);
    world.chunk(speech(260));
    expect(world.opened.map(({ utteranceIndex }) => utteranceIndex)).toEqual([6]);
  });

  test('[CAP1] [SEG35] an utterance that was shed whole comes after what was being spoken', () => {
    const world = new SessionWorld(CAPTIONED);
    world.chunk(speech(2560));
    const message = {
      type: 'utterance',
      session_id: world.state.sessionId,
      utterance_index: 0,
      manual_cut: true,
      src_lang: 'zh',
      tgt_lang: 'en',
      audio_format: 'opus',
      sample_rate: 16_000,
      audio: speech(1500),
    } as const;
    world.tell({ kind: 'clientMessage', message, shedMs: 1500 });
    const [spoken] = world.submitted;
    expect(spoken).toMatchObject({ jobId: world.opened[0]?.jobId, utteranceIndex: 0 });
    if (spoken !== undefined) world.answer(spoken);
    expect(world.outcomes).toEqual([0, '1 shed']);
  });

  test('[CAP3] audio goes on in portions, and stops when nobody listens', () => {
    const world = new SessionWorld(CAPTIONED);
    world.chunk(speech(600));
    for (let at = 0; at < 4; at += 1) world.chunk(speech(100));
    expect(world.appended.map(({ fromPiece, pieces }) => [fromPiece, pieces.length])).toEqual([
      [1, 2],
      [3, 2],
    ]);
    const jobId = world.opened[0]?.jobId;
    expect(jobId).toBeDefined();
    if (jobId !== undefined) world.tell({ kind: 'openJobRefused', jobId });
    world.chunk(speech(600));
    expect(world.appended).toHaveLength(2);
    world.final();
    world.advance(200);
    expect(world.submitted[0]?.audio).toHaveLength(6);
  });

  test('[CAP4] its texts are shown before the cut, and what is settled stays settled after it', () => {
    const world = new SessionWorld(CAPTIONED);
    world.chunk(speech(2560));
    const [open] = world.opened;
    if (open === undefined) throw new Error('no job was opened');
    world.partial(open.jobId, 'one two', { revision: 1, settled: 'one', tentative: ' two' });
    world.final();
    world.advance(200);
    world.partial(open.jobId, 'on three', { revision: 2, settled: 'on', tentative: ' three' });
    const shown = world.sentOf('asr_partial');
    expect(shown[0]).toMatchObject({
      utterance_index: 0,
      job_id: open.jobId,
      settled: 'one',
      tentative: ' two',
    });
    for (const { settled } of shown) expect(settled?.startsWith('one')).toBe(true);
  });

  test('[CAP8] it goes with its session, and is cut with it at close', () => {
    const lost = new SessionWorld(CAPTIONED);
    lost.chunk(speech(2560));
    lost.tell({ kind: 'socketLost' });
    expect(lost.cancelled).toMatchObject([{ jobId: lost.opened[0]?.jobId, reason: 'cancelled' }]);
    const closed = new SessionWorld(CAPTIONED);
    closed.chunk(speech(2560));
    closed.message({ type: 'session_close', session_id: closed.state.sessionId, reason: 'test' });
    expect(closed.submitted[0]?.jobId).toBe(closed.opened[0]?.jobId);
    expect(closed.cancelled).toEqual([]);
  });

  test('[CAP8] where too many utterances are open it is given up with its place', () => {
    const world = new SessionWorld({ ...CAPTIONED, settings: { openUtterancesMax: 1 } });
    world.chunk(speech(2560));
    world.utterance(9, speech(1500));
    world.advance(300);
    expect(world.submitted).toHaveLength(1);
    expect(world.opened).toHaveLength(1);
    world.chunk(speech(2560));
    expect(world.opened).toHaveLength(1);
  });
});
