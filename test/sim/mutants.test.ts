import { describe, expect, test } from 'vitest';
import { MUTANTS } from '#sim/mutants.ts';
import { runSeed } from '#sim/run.ts';

const SEEDS_MAX = 150;

describe('decisions broken on purpose', () => {
  test('[SIM7] there is a mutant for each invariant and main decision', () => {
    expect(Object.keys(MUTANTS).length).toBeGreaterThanOrEqual(12);
  });

  test.each(Object.entries(MUTANTS))('[SIM7] %s is caught', { timeout: 60_000 }, async (_name, sabotage) => {
    let caught: string | null = null;
    for (let seed = 1; seed <= SEEDS_MAX && caught === null; seed += 1) {
      caught = (await runSeed(seed, { sabotage })).failure?.rule ?? null;
    }
    expect(caught).not.toBeNull();
  });

  test('[SIM13] a part that throws without having been poisoned is a failure, though supervision caught it', async () => {
    const sabotage = MUTANTS.throwsNowAndThen;
    if (sabotage === undefined) throw new Error('the mutant is gone');
    const rules = [];
    for (let seed = 1; seed <= 10; seed += 1) rules.push((await runSeed(seed, { sabotage })).failure?.rule);
    expect(rules).toContain('SIM13');
  });
});
