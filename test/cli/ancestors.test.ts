import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { areWrappersAlive, lookAtProcess, type ProcessLook, wrappersOf } from '#cli/ancestors.ts';

/** A table of processes: pid, parent, name. */
const tableOf =
  (rows: readonly (readonly [pid: number, parentPid: number, name: string])[]): ProcessLook =>
  (pid) => {
    const row = rows.find(([each]) => each === pid);
    return row === undefined ? null : { parentPid: row[1], name: row[2] };
  };

const UNDER_NPM = [
  [50, 40, 'node'],
  [40, 30, 'node'],
  [30, 20, 'sh'],
  [20, 10, 'npm start'],
  [10, 1, 'bash'],
] as const;

test.each([
  ['npm, its shell and our own start script', UNDER_NPM, {}, [40, 30, 20]],
  ['the program of ours in front', UNDER_NPM.slice(0, 2), { LINGUA_PARENT: '40' }, [40]],
  ['nobody, by hand', [[50, 10, 'node'], UNDER_NPM[4]], {}, []],
  ['nobody, where an older wrapper has left its name', UNDER_NPM.slice(0, 2), { LINGUA_PARENT: '7' }, []],
  ['nobody, where nothing is known', [], {}, []],
] as const)('[CLI50] what the end of this process depends on: %s', (_who, rows, env, pids) => {
  expect(wrappersOf(50, env, tableOf(rows)).map(({ pid }) => pid)).toEqual(pids);
});

test.each([
  ['all as it was', UNDER_NPM, true],
  ['the one in front is gone', [[50, 1, 'node'], ...UNDER_NPM.slice(1)], false],
  ['npm is gone, its shell is not', [...UNDER_NPM.slice(0, 2), [30, 1, 'sh']], false],
  ['npm’s shell is gone', [UNDER_NPM[0], [40, 1, 'node'], ...UNDER_NPM.slice(3)], false],
] as const)('[CLI50] %s', (_what, rows, isAlive) => {
  const wrappers = wrappersOf(50, {}, tableOf(UNDER_NPM));
  expect(areWrappersAlive(50, wrappers, tableOf(rows))).toBe(isAlive);
});

test('[CLI50] this very process is seen', () => {
  expect(lookAtProcess(process.pid)?.parentPid).toBe(process.ppid);
  expect(lookAtProcess(0)).toBeNull();
});

const said = (child: ChildProcess, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes(word)) resolve();
    });
    child.stdout?.once('end', () => reject(new Error(`"${word}" was never said: ${text}`)));
  });

test.each(['SIGTERM', 'SIGKILL'] as const)(
  '[CLI50] after a %s to npm what it started is told to end',
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'lingua-npm-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const module = fileURLToPath(new URL('../../src/cli/end-with-wrappers.ts', import.meta.url));
    writeFileSync(
      join(folder, 'package.json'),
      '{"scripts":{"start":"node --conditions=source worker.mjs"}}',
    );
    writeFileSync(
      join(folder, 'worker.mjs'),
      `import { endWithWrappers } from ${JSON.stringify(module)};
       process.on('SIGTERM', () => { console.log('told'); process.exit(); });
       setTimeout(() => process.exit(), 20_000);
       endWithWrappers();
       console.log('ready');`,
    );
    const npm = spawn('npm', ['start'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const told = said(npm, 'told');
    await said(npm, 'ready');
    const gone = once(npm, 'exit');
    npm.kill(signal);
    await gone;
    await told;
  },
);
