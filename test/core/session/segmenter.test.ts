import { describe, expect, test } from 'vitest';
import { Cutter, WISH } from './cutter.ts';
import { NEWER_CHUNK_MS, OLDER_CHUNK_MS, silence, speech } from './speech.ts';

describe('a final', () => {
  test('[SEG1] ends the utterance with its audio in order; the next one begins empty (case 16)', () => {
    const cutter = new Cutter().hear(speech(100)).to(100).hear(speech(101)).to(200).hear(speech(102)).final();
    cutter.to(1000).hear(speech(103)).final().to(2000);
    expect(cutter.story).toEqual(['manual@400: 100 101 102', 'manual@1200: 103']);
    expect(cutter.cuts[0]?.spoken.audio.every((piece, at) => piece === cutter.heard[at])).toBe(true);
  });

  test('[SEG6] [W6] takes audio that comes within its hangover', () => {
    const cutter = new Cutter().hear(speech(100)).final().to(199).hear(speech(50)).to(300);
    expect(cutter.story).toEqual(['manual@200: 100 50']);
  });

  test('[SEG6] a piece after the hangover begins the next utterance', () => {
    const cutter = new Cutter().hear(speech(100)).final().to(201).hear(speech(50)).final().to(500);
    expect(cutter.story).toEqual(['manual@200: 100', 'manual@401: 50']);
  });

  test('[SEG7] that overtakes its audio takes it along', () => {
    const cutter = new Cutter()
      .hear(speech(OLDER_CHUNK_MS))
      .to(3000)
      .final()
      .to(3010)
      .hear(speech(1500))
      .to(4000);
    expect(cutter.story).toEqual([`manual@3200: ${OLDER_CHUNK_MS} 1500`]);
  });

  test('[SEG8] on an empty buffer takes the speech that follows within the hangover', () => {
    const cutter = new Cutter().final().to(10).hear(speech(2000)).to(1000);
    expect(cutter.story).toEqual(['manual@200: 2000']);
    expect(cutter.segmenter.emptyFinals).toBe(0);
  });

  test('[SEG8] on silence takes the speech that follows within the hangover, with the silence as padding', () => {
    const cutter = new Cutter().hear(silence(260)).final().to(10).hear(speech(2000)).to(1000);
    expect(cutter.story).toEqual(['manual@200: 260s 2000']);
  });

  test('[SEG8] that meets no speech at all is counted and cuts nothing', () => {
    const cutter = new Cutter().final().to(300).hear(speech(50)).to(350);
    expect(cutter.story).toEqual([]);
    expect(cutter.segmenter.emptyFinals).toBe(1);
  });

  test('[SEG11] seven in 1.5 s, each with 256 ms of silence, make no utterance', () => {
    const cutter = new Cutter().hear(speech(OLDER_CHUNK_MS)).final();
    for (let at = 0; at < 7; at += 1)
      cutter
        .to(300 + at * 214)
        .final()
        .hear(silence(NEWER_CHUNK_MS));
    cutter.to(10_000);
    expect(cutter.story).toEqual([`manual@200: ${OLDER_CHUNK_MS}`]);
    expect(cutter.segmenter.emptyFinals).toBe(7);
    expect(cutter.segmenter.discardedMs).toBe(6 * NEWER_CHUNK_MS);
  });

  test('[SEG14] after any speech makes an utterance, however short', () => {
    expect(new Cutter().hear(speech(2.5)).final().to(300).story).toEqual(['manual@200: 2.5']);
  });

  test('[SEG18] [W19] repeated on one buffer makes one utterance (case 19)', () => {
    const cutter = new Cutter().hear(speech(500)).final().final().to(100).final().to(5000);
    expect(cutter.story).toEqual(['manual@200: 500']);
  });

  test('[SEG6] during the hangover of a pause makes the cut a manual one and keeps the time for its audio', () => {
    const cutter = new Cutter().hear(speech(1000)).to(4100).final().to(4110).hear(speech(80)).to(5000);
    expect(cutter.story).toEqual(['manual@4300: 1000 80']);
  });
});

describe('a pause', () => {
  test('[SEG2] counts from the end of the last chunk, not from its arrival', () => {
    const cutter = new Cutter().hear(speech(OLDER_CHUNK_MS)).to(20_000);
    expect(cutter.story).toEqual([`pause@${OLDER_CHUNK_MS + 3000 + 150}: ${OLDER_CHUNK_MS}`]);
  });

  test('[SEG2] chunks of 2.56 s in continuous speech are never cut, also by a short pause', () => {
    const cutter = new Cutter({ pauseMs: 400 });
    for (let at = 0; at < 7; at += 1) cutter.to(at * OLDER_CHUNK_MS).hear(speech(OLDER_CHUNK_MS));
    expect(cutter.story).toEqual([]);
  });

  test('[SEG2] of 0 is none', () => {
    expect(new Cutter({ pauseMs: 0 }).hear(speech(100)).to(60_000).hear(speech(100)).story).toEqual([]);
  });

  test('[SEG6] the hangover of a pause takes audio that was on its way', () => {
    // The timer fires at 3100; a chunk of exactly then is not later than the pause.
    const cutter = new Cutter().hear(speech(100)).to(3100).hear(speech(60)).to(4000);
    expect(cutter.story).toEqual(['pause@3250: 100 60']);
  });

  test('[SEG9] silence moves it, and is part of the utterance that it stands in', () => {
    const cutter = new Cutter().hear(speech(100)).to(2000).hear(silence(500)).to(10_000);
    expect(cutter.story).toEqual([`pause@${2000 + 500 + 3000 + 150}: 100 500s`]);
  });
});

describe('a chunk that comes late', () => {
  test('[SEG5] [W5] closes the utterance before it at once and begins a new one (case 20)', () => {
    const cutter = new Cutter().hear(speech(1000));
    // The timer's firing is still on its way when the chunk is handled.
    cutter.atMs = 4001;
    cutter.hear(speech(700)).final().to(5000);
    expect(cutter.story).toEqual(['gap@4001: 1000', 'manual@4201: 700']);
  });

  test('[SEG5] closes it also while the hangover of its pause runs', () => {
    const cutter = new Cutter().hear(speech(1000)).to(4100).hear(speech(700));
    expect(cutter.story).toEqual(['pause@4100: 1000']);
    expect(cutter.final().to(5000).story).toEqual(['pause@4100: 1000', 'manual@4300: 700']);
  });

  test('[SEG5] at the very end of the pause is not late', () => {
    const cutter = new Cutter().hear(speech(1000));
    cutter.atMs = 4000;
    expect(cutter.hear(speech(700)).final().to(5000).story).toEqual(['manual@4200: 1000 700']);
  });

  test('[SEG5] belongs to the final that was sent just before it', () => {
    const cutter = new Cutter().hear(speech(1000)).to(3990).final().to(4010).hear(speech(300)).to(5000);
    expect(cutter.story).toEqual(['manual@4190: 1000 300']);
  });

  test('[SEG5] [W4] the first chunk after a cut is never late, however long the silence was', () => {
    const cutter = new Cutter()
      .hear(speech(500))
      .final()
      .to(60_000)
      .hear(speech(256))
      .to(60_256)
      .hear(speech(256));
    cutter.final().to(61_000);
    expect(cutter.story).toEqual(['manual@200: 500', 'manual@60456: 256 256']);
  });

  test('[SEG10] silence that no speech followed in time is discarded', () => {
    const cutter = new Cutter().hear(silence(200)).to(3500).hear(speech(400)).final().to(4000);
    expect(cutter.story).toEqual(['manual@3700: 400']);
    expect(cutter.segmenter.discardedMs).toBe(200);
  });
});

describe('silence', () => {
  test('[SEG9] never begins an utterance and needs no timer', () => {
    const cutter = new Cutter();
    for (let at = 0; at < 50; at += 1) cutter.to(at * 260).hear(silence(260));
    expect(cutter.to(100_000).close().story).toEqual([]);
    expect(cutter.segmenter.discardedMs).toBe(49 * 260);
  });

  test.each([
    ['up to 300 ms is padding', [100, 100, 100], '100s 100s 100s 500', 0],
    ['beyond 300 ms loses its oldest pieces', [150, 150, 100], '150s 100s 500', 150],
    ['in one long piece is no padding', [100, 1000], '500', 1100],
  ])('[SEG10] before speech: %s', (_what, pieces, expected, discardedMs) => {
    const cutter = new Cutter();
    for (const durationMs of pieces) cutter.hear(silence(durationMs));
    cutter.hear(speech(500)).final().to(1000);
    expect(cutter.story).toEqual([`manual@200: ${expected}`]);
    expect(cutter.segmenter.discardedMs).toBe(discardedMs);
  });
});

describe('a long utterance', () => {
  test('[SEG3] [W15] is cut at its true duration, with a hangover', () => {
    const cutter = new Cutter();
    // Tiny packets: an estimate by bytes would see a fraction of it.
    for (let at = 1; at <= 8; at += 1) cutter.to(at * 2500).hear(speech(2500, { byteCount: 30 }));
    cutter.to(20_100).hear(speech(100)).to(20_200);
    expect(cutter.story).toEqual([`max_duration@20150: ${'2500 '.repeat(8)}100`]);
  });

  test('[SEG3] [SEG6] audio that comes faster than it was spoken is cut at the same lengths', () => {
    const cutter = new Cutter();
    for (let at = 0; at < 600; at += 1) cutter.hear(speech(100));
    expect(cutter.cuts.map(({ spoken }) => [spoken.cut, spoken.audioMs])).toEqual([
      ['max_duration', 20_100],
      ['max_duration', 20_100],
    ]);
    cutter.to(150);
    expect(cutter.cuts.map(({ spoken }) => spoken.audioMs)).toEqual([20_100, 20_100]);
    expect(cutter.segmenter.growing?.audioMs).toBe(19_800);
  });

  test('[SEG3] a final within its hangover still ends it as the client wished', () => {
    const cutter = new Cutter().hear(speech(20_000)).to(100).final().to(1000);
    expect(cutter.story).toEqual(['manual@300: 20000']);
  });

  test('[SEG3] a limit of 0 is none', () => {
    const cutter = new Cutter({ maxDurationMs: 0 }).hear(speech(500_000, { byteCount: 1000 }));
    expect(cutter.to(1000).story).toEqual([]);
  });

  test('[SEG4] never grows above its bytes: it is cut before the piece that would do it, at once', () => {
    const cutter = new Cutter({ utteranceMaxBytes: 1000 });
    cutter
      .hear(speech(100, { byteCount: 600 }))
      .to(100)
      .hear(speech(101, { byteCount: 401 }));
    expect(cutter.story).toEqual(['max_length@100: 100']);
    cutter
      .to(200)
      .hear(speech(102, { byteCount: 599 }))
      .final()
      .to(1000);
    expect(cutter.story).toEqual(['max_length@100: 100', 'manual@400: 101 102']);
  });

  test('[SEG4] a single piece above it is an utterance of its own', () => {
    const cutter = new Cutter({ utteranceMaxBytes: 1000 });
    cutter
      .hear(speech(50))
      .hear(speech(100, { byteCount: 1001 }))
      .hear(speech(51))
      .final()
      .to(500);
    expect(cutter.story).toEqual(['max_length@0: 50', 'max_length@0: 100', 'manual@200: 51']);
  });
});

test('[SEG4] a piece that is too large and too long at once leaves no hangover behind', () => {
  const cutter = new Cutter({ utteranceMaxBytes: 1000 }).hear(speech(25_000, { byteCount: 2000 })).to(100);
  cutter.hear(speech(51)).to(1000);
  expect(cutter.story).toEqual(['max_length@0: 25000']);
  expect(cutter.segmenter.emptyFinals).toBe(0);
});

describe('another kind of audio', () => {
  test.each([
    ['encoding', speech(200, { encoding: 'pcm16' }), undefined],
    ['rate', speech(200, { sampleRateHz: 48_000 }), undefined],
    ['target language', speech(200), { ...WISH, tgtLang: 'ja' }],
    ['source language', speech(200), { ...WISH, srcLang: 'ko' }],
  ])('[SEG12] begins a new utterance: %s', (_what, piece, wish) => {
    const cutter = new Cutter()
      .hear(speech(100))
      .to(100)
      .hear(piece, wish === undefined ? {} : { wish });
    cutter.final().to(1000);
    expect(cutter.story).toEqual(['gap@100: 100', 'manual@300: 200']);
    const second = cutter.cuts[1]?.spoken;
    expect(second).toMatchObject({ encoding: piece.encoding, sampleRateHz: piece.sampleRateHz });
    expect(second?.wish).toBe(wish ?? WISH);
  });

  test('[SEG12] silence of another form is no padding for it', () => {
    const cutter = new Cutter()
      .hear(silence(100))
      .hear(speech(200, { encoding: 'pcm16' }))
      .final()
      .to(300);
    cutter
      .hear(silence(20, { encoding: 'pcm16' }))
      .hear(silence(30))
      .hear(speech(200))
      .final()
      .to(600);
    expect(cutter.story).toEqual(['manual@200: 200', 'manual@500: 30s 200']);
    expect(cutter.segmenter.discardedMs).toBe(120);
  });

  test('[SEG12] a new trace alone is no other kind', () => {
    const cutter = new Cutter()
      .hear(speech(100))
      .hear(speech(200), { wish: { ...WISH, traceId: 'trace-2' } });
    expect(cutter.final().to(300).story).toEqual(['manual@200: 100 200']);
  });
});

describe('playback', () => {
  test('[SEG13] [W11] neither the timer nor a gap cuts while it runs; then a pause counts from its end (case 28)', () => {
    const cutter = new Cutter()
      .hear(speech(1000))
      .to(500)
      .freeze()
      .to(9000)
      .hear(speech(300))
      .to(12_000)
      .thaw();
    expect(cutter.story).toEqual([]);
    expect(cutter.to(20_000).story).toEqual(['pause@15150: 1000 300']);
  });

  test('[SEG13] a final is obeyed while it runs', () => {
    expect(new Cutter().freeze().hear(speech(1000)).final().to(500).story).toEqual(['manual@200: 1000']);
  });
});

describe('what an utterance knows of itself', () => {
  test('[SEG15] its offsets, padding included, leave out what was discarded before', () => {
    const cutter = new Cutter()
      .hear(silence(1000))
      .hear(silence(200))
      .hear(speech(500))
      .to(100)
      .hear(speech(250));
    cutter.final().to(1000);
    expect(cutter.cuts[0]?.spoken).toMatchObject({
      audioStartMs: 1000,
      audioEndMs: 1950,
      audioMs: 950,
      firstArrivedAtMs: 0,
    });
  });

  test('[SEG15] [W17] the way of its own first chunk, not of the first ever', () => {
    const cutter = new Cutter()
      .hear(speech(100), { stampWallMs: new Cutter().now.wallMs - 30 })
      .final()
      .to(5000);
    cutter.hear(speech(100), { stampWallMs: cutter.now.wallMs - 45 }).to(5100);
    cutter
      .hear(speech(100), { stampWallMs: cutter.now.wallMs - 900 })
      .final()
      .to(6000);
    cutter.hear(speech(100)).final().to(7000);
    expect(cutter.cuts.map(({ spoken }) => spoken.uplinkMs)).toEqual([30, 45, undefined]);
  });

  test('[SEG15] where its speech began, by our clock', () => {
    const cutter = new Cutter().to(5000).hear(speech(2000)).final().to(6000);
    expect(cutter.cuts[0]?.spoken.speechStartWallMs).toBe(new Cutter().now.wallMs + 3000);
  });

  test('[SEG33] what we were slow to handle is no gap, and its pause counts from now', () => {
    const cutter = new Cutter();
    cutter.hear(speech(1000));
    cutter.atMs = 6000;
    cutter.hear(speech(1000), { arrivedAtMs: 3000 });
    expect(cutter.cuts).toEqual([]);
    cutter.to(6000 + 1000 + 3000 + 150);
    expect(cutter.cuts).toMatchObject([{ atMs: 10_150, spoken: { audioMs: 2000, cut: 'pause' } }]);
  });
});
