import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { compose, type Scheduler } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { answering, ScriptedNode } from '#testing/mod.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = join(root, 'samples/librivox-sense-and-sensibility.wav');
const folder = mkdtempSync(join(tmpdir(), 'lingua-speak-'));
let scheduler: Scheduler | null = null;
let node: ScriptedNode | null = null;

afterEach(async () => {
  node?.kill();
  await scheduler?.stop(0);
  node = null;
  scheduler = null;
  rmSync(folder, { recursive: true, force: true });
});

const stage = async (): Promise<string> => {
  scheduler = await compose({
    ...loadConfig({ sets: ['server.port=0', 'scheduler.job_timeout.pending_timeout_seconds=1'] }),
    log: { write: () => undefined },
  });
  return `127.0.0.1:${(await scheduler.start()).port}`;
};

const lingua = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  const child = spawn(process.execPath, ['--conditions=source', 'src/cli/main.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  return { code: Number(code), out, err };
};

test('[CLI5] speak prints text, translation, latency and the path of the spoken result, as text or as JSON', async () => {
  const host = await stage();
  node = await ScriptedNode.start(`ws://${host}/ws/node`, {
    features: ['job_ack', 'audio:pcm16'],
    behaviour: answering({ text_asr: 'so it is', text_translated: 'as it were' }),
  });
  const common = ['speak', sample, '--url', `ws://${host}/ws/session`, '--speed', '0', '--out', folder];
  const text = await lingua(...common, '--to', 'zh');
  expect(text.code, text.err).toBe(0);
  expect(text.out).toMatch(/recognised \(en\): so it is\ntranslated \(zh\): as it were\nlatency: \d+ ms/);
  expect(text.out).toMatch(/spoken result: .*-zh-0\.opus/);
  const json = await lingua(...common, '--to', 'fr', '--json');
  expect(json.err).toBe('');
  const report: { utterances: { recognised: string; speechFile: string }[] } = JSON.parse(json.out);
  expect(report.utterances).toMatchObject([{ recognised: 'so it is' }]);
  const [utterance] = report.utterances;
  expect(
    readFileSync(utterance?.speechFile ?? '')
      .subarray(0, 4)
      .toString(),
  ).toBe('OggS');
});

test('[CLI6] no scheduler, no node and no WAVE file each give one sentence, never a stack', async () => {
  const host = await stage();
  const url = `ws://${host}/ws/session`;
  const nobody = await lingua('speak', sample, '--url', url, '--speed', '0', '--out', folder);
  expect(nobody).toMatchObject({ code: 2, out: 'utterance 0: no result (no_capacity)\n' });
  const noFile = await lingua('speak', join(root, 'README.md'), '--url', url);
  expect(noFile.code).toBe(1);
  expect(noFile.err).toMatch(/^lingua: .*README\.md cannot be used: not a RIFF\/WAVE file\n$/);
  const noServer = await lingua('speak', sample, '--url', 'ws://127.0.0.1:9/ws/session');
  expect(noServer.code).toBe(1);
  expect(noServer.err).toMatch(/^lingua: no scheduler answers at .*start one with "lingua serve"/);
});
