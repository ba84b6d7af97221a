import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { troubleOf } from '#cli/mock-node.ts';
import { runProgram } from '#cli/program.ts';
import { table } from '#cli/table.ts';
import { opusSpeech } from '#testing/audio-samples.ts';
import { FakeClient, legacyInit } from '#testing/fake-client.ts';
import { ScriptedNode } from '#testing/scripted-node.ts';
import { until } from '../gateway/until.ts';
import { stageScheduler } from '../server/stage.ts';

/** What the command wrote, by stream, and its exit code. */
const run = async (...argv: string[]): Promise<{ out: string; err: string; code: number }> => {
  let out = '';
  let err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  process.exitCode = 0;
  await runProgram(['node', 'lingua', ...argv]);
  const code = Number(process.exitCode);
  process.exitCode = 0;
  vi.restoreAllMocks();
  return { out, err, code };
};

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('questions to a running scheduler', () => {
  test('[CLI60] nodes and sessions as tables, one in full, or the answer as it came', async () => {
    await using stage = await stageScheduler();
    const url = ['--url', stage.httpUrl];
    expect((await run('nodes', ...url)).out).toBe('no nodes\n');
    const node = await ScriptedNode.start(stage.nodeUrl, { heartbeatEveryMs: null });
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
    const client = await FakeClient.connect(stage.sessionUrl);
    await client.init(legacyInit());

    const nodes = await run('nodes', ...url);
    expect(nodes.code).toBe(0);
    expect(nodes.out).toMatch(new RegExp(`^NODE +STATUS +USED[^\\n]*\\n${node.nodeId} +ready +0/4 `));
    expect(nodes.out).toMatch(/^[^\n]+ LOAD % +SEEN +PLATFORM +IDLE BECAUSE\n[^\n]+ +-\n1 of 1 nodes\n$/);
    const sessions = await run('sessions', ...url, '--limit', '1');
    expect(sessions.out).toContain(String(client.sessionId));
    expect(JSON.parse((await run('sessions', ...url, '--json')).out)).toMatchObject({ total: 1, next: null });
    expect(JSON.parse((await run('nodes', String(node.nodeId), ...url)).out)).toMatchObject({
      status: 'ready',
    });
    const unknown = await run('nodes', 'node-nobody', ...url);
    expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('NOT_FOUND') });
  });

  test('[CLI61] a job line by line, and a node out of work and back', async () => {
    await using stage = await stageScheduler();
    const url = ['--url', stage.httpUrl];
    const node = await ScriptedNode.start(stage.nodeUrl, {
      heartbeatEveryMs: null,
      behaviour: (job) => job.answer(),
    });
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
    const client = await FakeClient.connect(stage.sessionUrl);
    await client.init(legacyInit());
    client.chunk({ payload: opusSpeech(1000), isFinal: true });
    client.heartbeat();
    await client.untilType('server_heartbeat');
    await stage.driver.advanceBy(500);
    await client.untilOutcomes(1);
    const job = await run('jobs', String(node.jobs[0]?.jobId), ...url);
    expect(job.out).toMatch(/^job-[^\n]*zh > en, 1 s of speech/);
    expect(job.out).toMatch(/\n +\d+ +sent +1 /);
    expect(job.out).toContain('ended as result');
    expect((await run('jobs', 'job-nobody', ...url)).err).toContain('NOT_FOUND');

    const drained = await run('drain', String(node.nodeId), ...url, '--deadline', '60', '--reason', 'repair');
    expect(drained).toMatchObject({ code: 0, out: `${node.nodeId} gets no more jobs\n` });
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'draining'));
    expect((await run('nodes', ...url)).out).toMatch(/ status_not_ready: repair\n/);
    expect((await run('undrain', String(node.nodeId), ...url)).out).toContain('gets jobs again');
  });

  test('[CLI60] nobody there, somebody else there, and no address are one sentence each', async () => {
    const other = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const token = 'secret-of-a-test';
    const somebody = await run('nodes', '--url', `http://127.0.0.1:${port}`, '--token', token);
    other.close();
    const nobody = await run('nodes', '--url', `http://127.0.0.1:${port}`, '--token', token);
    const wrong = await run('sessions', '--url', 'ws://127.0.0.1:5010/ws/session', '--token', token);
    expect(somebody.err).toContain('is no scheduler (status 200)');
    expect(nobody.err).toContain('no scheduler answers at');
    expect(wrong.err).toContain('must begin with http://');
    for (const { err, code } of [somebody, nobody, wrong]) {
      expect(code).toBe(1);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(err).not.toContain(token);
    }
  });

  test.each([['nodes'], ['sessions'], ['jobs', 'job-1'], ['drain', 'node-1']])(
    '[CLI60] %s without the token of an operator, or with another one, names the option',
    async (...argv) => {
      const client = 'client-token-0123456789';
      await using stage = await stageScheduler([
        'auth.admin.tokens=admin-token-0123456789',
        `auth.session.tokens=${client}`,
      ]);
      const url = ['--url', stage.httpUrl];
      for (const [code, token] of [
        ['UNAUTHENTICATED', []],
        ['UNAUTHENTICATED', ['--token', 'wrong-token-0123456789']],
        ['FORBIDDEN', ['--token', client]],
      ] as const) {
        const told = await run(...argv, ...url, ...token);
        expect(told).toMatchObject({ code: 1, out: '' });
        expect(told.err).toMatch(
          new RegExp(
            `^lingua: ${code}: [^\\n]*[^.]; the token of an operator is given with --token or LINGUA_TOKEN\\n$`,
          ),
        );
        expect(told.err).not.toContain('token-0123456789');
      }
    },
  );

  test.each(['speak', 'node', 'nodes', 'sessions', 'jobs', 'drain', 'undrain', 'load'])(
    '[CLI60] the help of %s names the variable of the token, and not the token',
    async (command) => {
      const token = 'a-token-that-nobody-may-see';
      vi.stubEnv('LINGUA_TOKEN', token);
      vi.stubEnv('LINGUA_NODE_TOKEN', token);
      // The help ends the program.
      vi.spyOn(process, 'exit').mockImplementation(() => {
        throw new Error('ended');
      });
      const { out } = await run(command, '--help');
      expect(out).toMatch(/--token <token>[^-]*\(env:\s+LINGUA_(NODE_)?TOKEN\)/);
      expect(out.replaceAll(/\s/g, '')).not.toContain(token);
    },
  );

  test('[CLI62] what a node calls itself cannot steer the terminal', async () => {
    await using stage = await stageScheduler();
    const platform = 'linux\u001b]0;owned\u0007\n\u202etxt\u009b2J';
    const node = await ScriptedNode.start(stage.nodeUrl, {
      heartbeatEveryMs: null,
      registration: { platform },
    });
    await node.wire.until(() => node.wire.ofType('node_status').some(({ status }) => status === 'ready'));
    const { out } = await run('nodes', '--url', stage.httpUrl);
    expect(out).toMatch(/linux.\]0;owned...txt.2J/u);
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(out.trim().split('\n')).toHaveLength(3);
  });

  test('[CLI62] nor can what a server says in refusing', async () => {
    const server = createServer((_request, response) =>
      response
        .writeHead(400)
        .end(JSON.stringify({ error: 'X\u001b[31m', message: 'no\u001b]0;owned\u0007' })),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { err } = await run('nodes', '--url', `http://127.0.0.1:${port}`);
    server.close();
    expect(err.trim()).toBe('lingua: X\ufffd[31m: no\ufffd]0;owned\ufffd');
  });

  test('[CLI60] columns are as wide as their widest cell, numbers stand to the right', () => {
    const rows = [
      { name: 'a', count: 7 },
      { name: 'longer', count: 1234 },
    ];
    const text = table<(typeof rows)[number]>(
      [
        ['NAME', ({ name }) => name],
        ['N', ({ count }) => count],
      ],
      rows,
    );
    expect(text.split('\n')).toEqual(['NAME       N', 'a          7', 'longer  1234']);
  });
});

test('[CLI60] columns stay one below the other whatever script a name has', () => {
  const rows = [
    ['e\u0301 1', 'x'],
    ['节点', 'y'],
    ['한', 'z'],
  ] as const;
  const text = table<readonly [string, string]>(
    [
      ['A', ([name]) => name],
      ['B', ([, other]) => other],
    ],
    rows,
  );
  expect(text.split('\n')).toEqual(['A     B', 'e\u0301 1   x', '节点  y', '한    z']);
});

test('[LOD9] lingua load says at once why nobody is let in', async () => {
  const nobody = await run('load', '--url', 'ws://127.0.0.1:9/ws/session');
  expect(nobody).toMatchObject({ code: 1, out: '' });
  expect(nobody.err).toMatch(/^lingua: no scheduler answers at ws:\/\/127\.0\.0\.1:9/);
  await using stage = await stageScheduler(['auth.session.tokens=a-token-of-a-client']);
  const stranger = await run('load', '--url', stage.sessionUrl);
  expect(stranger).toMatchObject({ code: 1, out: '' });
  expect(stranger.err).toMatch(/UNAUTHENTICATED.*--token or LINGUA_TOKEN/);
});

test('[LOD9] a mock node that is not connected says where it tried, and when it tries again', () => {
  const url = 'ws://127.0.0.1:9/ws/session';
  const lost = { kind: 'disconnected', closeCode: 1006, code: null, retryInMs: 5000 } as const;
  expect(troubleOf(url, 2, lost)).toBe(
    'mock node 2: not connected to ws://127.0.0.1:9/ws/session, trying again in 5 s; nodes connect at /ws/node',
  );
  expect(troubleOf(url, 2, { ...lost, code: 'DRAINING' })).toContain('(DRAINING)');
  expect(troubleOf(url, 2, { ...lost, retryInMs: null })).toBeNull();
  expect(troubleOf(url, 2, { kind: 'connected' })).toBeNull();
  expect(troubleOf(url, 2, { kind: 'stopped', reason: 'asked' })).toBeNull();
  expect(troubleOf(url, 2, { kind: 'stopped', reason: 'replaced' })).toMatch(/another node uses the same id/);
});

test('[LOD9] mock nodes that are all taken over end in one sentence', async () => {
  await using stage = await stageScheduler();
  const profile = join(mkdtempSync(join(tmpdir(), 'lingua-')), 'mock.toml');
  writeFileSync(profile, 'name = "twin"');
  const mock = ['node', '--mock', profile, '--url', stage.nodeUrl];
  const first = run(...mock);
  const { registry } = stage.scheduler.runtime.view.dispatcher;
  await until(() => [...registry.nodes.values()].some(({ status }) => status === 'ready'));
  const twin = await ScriptedNode.start(stage.nodeUrl, {
    heartbeatEveryMs: null,
    registration: { node_id: 'node-mock-twin-0' },
  });
  const { err, code } = await first;
  expect(code).toBe(1);
  expect(err).toContain('1 mock node of "twin" connected to ws://');
  expect(err).toContain('mock node 0: another node uses the same id');
  expect(err).toMatch(/lingua: no mock node is left\n$/);
  twin.kill();
});

test('[CLI51] lingua serve on a taken port names the option that takes another', async () => {
  await using stage = await stageScheduler();
  const { err, code } = await run('serve', '--port', new URL(stage.sessionUrl).port);
  expect(code).toBe(1);
  expect(err).toMatch(
    /the port is taken by another program; --port takes another, --port 0 any that is free/,
  );
});

test.each([
  [['--mock', 'x.toml', '--check'], '--check does not go with --mock'],
  [['--mock', 'x.toml', '--name', 'n'], '--name does not go with --mock'],
  [['--count', '3'], '--count is for mock nodes'],
])('[CLI44] lingua node %j: an option that would do nothing is refused', async (args, words) => {
  const { err, code } = await run('node', ...args);
  expect(code).toBe(1);
  expect(err).toContain(words);
});

test.each([
  [['--sessions', '10001'], /sessions: .*10000/],
  [['--sessions', '1.5'], /sessions: .*a whole number from 1 to 10000/],
  [['--duration', '0'], /duration_s: .*1/],
  [['--seed', '-1'], /seed: .*0/],
  [['constructor'], /no scenario and no file constructor; built in are conversation/],
])('[LOD1] lingua load %j is refused by field and limit', async (args, words) => {
  const { err, code } = await run('load', ...args);
  expect(err).toMatch(words);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});

test.each([
  ['drain', 'node-1', '--deadline', ''],
  ['drain', 'node-1', '--deadline', '0'],
  ['drain', 'node-1', '--deadline', '0.0001'],
  ['drain', 'node-1', '--deadline', '86400.1'],
  ['nodes', '--limit', ''],
  ['speak', 'a.wav', '--speed', ' '],
  ['sim', '--seeds', ''],
  ['speak', 'a.wav', '--to', ''],
  ['speak', 'a.wav', '--to', '../../evil'],
])('[CLI51] %s %s %s with no value that makes sense is refused', async (...argv) => {
  vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('ended');
  });
  expect((await run(...argv)).err).toMatch(/is invalid\. /);
});
