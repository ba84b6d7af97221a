import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ended, PlantedTree } from './planted-tree.ts';

let tree: PlantedTree;
beforeEach(() => {
  tree = new PlantedTree();
});
afterEach(() => tree.remove());

const compilerCalls = (): string[] =>
  readFileSync(join(tree.folder, 'compiled.log'), 'utf8').trimEnd().split('\n');

it('[PRJ1] [CLI4] npm start installs, builds and runs by itself with the engine’s flags, and installs only once', async () => {
  const first = await tree.run('npm', ['start', '--', '--once']);
  expect(first.stdout).toContain('demo got ["demo","--once"] on --no-warnings');
  expect(first.code).toBe(0);
  expect(existsSync(join(tree.folder, 'node_modules/tools'))).toBe(true);

  writeFileSync(join(tree.folder, 'node_modules/mine.txt'), 'gone after an installation');
  const second = await tree.run('npm', ['start']);
  expect(second.code).toBe(0);
  expect(existsSync(join(tree.folder, 'node_modules/mine.txt'))).toBe(true);
});

it('[PRJ1] an installation that a person made by hand is taken as it is', async () => {
  expect((await tree.run('npm', ['ci'])).code).toBe(0);
  writeFileSync(join(tree.folder, 'node_modules/mine.txt'), 'gone after an installation');
  expect((await tree.run('npm', ['start'])).code).toBe(0);
  expect(existsSync(join(tree.folder, 'node_modules/mine.txt'))).toBe(true);
});

it.each([
  [
    'the lockfile asks for another version',
    'package-lock.json',
    '"resolved":"tools"',
    '"version":"2.0.0","resolved":"tools"',
  ],
  ['the last installation was cut off', 'node_modules/.package-lock.json', null, null],
])('[PRJ1] what is there is not taken when %s', async (_why, file, from, to) => {
  await tree.run('npm', ['ci']);
  const isInstalled = `import { isInstalled } from './scripts/installed.mjs'; console.log(isInstalled('.'));`;
  expect((await tree.runModule(isInstalled)).stdout.trim()).toBe('true');
  const place = join(tree.folder, file);
  if (from === null) rmSync(place);
  else writeFileSync(place, readFileSync(place, 'utf8').replace(from, to));
  expect((await tree.runModule(isInstalled)).stdout.trim()).toBe('false');
});

it('[PRJ1] wishes that an outer npm hands down do not leave anything out', async () => {
  const result = await tree.run('npm', ['start'], {
    npm_config_omit: 'dev optional',
    NODE_ENV: 'production',
  });
  expect(result.stdout).toContain('demo got ["demo"]');
});

it('[PRJ2] an installation that fails ends in one sentence and the last words of npm', async () => {
  tree.write(
    'package.json',
    readFileSync(join(tree.folder, 'package.json'), 'utf8').replace('file:tools', 'file:tool'),
  );
  const result = await tree.run(process.execPath, ['scripts/start.mjs']);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('The dependencies could not be installed (npm ci ended with code 1).');
  expect(result.stderr).toContain('in sync');
  expect(result.stderr).not.toContain('Usage:');
  expect(result.stderr).not.toContain('    at ');
});

it('[PRJ2] a build that fails ends in one sentence and the words of the compiler', async () => {
  tree.plantTool('tsc', `console.log('src/a.ts(1,1): error TS1: wrong'); process.exitCode = 2;`);
  const result = await tree.run(process.execPath, ['scripts/start.mjs']);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('The build failed.\nsrc/a.ts(1,1): error TS1: wrong');
  expect(result.stdout).not.toContain('demo got');
});

const FORCED_BUILD = `const fs = await import('node:fs');
  fs.mkdirSync('dist/cli', { recursive: true });
  fs.writeFileSync('dist/cli/main.js', 'console.log("here again")');
  fs.writeFileSync('dist/cli/engine-flags.js', 'export const ENGINE_FLAGS = [];');`;

it('[PRJ5] an output deleted by hand, which the compiler does not notice, is built by force', async () => {
  tree.plantTool('tsc', `if (process.argv.includes('--force')) {${FORCED_BUILD}}`);
  const result = await tree.run(process.execPath, ['scripts/start.mjs']);
  expect(result.stdout).toContain('here again');
});
it('[PRJ5] only what the demo needs is built', async () => {
  await tree.run(process.execPath, ['scripts/start.mjs']);
  expect(compilerCalls()).toEqual(['-b src/cli speech-node']);
});

it('[PRJ6] the exit code of the demo is the exit code of the start', async () => {
  const result = await tree.run(process.execPath, ['scripts/start.mjs', '--code=7']);
  expect(result.code).toBe(7);
});

it('[PRJ6] the first line says what is going on', async () => {
  const result = await tree.run(process.execPath, ['scripts/start.mjs']);
  expect(result.stderr.split('\n')[0]).toMatch(/^Lingua Scheduler: getting ready .* then the demo\.$/);
});

it.each(['SIGTERM', 'SIGINT'] as const)(
  '[PRJ6] %s reaches the demo, which ends in its own time',
  async (signal) => {
    const child = tree.start(process.execPath, ['scripts/start.mjs', '--stay']);
    child.stdout?.on('data', (text) => {
      if (String(text).includes('demo is ready')) child.kill(signal);
    });
    const result = await ended(child);
    expect(result.stdout).toContain(`demo stopped by ${signal}`);
    expect(result.code).toBe(0);
  },
);
