import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openSession } from '#client/mod.ts';
import { compose, type Scheduler } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { NOVEL } from './recordings.ts';
import { wordErrors } from './word-error.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const startScheduler = async (port: number): Promise<{ scheduler: Scheduler; port: number }> => {
  const scheduler = await compose({
    ...loadConfig({ sets: [`server.port=${port}`, 'nodes.require_gpu=false'] }),
    log: { write: () => undefined },
  });
  onTestFinished(() => scheduler.stop(0));
  return { scheduler, port: (await scheduler.start()).port };
};

const untilAccepting = (port: number) =>
  expect
    .poll(async () => (await fetch(`http://127.0.0.1:${port}/ready`)).json(), {
      timeout: 40_000,
      interval: 50,
    })
    .toMatchObject({ accepting: true });

const speakOnce = async (port: number): Promise<string> => {
  const session = await openSession({
    url: `ws://127.0.0.1:${port}/ws/session`,
    srcLang: 'en',
    tgtLang: 'zh',
    audioFormat: 'pcm16',
    endpointing: false,
  });
  const { buffer, byteOffset, byteLength } = Uint8Array.from(NOVEL.wav.pcm16);
  session.sendPcm(new Int16Array(buffer, byteOffset, byteLength / 2));
  session.endUtterance();
  const { value } = await session.results[Symbol.asyncIterator]().next();
  await session.close();
  return value?.kind === 'translated' ? value.text : '';
};

it('[SPN50] [CLI44] when the scheduler is started anew, lingua node comes back with its name and serves', async () => {
  const first = await startScheduler(0);
  const { port } = first;
  const args = ['dist/cli/main.js', 'node', '--url', `ws://127.0.0.1:${port}/ws/node`];
  const node = spawn(process.execPath, [...args, '--name', 'node-steady', '--slots', '1'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => {
    node.kill('SIGKILL');
  });
  let err = '';
  node.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const exited = once(node, 'exit');
  await untilAccepting(port);
  expect(wordErrors(NOVEL.transcript, await speakOnce(port)).errorCount).toBeLessThanOrEqual(1);

  await first.scheduler.stop(0);
  await startScheduler(port);
  await untilAccepting(port);
  expect(wordErrors(NOVEL.transcript, await speakOnce(port)).errorCount).toBeLessThanOrEqual(1);

  node.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
  expect(err.match(/registered as node-steady/g)).toHaveLength(2);
  expect(err).toContain('jobs at once: 1');
}, 90_000);
