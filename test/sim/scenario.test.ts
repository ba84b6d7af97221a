import { expect, test } from 'vitest';
import { personActs } from '#load/acts.ts';
import { readScenario } from '#load/scenario.ts';
import { scriptedHabit } from '#sim/clients/scripted.ts';
import { runSimCommand } from '#sim/command.ts';
import { Random } from '#sim/random.ts';
import { runSeed } from '#sim/run.ts';

const scenario = readScenario(
  'name = "few"\nduration_s = 20\nsessions = 3\ncuts_per_minute = 6\nclose_share = 0.5\n',
  'few',
);

test('[SIM14] a person of a scenario does the same things at the same times in the simulator', () => {
  for (let session = 0; session < scenario.sessions; session += 1) {
    const habit = scriptedHabit(scenario, session);
    let atMs = habit.script?.opensAtMs ?? Number.NaN;
    const done = [];
    for (let phrase = habit.phrase(new Random(1)); phrase.length > 0; phrase = habit.phrase(new Random(1))) {
      for (const { afterMs, act } of phrase) {
        atMs += afterMs;
        done.push({
          atMs: Math.round(atMs),
          kind: act.do === 'chunk' ? `speak ${act.durationMs}` : act.do.replace('final', 'finish'),
        });
      }
    }
    const told = [...personActs(scenario, session)].slice(1).map((act) => ({
      atMs: Math.round(act.atMs),
      kind: act.kind === 'speak' ? `speak ${act.pieceMs}` : act.kind,
    }));
    expect(told.length).toBeGreaterThan(20);
    expect(done).toEqual(told);
  }
});

test('[SIM14] its sentences have their outcomes, cuts and all, and the same seed is the same day', async () => {
  const sentences = Array.from({ length: scenario.sessions }, (_, session) => [
    ...personActs(scenario, session),
  ])
    .flat()
    .filter(({ kind }) => kind === 'finish').length;
  const [report, again] = [
    await runSeed(3, { mix: 'standard', scenario }),
    await runSeed(3, { mix: 'standard', scenario }),
  ];
  expect(report.failure).toBeNull();
  expect(report.outcomes).toBeGreaterThan(sentences * 0.8);
  expect(again.traceHash).toBe(report.traceHash);
});

test('[SIM14] [SIM12] the command plays it, and asks for no coverage', async () => {
  const { text, hasFailed } = await runSimCommand({
    seed: 1,
    seeds: 2,
    isJson: false,
    played: { name: 'few', scenario },
    onProgress: () => {},
    nowMs: () => 0,
  });
  expect(hasFailed).toBe(false);
  expect(text).toMatch(/^seeds 1 to 2: 0 failed$/m);
  expect(text).not.toContain('never occurred');
});
