import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cutter } from './cutter.ts';
import { SessionWorld } from './session-world.ts';
import { NEWER_CHUNK_MS, OLDER_CHUNK_MS, silence, speech } from './speech.ts';

describe('sentences that come in a burst, each with its final', () => {
  test('[SEG40] stay apart, each with its own audio', () => {
    const cutter = new Cutter().hear(speech(2000)).final().hear(speech(300)).hear(speech(301)).final();
    cutter.hear(speech(400)).final().to(1000);
    expect(cutter.story).toEqual(['manual@0: 2000', 'manual@0: 300 301', 'manual@200: 400']);
  });

  test('[SEG40] stay apart whatever their lengths, and however they are spread over their hangovers', () => {
    const sentence = fc.record({
      chunkMs: fc.array(fc.constantFrom(20, 96, 260, 2560), { minLength: 1, maxLength: 5 }),
      waitMs: fc.constantFrom(0, 0, 10, 60),
    });
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 2, maxLength: 8 }), (sentences) => {
        const cutter = new Cutter();
        for (const { chunkMs, waitMs } of sentences) {
          for (const durationMs of chunkMs) cutter.hear(speech(durationMs));
          cutter.to(cutter.atMs + waitMs).final();
        }
        cutter.to(cutter.atMs + 200);
        const heard = cutter.cuts.map(({ spoken }) => spoken.audio.map(({ durationMs }) => durationMs));
        expect(heard).toEqual(sentences.map(({ chunkMs }) => chunkMs));
      }),
      { numRuns: 300 },
    );
  });

  test('[SEG40] know their own offsets and arrival', () => {
    const cutter = new Cutter().to(1000).hear(speech(500)).final().to(1050);
    cutter.hear(speech(250), { stampWallMs: cutter.now.wallMs - 40 }).to(1100);
    cutter.final().to(2000);
    expect(cutter.cuts[1]?.spoken).toMatchObject({
      audioStartMs: 500,
      audioEndMs: 750,
      firstArrivedAtMs: 1050,
      uplinkMs: 40,
      speechStartWallMs: new Cutter().now.wallMs + 1050 - 250,
    });
  });

  test('[SEG40] [SEG18] finals with nothing but silence between them are one', () => {
    const cutter = new Cutter().hear(speech(2000)).final();
    for (let at = 1; at <= 6; at += 1)
      cutter
        .to(at * 30)
        .hear(silence(NEWER_CHUNK_MS))
        .final();
    cutter.to(1000);
    expect(cutter.cuts.map(({ spoken }) => spoken.audio.length)).toEqual([7]);
  });

  test('[SEG40] silence between a final and the next sentence is padding of that one, or discarded', () => {
    const cutter = new Cutter().hear(speech(2000)).final().hear(silence(250)).hear(silence(200));
    cutter.hear(speech(900)).final().to(1000);
    expect(cutter.story).toEqual(['manual@0: 2000', 'manual@200: 200s 900']);
    expect(cutter.segmenter.discardedMs).toBe(250);
  });

  test('[SEG40] behind a final that met nothing, too', () => {
    const cutter = new Cutter().final().hear(speech(500)).final().hear(speech(600)).final().to(1000);
    expect(cutter.story).toEqual(['manual@0: 500', 'manual@200: 600']);
  });

  test('[SEG40] become jobs in their order, in the words that were in effect', () => {
    const world = new SessionWorld();
    world.chunk(speech(500));
    world.final();
    world.message({ type: 'session_configure', tgt_lang: 'ja' });
    for (let at = 0; at < 3; at += 1) {
      world.chunk(speech(NEWER_CHUNK_MS));
      world.final();
    }
    world.advance(1000);
    expect(
      world.submitted.map(({ utteranceIndex, tgtLang, audioMs }) => [utteranceIndex, tgtLang, audioMs]),
    ).toEqual([
      [0, 'en', 500],
      [1, 'ja', NEWER_CHUNK_MS],
      [2, 'ja', NEWER_CHUNK_MS],
      [3, 'ja', NEWER_CHUNK_MS],
    ]);
  });
});

describe('more than a final can have overtaken', () => {
  test('[SEG41] is the next sentence, which goes on growing', () => {
    const cutter = new Cutter().hear(speech(2000)).final();
    cutter.hear(speech(NEWER_CHUNK_MS)).to(20).hear(speech(NEWER_CHUNK_MS)).to(400).hear(speech(100));
    cutter.final().to(1000);
    expect(cutter.story).toEqual(['manual@20: 2000', `manual@600: ${NEWER_CHUNK_MS} ${NEWER_CHUNK_MS} 100`]);
  });

  test('[SEG41] [SEG7] is not the one chunk that an older page sends right behind its final, nor what is spoken meanwhile', () => {
    const cutter = new Cutter().hear(speech(OLDER_CHUNK_MS)).final().to(10).hear(speech(OLDER_CHUNK_MS));
    cutter.to(110).hear(speech(96)).to(195).hear(speech(96)).to(1000);
    expect(cutter.story).toEqual([`manual@200: ${OLDER_CHUNK_MS} ${OLDER_CHUNK_MS} 96 96`]);
  });

  test('[SEG41] [SEG8] shows that a final which met no speech closed nothing', () => {
    const cutter = new Cutter().final().hear(speech(300)).hear(speech(300)).to(1000);
    expect(cutter.story).toEqual([]);
    expect(cutter.segmenter.emptyFinals).toBe(1);
    expect(cutter.final().to(2000).story).toEqual(['manual@1200: 300 300']);
  });

  test('[SEG41] is what it is, when the client had to wait: finals overtake what it kept back', () => {
    const cutter = new Cutter().hear(speech(2000)).freeze().final().thaw();
    for (let at = 0; at < 5; at += 1) cutter.hear(speech(NEWER_CHUNK_MS));
    expect(cutter.to(1000).story).toEqual([`manual@200: 2000${` ${NEWER_CHUNK_MS}`.repeat(5)}`]);
  });
});
