import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { handOver } from '#cli/hand-over.ts';

test('[CLI4] the exit code is that of the one that did the work', async () => {
  expect(await handOver(process.execPath, ['-e', 'process.exitCode = 7'])).toBe(7);
  for (const [signal, code] of [
    ['SIGKILL', 137],
    ['SIGHUP', 129],
    ['SIGABRT', 134],
  ] as const) {
    expect(await handOver(process.execPath, ['-e', `process.kill(process.pid, '${signal}')`])).toBe(code);
  }
});

test.each([
  ['for the one in front', false],
  ['for the whole group, as of a terminal,', true],
])(
  '[CLI4] a signal %s reaches the one that does the work once, which ends in its own time',
  async (_what, isForAll) => {
    const worker = `
    process.on('SIGTERM', () => { console.log('told'); });
    process.on('SIGHUP', () => process.exit(5));
    setInterval(() => {}, 1000);
    console.log('ready');`;
    const module = fileURLToPath(new URL('../../src/cli/hand-over.ts', import.meta.url));
    const front = spawn(
      process.execPath,
      [
        '--conditions=source',
        '--input-type=module',
        '-e',
        `import { handOver } from ${JSON.stringify(module)};
       process.exitCode = await handOver(process.execPath, ['-e', ${JSON.stringify(worker)}]);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    );
    const heard: string[] = [];
    front.stdout.setEncoding('utf8');
    front.stdout.on('data', (text: string) => {
      heard.push(text);
      if (text.includes('ready')) process.kill((front.pid ?? 0) * (isForAll ? -1 : 1), 'SIGTERM');
      // It comes behind all that was passed on before.
      if (text.includes('told')) front.kill('SIGHUP');
    });
    const [code] = await once(front, 'exit');
    expect(code).toBe(5);
    expect(heard.join('')).toBe('ready\ntold\n');
  },
);

test('[CLI4] it stands in a group of its own, where no signal finds it that is meant for the one in front', async () => {
  const ownGroup = `
    const [, , group] = require('node:fs').readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    process.exitCode = Number(group) === process.pid ? 3 : 4;`;
  expect(await handOver(process.execPath, ['-e', ownGroup])).toBe(3);
});
