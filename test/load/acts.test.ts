import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Act, actsOf } from '#load/acts.ts';
import { readScenario, type Scenario } from '#load/scenario.ts';

const scenario = (fields: string): Scenario => readScenario(`name = "a"\n${fields}`, 'a.toml');
const ofSession = (acts: readonly Act[], session: number): readonly Act[] =>
  acts.filter((act) => act.session === session);

describe('what people do', () => {
  test('[LOD3] the same acts every time, in order of time, and nobody depends on who else is there', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 0, max: 1000 }),
          sessions: fc.integer({ min: 1, max: 8 }),
          cuts: fc.constantFrom(0, 10),
          isRealTime: fc.boolean(),
        }),
        ({ seed, sessions, cuts, isRealTime }) => {
          const text = `seed = ${seed}\nsessions = ${sessions}\nduration_s = 10\nramp_s = 0\ncuts_per_minute = ${cuts}\n[speech]\nreal_time = ${isRealTime}`;
          const acts = [...actsOf(scenario(text))];
          expect([...actsOf(scenario(text))]).toEqual(acts);
          for (const [at, act] of acts.entries())
            expect(act.atMs).toBeGreaterThanOrEqual(acts[at - 1]?.atMs ?? 0);
          const more = [...actsOf({ ...scenario(text), sessions: sessions + 1 })];
          for (let session = 0; session < sessions; session += 1) {
            expect(ofSession(more, session)).toEqual(ofSession(acts, session));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('[LOD3] a person opens, says sentences piece by piece, each with its end, and leaves last', () => {
    const acts = [...actsOf(scenario('sessions = 1\nduration_s = 20'))];
    expect([acts[0]?.kind, acts.at(-1)?.kind]).toEqual(['open', 'leave']);
    const finished = acts.filter(({ kind }) => kind === 'finish');
    expect(finished.length).toBeGreaterThan(3);
    for (const [sentence, end] of finished.entries()) {
      const pieces = acts.filter((act) => act.kind === 'speak' && act.sentence === sentence);
      const totalMs = pieces.reduce((sum, act) => sum + (act.kind === 'speak' ? act.pieceMs : 0), 0);
      expect(totalMs).toBeGreaterThanOrEqual(1000);
      expect(totalMs).toBeLessThanOrEqual(4000);
      expect(end.atMs).toBe(pieces.at(-1)?.atMs);
    }
  });

  test('[LOD3] sockets are lost about as often as the scenario says', () => {
    const acts = [...actsOf(scenario('sessions = 20\nduration_s = 120\ncuts_per_minute = 6'))];
    const cuts = acts.filter(({ kind }) => kind === 'cut').length;
    expect(cuts).toBeGreaterThan(20 * 9);
    expect(cuts).toBeLessThan(20 * 15);
  });
});
