import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLine, PlantedTree, vitestThatReports } from './planted-tree.ts';

const UNIT = { name: 'unit', folders: ['test/core'], budgetSeconds: 20 };
const TIDY = { name: 'tidy', folders: ['test/tidy'], budgetSeconds: 20 };

let tree: PlantedTree;
beforeEach(() => {
  tree = new PlantedTree();
  tree.plantSuites([UNIT, TIDY]);
  tree.write('test/core/a.test.ts', '');
  tree.write('test/tidy/a.test.ts', '');
});
afterEach(() => tree.remove());

const runTests = () => tree.run(process.execPath, ['scripts/test.mjs']);

describe('the whole run', () => {
  it('[PRJ7] sums the tests of all suites into its very last line', async () => {
    tree.plantTool('vitest', vitestThatReports({ passed: 3 }));
    const result = await runTests();
    expect(lastLine(result.stdout)).toBe('tests: 6 passed, 0 failed, 0 skipped');
    expect(result.code).toBe(0);
  });

  it('[PRJ7] continuous integration gets the same line and exit code from a folder of its own, without input', async () => {
    const passing = await tree.run('bash', ['.ci/run'], { CI: 'true' });
    expect(lastLine(passing.stdout)).toBe('tests: 2 passed, 0 failed, 0 skipped');
    expect(passing.code).toBe(0);
    tree.plantTool('vitest', vitestThatReports({ passed: 1, failed: 1 }, 1));
    const failing = await tree.run('bash', [join(tree.folder, '.ci/run')], { CI: 'true' });
    expect(lastLine(failing.stdout)).toBe('tests: 2 passed, 2 failed, 0 skipped');
    expect(failing.code).toBe(1);
  });

  it.each([
    ['no test ran', { passed: 0 }, 0, 'unit: no test ran'],
    ['a test was skipped', { passed: 2, skipped: 1 }, 0, 'unit: 1 skipped (no test may be)'],
    ['a test failed', { passed: 2, failed: 1 }, 1, 'unit: 1 failed'],
    ['the runner failed outside of tests', { passed: 2 }, 1, 'unit: the runner failed (code 1)'],
  ])('[PRJ8] fails when %s', async (_what, counts, code, reason) => {
    tree.plantSuites([UNIT]);
    tree.plantTool('vitest', vitestThatReports(counts, code));
    const result = await runTests();
    expect(result.stdout).toContain(`FAILED ${reason}\n`);
    expect(result.code).toBe(1);
  });

  it('[PRJ8] fails when the runner leaves no report', async () => {
    tree.plantTool('vitest', 'process.exitCode = 3;');
    const result = await runTests();
    expect(result.stdout).toContain('FAILED unit: the runner left no report (code 3)\n');
    expect(lastLine(result.stdout)).toBe('tests: 0 passed, 2 failed, 0 skipped');
    expect(result.code).toBe(1);
  });

  it('[PRJ8] a suite over its budget is ended with all its workers, and fails', async () => {
    tree.plantSuites([{ ...UNIT, budgetSeconds: 1 }]);
    const worker = `setInterval(() => {}, 1000)`;
    tree.plantTool(
      'vitest',
      `import { spawn } from 'node:child_process';
       spawn(process.execPath, ['--eval', '${worker}'], { stdio: 'inherit' });
       ${worker}`,
    );
    const result = await runTests();
    expect(result.stdout).toContain('FAILED unit: not done within its 1 s\n');
    expect(lastLine(result.stdout)).toBe('tests: 0 passed, 1 failed, 0 skipped');
    expect(result.code).toBe(1);
  });

  it.each([
    ['biome', 'format and lint (biome) failed'],
    ['oxlint', 'promises (oxlint) failed'],
    ['knip', 'unused code and dependencies (knip) failed'],
    ['tsc', 'types (tsc) failed'],
  ] as const)('[PRJ8] fails when %s does, and still runs the suites', async (tool, reason) => {
    tree.plantTool(tool, `console.log('the words of the tool'); process.exitCode = 1;`);
    const result = await runTests();
    expect(result.stdout).toContain('the words of the tool\n');
    expect(result.stdout).toContain(`FAILED ${reason}\n`);
    expect(lastLine(result.stdout)).toBe('tests: 2 passed, 1 failed, 0 skipped');
    expect(result.code).toBe(1);
  });

  it('[PRJ8] fails when a listed folder is missing, unless it is listed as one still to come', async () => {
    rmSync(join(tree.folder, 'test/core'), { recursive: true });
    const missing = await runTests();
    expect(missing.stdout).toContain('FAILED unit: test/core is missing\n');
    expect(missing.code).toBe(1);
    tree.plantSuites([UNIT, TIDY], ['test/core']);
    const expected = await runTests();
    expect(lastLine(expected.stdout)).toBe('tests: 1 passed, 0 failed, 0 skipped');
    expect(expected.code).toBe(0);
  });

  it('[PRJ8] fails when it cannot even be set up', async () => {
    rmSync(join(tree.folder, 'tools'), { recursive: true });
    const result = await runTests();
    expect(lastLine(result.stdout)).toBe('tests: 0 passed, 1 failed, 0 skipped');
    expect(result.code).toBe(1);
  });
});

describe('the quick check', () => {
  const check = () => tree.run('npm', ['run', 'check']);

  it('[PRJ9] sets up by itself and names each step with its time', async () => {
    const result = await check();
    for (const tool of ['tsc', 'biome', 'oxlint', 'knip', 'vitest']) {
      expect(result.stdout).toMatch(new RegExp(`^ok {3}.*\\(${tool}.*\\) {2}\\d+\\.\\d s$`, 'm'));
    }
    expect(result.stdout).toMatch(/^check: all good {2}\(\d+\.\d s\)$/m);
    expect(result.code).toBe(0);
  });

  it('[PRJ9] shows the words of a failing step only, goes on, and fails', async () => {
    tree.plantTool('biome', `console.log('the words of biome'); process.exitCode = 1;`);
    tree.plantTool('knip', `console.log('the words of knip');`);
    const result = await check();
    expect(result.stdout).toContain('     the words of biome\n');
    expect(result.stdout).not.toContain('the words of knip');
    expect(result.stdout).toContain('check: failed: format and lint (biome)  (');
    expect(result.code).toBe(1);
  });
});
