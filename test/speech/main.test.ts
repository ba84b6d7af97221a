import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadEngines } from '../../speech-node/src/engines.ts';
import { encodeOpus } from '../../speech-node/src/opus.ts';
import { samplesFromPcm16 } from '../../speech-node/src/samples.ts';
import { ListeningScheduler, type Message, Program } from './node-at-work.ts';
import { INAUGURAL, NOVEL } from './recordings.ts';
import { wordErrors } from './word-error.ts';

const job = (jobId: string, audio: Uint8Array, fields: Message = {}): Message => ({
  type: 'job_assign',
  job_id: jobId,
  attempt_id: 1,
  session_id: 's-1',
  utterance_index: 0,
  src_lang: 'en',
  tgt_lang: 'zh',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  audio: Buffer.from(audio).toString('base64'),
  audio_format: 'pcm16',
  sample_rate: 16_000,
  trace_id: 't-1',
  is_manual_cut: true,
  enable_streaming_asr: true,
  ...fields,
});

it('[SPN16] the program registers, serves jobs of both formats, tells events as JSON and stops when asked', async () => {
  const scheduler = await ListeningScheduler.start();
  const program = new Program(['--url', scheduler.url, '--name', 'node-reader', '--json'], {
    env: { LINGUA_NODE_TOKEN: 'token-of-the-test' },
  });
  await program.untilEvent('registered');

  const opus = encodeOpus(samplesFromPcm16(NOVEL.wav.pcm16));
  scheduler.send(job('job-pcm', NOVEL.wav.pcm16));
  scheduler.send(job('job-opus', opus, { audio_format: 'opus' }));
  scheduler.send(job('job-foreign', NOVEL.wav.pcm16, { tgt_lang: 'fr' }));
  for (const jobId of ['job-pcm', 'job-opus']) {
    const result = await scheduler.untilMessage('job_result', jobId);
    expect(result).toMatchObject({ success: true, tts_format: 'opus', trace_id: 't-1', attempt_id: 1 });
    expect(wordErrors(NOVEL.transcript, String(result.text_asr)).errorCount).toBeLessThanOrEqual(1);
    expect(result.extra).toMatchObject({ service_timings: { total_ms: expect.any(Number) } });
    expect(await scheduler.untilMessage('job_ack', jobId)).toMatchObject({ node_id: 'node-reader' });
    expect(await scheduler.untilMessage('asr_partial', jobId)).toMatchObject({ is_final: true });
  }
  expect(await scheduler.untilMessage('job_result', 'job-foreign')).toMatchObject({
    success: false,
    error: { code: 'UNSUPPORTED_LANGUAGE' },
  });

  program.child.kill('SIGTERM');
  expect(await program.untilExit()).toBe(0);
  const kinds = program.events.map(({ kind }) => kind);
  for (const kind of ['loading', 'loaded', 'connected', 'registered', 'jobEnded', 'stopped'])
    expect(kinds).toContain(kind);
  expect(scheduler.authorizations).toEqual(['Bearer token-of-the-test']);
  // [SPN14]
  for (const written of [program.out, program.err]) {
    expect(written).not.toMatch(/amiable/i);
    expect(written).not.toContain('token-of-the-test');
  }
});

it('[SPN45] [SPN47] text is told while the person still speaks; what was settled never changes, and the result is of the whole', async () => {
  const scheduler = await ListeningScheduler.start();
  const program = new Program(['--url', scheduler.url, '--json']);
  await program.untilEvent('registered');
  const { pcm16 } = INAUGURAL.wav;
  const piecesBytes = 96 * 32;
  const pieces = Array.from({ length: Math.ceil(pcm16.length / piecesBytes) }, (_, at) =>
    pcm16.subarray(at * piecesBytes, (at + 1) * piecesBytes),
  );
  let seq = 0;
  const append = (audio: Uint8Array): void => {
    seq += 1;
    scheduler.send({
      type: 'audio_append',
      job_id: 'job-open',
      attempt_id: 1,
      seq,
      audio: Buffer.from(audio).toString('base64'),
      audio_format: 'pcm16',
      sample_rate: 16_000,
    });
  };
  const [first = new Uint8Array(0), ...rest] = pieces;
  scheduler.send(job('job-open', first, { open: true, is_manual_cut: undefined }));
  // Half of the speech, and not a byte more before a text of it came.
  const half = rest.splice(0, Math.floor(rest.length / 2));
  for (const audio of half) append(audio);
  const early = await scheduler.untilMessage('asr_partial', 'job-open');
  expect(early).toMatchObject({ is_final: false, attempt_id: 1, revision: 1 });
  expect(early.text).not.toBe('');
  for (const audio of rest) append(audio);
  scheduler.send({
    type: 'audio_end',
    job_id: 'job-open',
    attempt_id: 1,
    seq: seq + 1,
    is_manual_cut: true,
    padding_ms: 200,
  });
  const result = await scheduler.untilMessage('job_result', 'job-open');
  expect(result).toMatchObject({ success: true, tts_format: 'opus' });
  expect(wordErrors(INAUGURAL.transcript, String(result.text_asr)).errorCount).toBeLessThanOrEqual(2);
  let settled = '';
  const told = scheduler.messages.filter(({ type }) => type === 'asr_partial');
  for (const partial of told) {
    expect(String(partial.settled).startsWith(settled)).toBe(true);
    expect(partial.text).toBe(`${String(partial.settled)}${String(partial.tentative)}`);
    settled = String(partial.settled);
  }
  expect(told.at(-1)).toMatchObject({ is_final: true, tentative: '' });
  program.child.kill('SIGTERM');
  await program.untilExit();
  expect(program.out + program.err).not.toMatch(/fellow/i);
});

it('[SPN11] [SPN14] the node says what it is and no more, in sentences for people by default', async () => {
  const scheduler = await ListeningScheduler.start();
  const program = new Program(['--url', scheduler.url]);
  const register = await scheduler.untilMessage('node_register');
  expect(register).toMatchObject({
    capability_schema_version: '2.0',
    hardware: { cpu_cores: availableParallelism() },
    max_concurrent_jobs: availableParallelism(),
    language_pairs: expect.arrayContaining([{ src: 'en', tgt: 'zh' }]),
    advanced_features: expect.arrayContaining(['open_job', 'partials', 'audio:opus', 'audio:pcm16']),
  });
  for (const [type, engine] of [
    ['asr', 'moonshine'],
    ['nmt', 'reference-dictionary'],
    ['tts', 'espeak-ng'],
  ])
    expect(register.installed_services).toContainEqual(
      expect.objectContaining({ type, engine, device: 'cpu', status: 'running' }),
    );
  expect(register.installed_models).toContainEqual(expect.objectContaining({ kind: 'gloss' }));
  expect(JSON.stringify(register.capability_by_type)).toContain('"type":"tts","ready":true');

  scheduler.send(job('job-said', NOVEL.wav.pcm16));
  await scheduler.untilMessage('job_result', 'job-said');
  program.child.kill('SIGINT');
  expect(await program.untilExit()).toBe(0);
  expect(program.out).toBe('');
  expect(program.err).toContain('loading the recognizer');
  expect(program.err).toContain('gloss');
  expect(program.err).toContain('job job-said succeeded');
  expect(program.err).not.toMatch(/amiable/i);
});

it('[SPN16] a program that started the node does not leave it behind', async () => {
  const scheduler = await ListeningScheduler.start();
  const program = new Program(['--url', scheduler.url, '--json'], { isIpc: true });
  await program.untilEvent('registered');
  program.child.disconnect();
  expect(await program.untilExit()).toBe(0);
});

it('[SPN16] stopping while the engines are loaded is not forgotten', async () => {
  const program = new Program(['--url', 'ws://127.0.0.1:9/ws/node', '--json'], { isIpc: true });
  await program.untilEvent('loading');
  program.child.disconnect();
  expect(await program.untilExit()).toBe(0);
});

it('[SPN16] stopping before a scheduler was ever found is an end like any other', async () => {
  const program = new Program(['--url', 'ws://127.0.0.1:9/ws/node', '--json']);
  await program.untilEvent('disconnected');
  program.child.kill('SIGTERM');
  expect(await program.untilExit()).toBe(0);
});

it('[SPN16] wrong arguments and missing models end the program with a sentence', async () => {
  const wrong = new Program(['--url', 'http://127.0.0.1']);
  const unknown = new Program(['--colour']);
  const empty = new Program([], { env: { ASR_MODEL_DIR: '/nonexistent-model' } });
  const help = new Program(['--help']);
  expect(await wrong.untilExit()).toBe(2);
  expect(wrong.err).toMatch(/^--url: an address that begins with ws:\/\/.*\n$/);
  expect(await unknown.untilExit()).toBe(2);
  expect(unknown.err).toContain('--colour');
  expect(await empty.untilExit()).toBe(1);
  expect(empty.err).toContain('/nonexistent-model/encoder_model.onnx is missing');
  expect(await help.untilExit()).toBe(0);
  expect(help.out).toContain('usage:');
});

it('[SPN16] what cannot be loaded ends the program also where another one started it', async () => {
  const program = new Program([], { env: { ASR_MODEL_DIR: '/nonexistent-model' }, isIpc: true });
  expect(await program.untilExit()).toBe(1);
  expect(program.err).toContain('/nonexistent-model/encoder_model.onnx is missing');
});

it('[SPN16] engines of which one cannot be loaded leave no process of the others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lingua-half-loaded-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const modes = join(folder, 'usr/share/apertium/modes');
  mkdirSync(modes, { recursive: true });
  writeFileSync(join(modes, 'eng-spa.mode'), 'sed -u s/Good/Buen/');
  const notices: string[] = [];
  const loading = loadEngines({
    mtModelDir: folder,
    cacheDir: folder,
    onNotice: (notice) => notices.push(notice),
    onStep: (step) => {
      if (step !== 'voice') return;
      expect(process.getActiveResourcesInfo()).toContain('ProcessWrap');
      throw new Error('no voice');
    },
  });
  await expect(loading).rejects.toThrow('no voice');
  expect(notices).toEqual([]);
  await vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap'));
});
