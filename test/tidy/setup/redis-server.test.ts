import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { NoRedisError, startRedis } from '../../../scripts/redis-server.ts';
import { isAlive } from '../../is-alive.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What the server answers to one command. */
const ask = async (port: number, command: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
};

it('[PRJ26] a Redis is there in a moment, empty and keeping nothing, two of them side by side, until each is ended', async () => {
  const [one, other] = await Promise.all([startRedis(), startRedis()]);
  expect(await ask(one.port, 'SET word spoken')).toBe('+OK\r\n');
  expect(await ask(other.port, 'DBSIZE')).toBe(':0\r\n');
  expect(await ask(one.port, 'CONFIG GET save')).toBe('*2\r\n$4\r\nsave\r\n$0\r\n\r\n');
  expect(await ask(one.port, 'CONFIG GET appendonly')).toContain('no');
  await one.end();
  await one.end();
  expect([isAlive(one.pid), isAlive(other.pid)]).toEqual([false, true]);
  await other.end();
});

it('[PRJ26] it does not outlive a process that is killed', async () => {
  const module = JSON.stringify(new URL('../../../scripts/redis-server.ts', import.meta.url).href);
  const program = `
    import { startRedis } from ${module};
    console.log((await startRedis()).pid);
    process.kill(process.pid, 'SIGKILL');`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
  expect(signal).toBe('SIGKILL');
  const pid = Number(stdout.toString());
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
});

it('[PRJ26] where there is none, one sentence says what to do', async () => {
  vi.stubEnv('REDIS_SERVER', '/nowhere/redis-server');
  const missed = startRedis();
  await expect(missed).rejects.toThrow(NoRedisError);
  await expect(missed).rejects.toThrow(/does not start: .*not found.*Install redis-server/);
});
