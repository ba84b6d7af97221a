import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { wordErrors } from './word-error.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('[CLI7] [CLI40] demo --once starts scheduler and node, speaks the sample, prints what came back and exits 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lingua-demo-'));
  const child = spawn(
    process.execPath,
    [
      'dist/cli/main.js',
      'demo',
      '--once',
      '--json',
      '--port',
      '0',
      '--speed',
      '0',
      '--to',
      'zh',
      '--out',
      folder,
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  const report: {
    translation: string;
    utterances: { recognised: string; translated: string; speechFile: string; latency: object }[];
  } = JSON.parse(out);
  expect(report.translation).toBe('gloss');
  const [utterance] = report.utterances;
  const said =
    'And so my fellow Americans ask not what your country can do for you ask what you can do for your country';
  expect(wordErrors(said, utterance?.recognised ?? '').errorCount).toBeLessThanOrEqual(2);
  expect(utterance?.translated).toMatch(/\p{Script=Han}/u);
  expect(utterance?.latency).toMatchObject({
    recogniseMs: expect.any(Number),
    nodeTotalMs: expect.any(Number),
  });
  expect(readFileSync(utterance?.speechFile ?? '').byteLength).toBeGreaterThan(5000);
  rmSync(folder, { recursive: true });
}, 60_000);
