import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { gpuFinding } from '../../speech-node/src/check.ts';
import { knock, requiresGpu } from '../../speech-node/src/reach-scheduler.ts';
import { stageScheduler } from '../server/stage.ts';
import { ListeningScheduler, Program } from './node-at-work.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('[SPN52] the check tries engines, languages and scheduler, ends with 0, and registers no node', async () => {
  const scheduler = await ListeningScheduler.start();
  const program = new Program(['--check', '--url', scheduler.url], {
    env: { LINGUA_NODE_TOKEN: 'token-of-the-test' },
  });
  expect(await program.untilExit(), program.err).toBe(0);
  expect(program.out).toMatch(/^ok +models +moonshine-tiny, as expected\n/);
  expect(program.out).toMatch(/^ok +en to zh +gloss by cc-cedict-en-zh, spoken$/m);
  expect(program.out).toMatch(/^(ok +en to es +translation|missing +translators +Apertium is not here)/m);
  expect(program.out).toMatch(/^ok +scheduler +ws:.* takes the token of LINGUA_NODE_TOKEN$/m);
  expect(program.out).not.toContain('token-of-the-test');
  expect(scheduler.authorizations).toEqual(['Bearer token-of-the-test']);
  expect(scheduler.messages).toEqual([]);
});

it('[SPN52] [CLI44] what cannot work is told with what to do, and ends with 1; lingua node --check does the same', async () => {
  const args = ['dist/cli/main.js', 'node', '--check', '--json', '--url', 'ws://127.0.0.1:9/ws/node'];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ASR_MODEL_DIR: '/nonexistent-model' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  const findings = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(findings).toEqual([
    { what: 'engines', outcome: 'failed', note: expect.stringContaining('/nonexistent-model/encoder_model') },
    { what: 'scheduler', outcome: 'failed', note: expect.stringContaining('"npx lingua serve"') },
  ]);
});

it.each([
  [401, '/ws/node', undefined, /asks for a token: .*LINGUA_NODE_TOKEN, or .* --token$/],
  [401, '/ws/node', 'wrong', /does not know this token: .*LINGUA_NODE_TOKEN, or .* --token$/],
  [403, '/ws/node', 'wrong', /does not take nodes with this token: .*LINGUA_NODE_TOKEN, or .* --token$/],
  [404, '/ws', undefined, /no node socket at \/ws: nodes connect to \/ws\/node/],
  [404, '/ws/node', undefined, /no scheduler \(status 404\)/],
  [503, '/ws/node', undefined, /about to stop/],
] as const)('[SPN52] status %i at %s, token %s', async (status, path, token, problem) => {
  const server = createServer((_request, response) => response.writeHead(status).end());
  onTestFinished(() => {
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect((await knock(`ws://127.0.0.1:${port}${path}`, token, 5_000)).problem).toMatch(problem);
});

it.each([
  ['the token of a node', 'node-token-0123456789', null],
  ['none', undefined, /asks for a token/],
  ['an unknown one', 'wrong-token-0123456789', /does not know this token/],
  ['the token of a client', 'client-token-0123456789', /does not take nodes with this token/],
] as const)('[SPN52] [AUT5] a scheduler that asks for tokens is shown %s', async (_what, token, problem) => {
  const sets = ['auth.node.tokens=node-token-0123456789', 'auth.session.tokens=client-token-0123456789'];
  await using stage = await stageScheduler(sets);
  const knocked = await knock(stage.nodeUrl, token, 5_000);
  if (problem === null) expect(knocked.problem).toBeNull();
  else expect(knocked.problem).toMatch(problem);
  expect(stage.scheduler.runtime.view.dispatcher.registry.nodes.size).toBe(0);
});

it.each([true, false])(
  '[SPN52] [HTT59] whether a graphics card is asked for (%s) is known before',
  async (asked) => {
    await using stage = await stageScheduler([`nodes.require_gpu=${asked}`]);
    expect(await requiresGpu(stage.nodeUrl, 5_000)).toBe(asked);
    expect(await requiresGpu(`${stage.nodeUrl}?token=a`, 5_000)).toBe(asked);
    expect(stage.scheduler.runtime.view.dispatcher.registry.nodes.size).toBe(0);
  },
);

it('[SPN52] a scheduler that does not say whether it asks for a graphics card is not accused of it', async () => {
  const { url } = await ListeningScheduler.start();
  expect(await requiresGpu(url, 5_000)).toBeNull();
  expect(await requiresGpu('ws://127.0.0.1:9/ws/node', 5_000)).toBeNull();
  expect(await requiresGpu('ws://127.0.0.1:9/elsewhere', 5_000)).toBeNull();
});

it('[SPN52] without the graphics card that is asked for the check fails and says what to set', async () => {
  await using stage = await stageScheduler();
  // No nvidia-smi is found where there is nothing to look through.
  const program = new Program(['--check', '--url', stage.nodeUrl], { env: { PATH: '' } });
  expect(await program.untilExit(), program.err).toBe(1);
  expect(program.out).toMatch(/^ok +scheduler /m);
  expect(program.out).toMatch(
    /^FAILED +graphics +.*NO_GPU_AVAILABLE.*set nodes\.require_gpu = false there$/m,
  );
  expect(gpuFinding([{ name: 'NVIDIA L4', memory_gb: 24 }])).toEqual({
    what: 'graphics',
    outcome: 'ok',
    note: 'NVIDIA L4',
  });
});

it('[SPN52] a scheduler that says nothing is given up', async () => {
  const server = createServer(() => undefined);
  server.on('upgrade', () => undefined);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { problem } = await knock(`ws://127.0.0.1:${port}/ws/node`, undefined, 200);
  expect(problem).toMatch(/nobody answers/);
});

it('[SPN52] one that opens the socket and hangs up, or says nothing then, takes no nodes', async () => {
  const server = createServer();
  const opened = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  server.on('upgrade', ({ url }, socket) => {
    if (url === '/hangs-up') socket.end(opened);
    else socket.write(opened);
  });
  onTestFinished(() => {
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = (path: string) => knock(`ws://127.0.0.1:${port}/${path}`, undefined, 200);
  expect((await ask('hangs-up')).problem).toMatch(/hung up/);
  expect((await ask('silent')).problem).toMatch(/nobody answers/);
});
