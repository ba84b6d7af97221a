import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { ensureDebianPackages } from './apt.mjs';

/** A real Redis for benches and tests: empty, on a port of its own, keeping nothing on disk. */
export interface RedisServer {
  readonly port: number;
  /** Of the server itself, so that its cost can be read. */
  readonly pid: number;
  readonly end: () => Promise<void>;
}

/** There is no Redis to be had; the message says what to do. */
export class NoRedisError extends Error {}

interface Program {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

const READY_LIMIT_MS = 5000;
const FETCH_BUDGET_MS = 90_000;
/** Between looking for a free port and taking it, another process may be faster. */
const TRIES = 3;
const HOW_TO =
  'Install redis-server 6.2 or newer, or name one: REDIS_SERVER=/path/to/redis-server. Nothing else needs it.';

/**
 * Runs a command and ends it when its own input ends: so it never outlives us, however we end. In a group of its own,
 * because a shell ignores the keyboard's interrupt for what it runs beside itself.
 */
const WHILE_INPUT_LASTS = '"$@" & echo "pid $!"; read -r _; kill $!; wait $!';

/** `$REDIS_SERVER`, else the one on PATH, else Debian's, fetched without root. errors: `NoRedisError`. */
const findProgram = async (): Promise<Program> => {
  const { REDIS_SERVER: named } = process.env;
  if (named !== undefined && named !== '') return { command: named, env: process.env };
  const found = await ensureDebianPackages(['redis-server'], {
    probe: 'redis-server',
    without: HOW_TO,
    budgetMs: FETCH_BUDGET_MS,
  });
  if ('problem' in found) throw new NoRedisError(found.problem);
  return { command: 'redis-server', env: { ...process.env, ...found.env } };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

/** Resolves with its process id once it takes connections; rejects with its last words. */
const readyPid = async (shell: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = '';
    const fail = (): void => {
      const lines = said.split('\n').filter((line) => line !== '' && !/^pid \d+$/.test(line));
      reject(new Error(lines.slice(-3).join('; ') || 'it said nothing'));
    };
    const limit = setTimeout(fail, READY_LIMIT_MS);
    const take = (text: string): void => {
      said += text;
      const pid = /^pid (\d+)$/m.exec(said)?.[1];
      if (pid !== undefined && said.includes('Ready to accept connections')) resolve(Number(pid));
      else if (/not found|Address already in use|FATAL|Permission denied/.test(said)) fail();
      else return;
      clearTimeout(limit);
    };
    shell.stdout.setEncoding('utf8').on('data', take);
    shell.stderr.setEncoding('utf8').on('data', take);
    shell.on('error', (error) => take(`FATAL ${error.message}`));
  });

const startOn = async ({ command, env }: Program, port: number): Promise<RedisServer> => {
  const options = { bind: '127.0.0.1', port, save: '', appendonly: 'no', dir: tmpdir() };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const shell = spawn('sh', ['-c', WHILE_INPUT_LASTS, 'sh', command, ...args], {
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const end = async (): Promise<void> => {
    if (shell.exitCode !== null || shell.signalCode !== null) return;
    const ended = once(shell, 'exit');
    shell.stdin.end();
    await ended;
  };
  try {
    return { port, pid: await readyPid(shell), end };
  } catch (error) {
    await end();
    throw error;
  }
};

/** A fresh server, ready in a moment. errors: `NoRedisError` where there is none, or where it does not start. */
export const startRedis = async (): Promise<RedisServer> => {
  const program = await findProgram();
  for (let tried = 1; ; tried += 1) {
    try {
      return await startOn(program, await freePort());
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (tried < TRIES && words.includes('Address already in use')) continue;
      throw new NoRedisError(`${program.command} does not start: ${words}. ${HOW_TO}`);
    }
  }
};
