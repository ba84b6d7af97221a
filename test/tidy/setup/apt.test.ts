import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';

interface Wish {
  readonly probe: string;
  readonly without: string;
  readonly cache: string;
}
type Answer =
  | { readonly env: Record<string, string>; readonly tree: string | null }
  | { readonly problem: string };

const script = new URL('../../../scripts/apt.mjs', import.meta.url).href;
const { ensureDebianPackages } = (await import(script)) as {
  ensureDebianPackages(names: readonly string[], wish: Wish): Promise<Answer>;
};

const cache = mkdtempSync(join(tmpdir(), 'lingua-debian-'));
const without = 'Everything else works.';
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

function found(answer: Answer): { env: Record<string, string>; tree: string | null } {
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

it('[PRJ11] a program that is on PATH is used as it is', async () => {
  const answer = await ensureDebianPackages(['coreutils'], { probe: 'cat', without, cache });
  expect(answer).toEqual({ env: {}, tree: null });
});

it('[PRJ11] a package is downloaded, unpacked without root and run; the next time it is there already', async () => {
  const { env, tree } = found(await ensureDebianPackages(['hello'], { probe: 'hello', without, cache }));
  expect(execFileSync('hello', { env: { ...process.env, ...env, LC_ALL: 'C' } }).toString()).toBe(
    'Hello, world!\n',
  );
  expect(tree?.startsWith(cache)).toBe(true);

  vi.stubEnv('PATH', '');
  const again = found(await ensureDebianPackages(['hello'], { probe: 'hello', without, cache }));
  expect(again.tree).toBe(tree);
});

it('[PRJ11] a package without a program is found by a file of it', async () => {
  const probe = 'usr/share/figlet/future.tlf';
  const { tree } = found(await ensureDebianPackages(['toilet-fonts'], { probe, without, cache }));
  expect(readFileSync(join(tree ?? '', probe)).byteLength).toBeGreaterThan(1000);
});

it('[PRJ11] what is not to be had is told in one sentence, with what works without it', async () => {
  const wish = { probe: 'no-such-program', without, cache };
  expect(await ensureDebianPackages(['no-such-package-here'], wish)).toEqual({
    problem:
      'no-such-package-here could not be fetched: Unable to locate package no-such-package-here. Everything else works.',
  });
  expect(await ensureDebianPackages(['hello'], wish)).toEqual({
    problem: 'hello was fetched, but holds no no-such-program. Everything else works.',
  });
});

it('[PRJ11] a machine without apt-get gets the same sentence', async () => {
  vi.stubEnv('PATH', '');
  const answer = await ensureDebianPackages(['sl'], { probe: 'sl', without, cache });
  expect(answer).toEqual({
    problem: 'sl could not be fetched: this machine has no apt-get. Everything else works.',
  });
});
