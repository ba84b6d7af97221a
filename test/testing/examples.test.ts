import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pcmBytes, pcmTone } from '#testing/audio-samples.ts';
import { jobAssign } from '../node/node-pair.ts';
import { TinyServer } from './tiny-server.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

/** Runs an example as a reader would. */
const run = (file: string, args: readonly string[], input = Buffer.alloc(0)) => {
  const child = spawn(process.execPath, ['--conditions=source', join(EXAMPLES, file), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(input);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  const ended = new Promise<{ code: number | null; output: string }>((done) =>
    child.once('close', (code) => done({ code, output })),
  );
  return { child, ended };
};

const wavOf = (samples: Int16Array): Buffer => {
  const data = pcmBytes(samples);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(16_000, 24);
  head.writeUInt32LE(32_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
};

test('[SDK1] [SDK6] the microphone example sends what it is given and tells captions and outcomes', async () => {
  const server = await TinyServer.start();
  const { ended } = run('microphone.ts', [server.url], Buffer.from(pcmBytes(pcmTone(500))));
  const peer = await server.untilPeer();
  await peer.untilType('session_init');
  peer.send({ type: 'session_init_ack', session_id: 's-1', trace_id: 't', capabilities: ['pcm16'] });
  await peer.untilType('session_close');
  const about = { session_id: 's-1', utterance_index: 0, job_id: 'j', trace_id: 't' };
  peer.send({ ...about, type: 'asr_partial', text: 'hel', is_final: false });
  peer.send({ ...about, type: 'translation_result', text_asr: 'hello', text_translated: 'ni hao' });
  peer.send({ type: 'session_close_ack', session_id: 's-1' });
  const { code, output } = await ended;
  expect(code).toBe(0);
  expect(output.split('\n').map((line) => line.trim())).toEqual(
    expect.arrayContaining(['… hel', '0: hello -> ni hao', '(closed)']),
  );
});

test('[SDK1] the file example sends the whole recording and prints every outcome', async () => {
  const server = await TinyServer.start();
  const folder = mkdtempSync(join(tmpdir(), 'lingua-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'tone.wav');
  writeFileSync(file, wavOf(pcmTone(500)));
  const { ended } = run('translate-file.ts', [file, server.url, 'en', 'es']);
  const peer = await server.untilPeer();
  expect(await peer.untilType('session_init')).toMatchObject({ src_lang: 'en', tgt_lang: 'es' });
  peer.send({ type: 'session_init_ack', session_id: 's-1', trace_id: 't', capabilities: ['pcm16'] });
  await peer.untilType('session_close');
  const bytes = peer
    .ofType('audio_chunk')
    .map(({ payload }) => Buffer.from(String(payload), 'base64').length);
  expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(16_000);
  peer.send({
    type: 'translation_result',
    utterance_index: 0,
    text_asr: 'a tone',
    text_translated: 'un tono',
  });
  peer.send({ type: 'missing_result', utterance_index: 1, reason: 'silence' });
  peer.send({ type: 'session_close_ack', session_id: 's-1' });
  expect(await ended).toEqual({ code: 0, output: '0: a tone -> un tono\n1: nothing (silence)\n' });
});

test('[SDK20] the echo node registers, answers a job and stops at SIGINT', async () => {
  const server = await TinyServer.start();
  const { child, ended } = run('echo-node.ts', [server.url]);
  const peer = await server.untilPeer();
  await peer.untilType('node_register');
  peer.send({
    type: 'node_register_ack',
    node_id: 'node-1',
    message: '',
    status: 'ready',
    features: ['job_ack'],
  });
  await peer.untilType('node_heartbeat');
  peer.send(jobAssign(0, { audio: Buffer.from(pcmBytes(pcmTone(300))).toString('base64') }));
  expect(await peer.untilType('job_result')).toMatchObject({
    success: true,
    text_asr: '300 ms of en',
    text_translated: '300 ms in zh',
    tts_format: 'pcm16',
  });
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect((await peer.untilClosed()).code).toBe(1000);
});

test('[SDK44] the example of the fakes hears its own answer through a relay', async () => {
  const server = await TinyServer.start();
  const { ended } = run('test-your-client.ts', [server.url.replace(/\/$/, '')]);
  const node = await server.untilPeer(1);
  await node.untilType('node_register');
  node.send({ type: 'node_register_ack', node_id: 'node-1', message: '', status: 'ready' });
  const page = await server.untilPeer(2);
  await page.untilType('session_init');
  page.send({ type: 'session_init_ack', session_id: 's-1', message: '', trace_id: 't' });
  await page.until(() => page.ofType('audio_chunk').find(({ is_final }) => is_final));
  node.send(jobAssign(0));
  page.send({ ...(await node.untilType('job_result')), type: 'translation_result' });
  expect(await ended).toEqual({ code: 0, output: 'the page heard its translation\n' });
});
