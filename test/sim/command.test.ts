import { expect, test } from 'vitest';
import { runSimCommand } from '#sim/command.ts';
import { MUTANTS } from '#sim/mutants.ts';
import { describeFailure, runSeed } from '#sim/run.ts';

const command = { seed: 5, seeds: 3, onProgress: () => {}, nowMs: () => 0 };

test('[SIM12] a run says how it went: seeds, events, outcomes, and how often each thing occurred', async () => {
  const { text, hasFailed } = await runSimCommand({ ...command, isJson: false });
  expect(hasFailed).toBe(false);
  expect(text).toMatch(/^seeds 5 to 7: 0 failed$/m);
  expect(text).toMatch(/^\d+ events \(\d+ a seed\)/m);
  expect(text).toMatch(/^ {2}job offering > running +\d+$/m);
});

test('[SIM12] as JSON it is one object with the same', async () => {
  const { text } = await runSimCommand({ ...command, isJson: true });
  expect(JSON.parse(text)).toMatchObject({
    from: 5,
    seeds: 3,
    failures: [],
    coverage: { 'session new > live': expect.any(Number) },
  });
});

test('[SIM12] a failure begins with its seed, then what broke, then what led there, and ends with how to replay it', async () => {
  const sabotage = MUTANTS.orderOff;
  if (sabotage === undefined) throw new Error('the mutant is gone');
  let seed = 1;
  let report = await runSeed(seed, { sabotage });
  while (report.failure === null) {
    seed += 1;
    report = await runSeed(seed, { sabotage });
  }
  const lines = describeFailure(report).split('\n');
  expect(lines[0]).toMatch(new RegExp(`^seed ${seed} failed: I[12]: s-`));
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.slice(1, -1).every((line) => /^ {2}\d+\.\d /.test(line))).toBe(true);
  expect(lines.at(-1)).toBe(`replay: lingua sim --seed ${seed} --seeds 1`);
});
