import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { writeWav } from '#cli/wav.ts';
import { compose, type Scheduler } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { pcmTone } from '#testing/audio-samples.ts';
import { answering, inTurn, neverAnswering, ScriptedNode } from '#testing/mod.ts';

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

const stage = async (sets: readonly string[] = []): Promise<string> => {
  scheduler = await compose({
    ...loadConfig({ sets: ['server.port=0', 'scheduler.job_timeout.pending_timeout_seconds=1', ...sets] }),
    log: { write: () => undefined },
  });
  return `127.0.0.1:${(await scheduler.start()).port}`;
};

/** A way to the scheduler that can be cut without a word. */
const wayTo = async (host: string): Promise<{ readonly host: string; cut(): void }> => {
  const port = Number(host.split(':')[1]);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    near.pipe(far).pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: ownPort } = server.address() as AddressInfo;
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(cut);
  return { host: `127.0.0.1:${ownPort}`, cut };
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
  expect(noServer.err).toMatch(/^lingua: no scheduler answers at .*start one with "npx lingua serve"/);
  for (const [out, why] of [
    [sample, 'is no folder'],
    ['/proc/nope', 'cannot be made'],
  ] as const) {
    const noFolder = await lingua('speak', sample, '--url', url, '--out', out);
    expect(noFolder).toMatchObject({ code: 1, err: expect.stringContaining(`lingua: --out ${out} ${why}`) });
  }
});

test('[CLI40] the target is Spanish where it is served, a gloss says so, and what nobody serves is refused with what is', async () => {
  const host = await stage();
  const common = ['speak', sample, '--url', `ws://${host}/ws/session`, '--speed', '0', '--out', folder];
  const offer = async (...targets: string[]): Promise<void> => {
    node?.kill();
    const installed_services = ['asr', 'nmt', 'tts'].map((type) => ({
      service_id: type === 'nmt' ? 'reference-dictionary' : type,
      type,
      device: 'cpu',
      status: 'running',
    }));
    node = await ScriptedNode.start(`ws://${host}/ws/node`, {
      features: ['job_ack', 'audio:pcm16'],
      behaviour: answering({ text_asr: 'so it is', text_translated: 'as it were' }),
      registration: { language_pairs: targets.map((tgt) => ({ src: 'en', tgt })), installed_services },
    });
    node.heartbeat({ installed_services });
  };
  await offer('es', 'zh');
  const spanish = await lingua(...common);
  expect(spanish.out, spanish.err).toMatch(/translated \(es\): as it were\n/);
  const chinese = await lingua(...common, '--to', 'zh-CN');
  expect(chinese.out).toMatch(/translated \(zh-CN\): as it were \(a word-by-word gloss/);
  const klingon = await lingua(...common, '--to', 'tlh');
  expect(klingon).toMatchObject({
    code: 1,
    out: '',
    err: 'lingua: no node translates en to tlh; served: en to es, en to zh\n',
  });
  const french = await lingua(...common, '--from', 'fr');
  expect(french.err).toBe('lingua: no node translates fr to zh; served: en to es, en to zh\n');
}, 60_000);

test('[CLI41] a wrong scheme, path or host each say what is wrong', async () => {
  const host = await stage();
  const told = async (url: string): Promise<string> => {
    const { code, err } = await lingua('speak', sample, '--url', url);
    expect(code).toBe(1);
    return err;
  };
  expect(await told(`http://${host}/`)).toBe(
    `lingua: --url must begin with ws:// or wss://; did you mean ws://${host}/ws/session?\n`,
  );
  expect(await told(`ws://${host}/session`)).toContain(
    `has no session socket at /session; use ws://${host}/ws/session`,
  );
  expect(await told(`ws://${host}`)).toContain(`; use ws://${host}/ws/session`);
  expect(await told('ftp://here')).toContain('must begin with ws:// or wss://, not ftp:');
  expect(await told('here')).toContain('--url is not an address: here');
}, 60_000);

test.each([
  [
    'none',
    [],
    'UNAUTHENTICATED',
    'wants a token that it knows, and got none or another one (close code 4001)',
  ],
  [
    'another one',
    ['--token', 'wrong-token-0123456789'],
    'UNAUTHENTICATED',
    'wants a token that it knows, and got none or another one (close code 4001)',
  ],
  [
    'that of a node',
    ['--token', 'node-token-0123456789'],
    'FORBIDDEN',
    'does not take this token for a session (close code 4003)',
  ],
])(
  '[CLI41] a scheduler that asks for tokens and gets %s says so, and how to give one',
  async (_what, token, code, why) => {
    const host = await stage([
      'auth.session.tokens=client-token-0123456789',
      'auth.node.tokens=node-token-0123456789',
    ]);
    const told = await lingua('speak', sample, '--url', `ws://${host}/ws/session`, ...token);
    expect(told).toEqual({
      code: 1,
      out: '',
      err: `lingua: the scheduler refused the session (${code}): The server ${why}; the token of a session is given with --token or LINGUA_TOKEN\n`,
    });
  },
);

test('[CLI42] whoever speaks while no node is ready is told so, and what to do', async () => {
  const host = await stage();
  const { err } = await lingua('speak', sample, '--url', `ws://${host}/ws/session`, '--speed', '0');
  expect(err).toContain('no node that is ready: start one with "npx lingua node"');
});

test('[CLI43] what came before the conversation broke off is printed', async () => {
  const host = await stage();
  mkdirSync(folder, { recursive: true });
  const long = join(folder, 'long.wav');
  const sound = new Uint8Array(readFileSync(sample).subarray(44));
  writeFileSync(long, writeWav(Buffer.concat(Array.from({ length: 10 }, () => sound)), 16_000));
  node = await ScriptedNode.start(`ws://${host}/ws/node`, {
    features: ['job_ack', 'audio:pcm16'],
    behaviour: inTurn(answering({ text_asr: 'so it is', text_translated: 'as it were' }), neverAnswering()),
  });
  const way = await wayTo(host);
  const speaking = lingua(
    'speak',
    long,
    '--url',
    `ws://${way.host}/ws/session`,
    '--speed',
    '0',
    '--out',
    folder,
  );
  await node.untilJobs(2);
  const delivered = async (): Promise<string> => (await fetch(`http://${host}/metrics`)).text();
  await expect.poll(delivered, { timeout: 10_000 }).toMatch(/results_delivered_total 1\n/);
  way.cut();
  const { code, out, err } = await speaking;
  expect(code).toBe(1);
  expect(out).toContain('translated (zh): as it were');
  expect(err).toMatch(/^lingua: the conversation broke off .*; what came before it stands above\n$/m);
}, 60_000);

/** A recording of so many seconds of a tone and so many of silence. */
const recordingOf = (name: string, soundS: number, quietS: number): string => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  const sound = pcmTone(soundS * 1000);
  const samples = new Int16Array(sound.length + quietS * 16_000);
  samples.set(sound);
  writeFileSync(file, writeWav(new Uint8Array(samples.buffer), 16_000));
  return file;
};

test('[CLI63] a recording that ends in silence is over when its last sound has its result, though that came before its end', async () => {
  const host = await stage();
  node = await ScriptedNode.start(`ws://${host}/ws/node`, {
    features: ['job_ack', 'audio:pcm16'],
    behaviour: answering({ text_asr: 'so it is', text_translated: 'as it were' }),
  });
  // Cut after 20 s by its length, which is a second here; silence follows for another.
  const file = recordingOf('quiet-end.wav', 1, 39);
  const args = ['--url', `ws://${host}/ws/session`, '--speed', '20', '--out', folder];
  const { code, out, err } = await lingua('speak', file, ...args);
  expect(err).toBe('');
  expect(out).toContain('translated (zh): as it were');
  expect(code).toBe(0);
});

test('[CLI63] a recording in which nothing can be heard is called that', async () => {
  const host = await stage();
  const file = recordingOf('silence.wav', 0, 2);
  const { code, err } = await lingua('speak', file, '--url', `ws://${host}/ws/session`, '--speed', '0');
  expect(err).toMatch(/^lingua: nothing can be heard in .*silence\.wav$/m);
  expect(code).toBe(1);
});
