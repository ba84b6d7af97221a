import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cutter, LIMITS } from './cutter.ts';
import { silence, speech } from './speech.ts';

type Step =
  | { readonly kind: 'speech' | 'silence'; readonly durationMs: number; readonly isPcm: boolean }
  | { readonly kind: 'final' | 'freeze' | 'thaw' }
  /** `isStalled`: the clock moves, but the timer's firing is late. */
  | { readonly kind: 'wait'; readonly ms: number; readonly isStalled: boolean };

const durationMs = fc.oneof(fc.constantFrom(20, 96, 200, 260, 2560), fc.integer({ min: 1, max: 6000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('speech' as const, 'silence' as const),
      durationMs,
      isPcm: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('final' as const, 'freeze' as const, 'thaw' as const) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.constantFrom(10, 150, 200, 256, 2560, 3000), fc.integer({ min: 0, max: 8000 })),
      isStalled: fc.boolean(),
    }),
  },
);

const play = (cutter: Cutter, steps: readonly Step[]): void => {
  for (const action of steps) {
    switch (action.kind) {
      case 'speech':
      case 'silence': {
        const make = action.kind === 'speech' ? speech : silence;
        cutter.hear(make(action.durationMs, action.isPcm ? { encoding: 'pcm16' } : {}));
        break;
      }
      case 'wait':
        if (action.isStalled) cutter.atMs += action.ms;
        else cutter.to(cutter.atMs + action.ms);
        break;
      case 'final':
        cutter.final();
        break;
      case 'freeze':
        cutter.freeze();
        break;
      case 'thaw':
        cutter.thaw();
        break;
    }
    expect(cutter.accountedMs).toBeCloseTo(cutter.acceptedMs, 6);
  }
};

const anySteps = fc.array(step, { maxLength: 60, size: 'max' });

test('[SEG17] [W9] [I5] every accepted millisecond is in a job, in the buffer, or was discarded', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const cutter = new Cutter();
      play(cutter, steps);
      cutter.close();
      expect(cutter.accountedMs).toBeCloseTo(cutter.acceptedMs, 6);
      expect(cutter.segmenter.growing).toBeNull();
    }),
    { numRuns: 500 },
  );
});

test('[SEG17] pieces stay in order, each in one utterance; what is missing between them is silence', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const cutter = new Cutter();
      play(cutter, steps);
      cutter.close();
      const cutPieces = cutter.cuts.flatMap(({ spoken }) => spoken.audio);
      const at = cutPieces.map((piece) => cutter.heard.indexOf(piece));
      expect(at).toEqual([...new Set(at)].sort((a, b) => a - b));
      const taken = new Set(cutPieces);
      expect(cutter.heard.filter((piece) => !taken.has(piece)).every(({ isSilent }) => isSilent)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('[SEG9] [SEG12] no utterance is without speech, of two forms, or longer than its limits allow', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const cutter = new Cutter({ utteranceMaxBytes: 10_000 });
      play(cutter, steps);
      cutter.close();
      for (const { spoken } of cutter.cuts) {
        expect(spoken.audio.some(({ isSilent }) => !isSilent)).toBe(true);
        expect(new Set(spoken.audio.map(({ encoding }) => encoding)).size).toBe(1);
        const byteCount = spoken.audio.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
        expect(spoken.audioBytes).toBe(byteCount);
        // Padding is at most 300 ms; beside it a single piece may be larger than the limit.
        const speechPieces = spoken.audio.filter(
          (_piece, at) => at >= spoken.audio.findIndex((p) => !p.isSilent),
        );
        if (speechPieces.length > 1) expect(byteCount).toBeLessThanOrEqual(10_000);
        expect(spoken.audioEndMs - spoken.audioStartMs).toBeCloseTo(spoken.audioMs, 6);
      }
    }),
    { numRuns: 500 },
  );
});

test('[SEG2] [SEG6] speech never waits: by the end of pause and hangover it is cut', () => {
  fc.assert(
    fc.property(anySteps, durationMs, (steps, lastMs) => {
      const cutter = new Cutter();
      play(cutter, steps);
      cutter.thaw().hear(speech(lastMs));
      cutter.to(cutter.atMs + lastMs + LIMITS.pauseMs + LIMITS.hangoverAutoMs + LIMITS.hangoverManualMs);
      expect(cutter.segmenter.growing).toBeNull();
      expect(cutter.cuts.at(-1)?.spoken.audio).toContain(cutter.heard.at(-1));
    }),
    { numRuns: 300 },
  );
});
