import { describe, expect, test } from 'vitest';
import { Cutter } from './cutter.ts';
import { SessionWorld } from './session-world.ts';
import { OLDER_CHUNK_MS, speech } from './speech.ts';

describe('while we do not read a socket', () => {
  test('[SEG42] no pause cuts, and afterwards one counts from then', () => {
    const cutter = new Cutter().hear(speech(1000)).to(500).stopReading().to(20_000).readOn();
    expect(cutter.story).toEqual([]);
    expect(cutter.to(22_999).hear(speech(300)).to(30_000).story).toEqual(['pause@26449: 1000 300']);
  });

  test('[SEG42] what comes late by that is no gap', () => {
    const cutter = new Cutter().hear(speech(1000)).stopReading();
    cutter.to(9000).hear(speech(300)).to(9500).readOn().hear(speech(301)).final().to(12_000);
    expect(cutter.story).toEqual(['manual@9700: 1000 300 301']);
  });

  test('[SEG42] [SEG7] a final waits for the audio that it overtook', () => {
    const cutter = new Cutter().hear(speech(OLDER_CHUNK_MS)).final().stopReading().to(5000);
    expect(cutter.story).toEqual([]);
    cutter.readOn().to(5010).hear(speech(1500)).to(6000);
    expect(cutter.story).toEqual([`manual@5200: ${OLDER_CHUNK_MS} 1500`]);
  });

  test('[SEG42] [SEG8] a final that met no speech, too', () => {
    const cutter = new Cutter().stopReading().final().to(5000).readOn().hear(speech(1500)).to(6000);
    expect(cutter.story).toEqual(['manual@5200: 1500']);
    expect(cutter.segmenter.emptyFinals).toBe(0);
  });

  test('[SEG42] a final waits once: whoever floods us does not put off its own result', () => {
    const cutter = new Cutter().hear(speech(1000)).final();
    for (let at = 0; at < 100; at += 1)
      cutter
        .stopReading()
        .to(at * 10 + 5)
        .readOn()
        .to(at * 10 + 10);
    expect(cutter.cuts.map(({ atMs }) => atMs)).toEqual([205]);
  });

  test('[SEG42] [SEG6] where there is no hangover nothing is waited for', () => {
    const world = new SessionWorld({ init: { capabilities: ['resume'] } });
    world.chunk(speech(1000));
    world.tell({ kind: 'reading', isRead: false });
    world.final();
    expect(world.submitted).toHaveLength(1);
  });

  test('[SEG42] [SES15] the session sets its timer off and on', () => {
    const world = new SessionWorld();
    world.chunk(speech(1000));
    world.tell({ kind: 'reading', isRead: false });
    expect(world.timers.has('segment')).toBe(false);
    world.advance(60_000);
    world.tell({ kind: 'reading', isRead: true });
    world.advance(3149);
    expect(world.submitted).toEqual([]);
    world.advance(1);
    expect(world.submitted).toMatchObject([{ cut: 'pause', audioMs: 1000 }]);
  });

  test('[SEG42] [SES41] a socket that is lost meanwhile is no longer waited for', () => {
    const world = new SessionWorld({ init: { capabilities: ['resume'] } });
    world.chunk(speech(1000));
    world.tell({ kind: 'reading', isRead: false });
    world.goAway();
    world.comeBack();
    world.advance(10_000);
    expect(world.submitted).toMatchObject([{ cut: 'pause', audioMs: 1000 }]);
  });

  test('[SEG42] [SEG35] audio that was dropped is over when what follows it was read', () => {
    const world = new SessionWorld();
    world.tell({ kind: 'reading', isRead: false });
    world.tell({ kind: 'audioShed', durationMs: 500 });
    world.advance(60_000);
    expect(world.outcomes).toEqual([]);
    world.tell({ kind: 'reading', isRead: true });
    world.chunk(speech(1000), { isFinal: true });
    world.advance(10_000);
    expect(world.submitted).toMatchObject([{ utteranceIndex: 0, audioMs: 1000 }]);
    expect(world.outcomes).toEqual([]);
  });

  test('[SEG42] [SEG35] and without anything behind it ends as ever, with its final as without', () => {
    const world = new SessionWorld();
    world.tell({ kind: 'audioShed', durationMs: 500 });
    world.tell({ kind: 'reading', isRead: false });
    world.advance(60_000);
    world.tell({ kind: 'reading', isRead: true });
    world.advance(3000);
    expect(world.outcomes).toEqual(['0 timeout']);
    world.tell({ kind: 'audioShed', durationMs: 500 });
    world.tell({ kind: 'reading', isRead: false });
    world.final();
    world.advance(60_000);
    world.tell({ kind: 'reading', isRead: true });
    world.advance(200);
    expect(world.outcomes).toEqual(['0 timeout', '1 timeout']);
  });

  test('[SEG42] [IDX3] an `utterance` leaps over nobody that may be on its way', () => {
    const world = new SessionWorld();
    world.utterance(0, speech(1000));
    world.tell({ kind: 'reading', isRead: false });
    world.utterance(2, speech(1002));
    world.advance(5000);
    expect(world.submitted).toHaveLength(1);
    world.tell({ kind: 'reading', isRead: true });
    world.advance(299);
    world.utterance(1, speech(1001));
    expect(world.submitted.map(({ utteranceIndex, audioMs }) => [utteranceIndex, audioMs])).toEqual([
      [0, 1000],
      [1, 1001],
      [2, 1002],
    ]);
    world.utterance(9, speech(1009));
    world.advance(300);
    expect(world.submitted.at(-1)).toMatchObject({ utteranceIndex: 9 });
  });
});
