import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

interface Wish {
  readonly isWanted?: boolean;
  readonly budgetMs?: number;
  readonly cache: string;
}
const script = new URL('../../scripts/fetch-apertium.mjs', import.meta.url).href;
const { ensureApertium } = (await import(script)) as {
  ensureApertium(wish: Wish): Promise<string | null>;
};

let folder = '';
let cache = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lingua-fetch-'));
  cache = join(folder, 'cache');
  vi.stubEnv('LINGUA_APERTIUM', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A machine whose apt-get does what the line says; each call leaves a letter. */
const aptGet = (line: string): void => {
  writeFileSync(join(folder, 'apt-get'), `#!/bin/sh\nprintf x >> '${folder}/calls'\n${line}\n`);
  chmodSync(join(folder, 'apt-get'), 0o755);
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
};

it('[SPN43] a machine that cannot get it is told so once, and not kept waiting at the next start', async () => {
  aptGet('echo "E: no network here" >&2; exit 100');
  expect(await ensureApertium({ cache })).toBe(
    'apertium-eng-spa could not be fetched: no network here. English to Spanish is not offered; everything else works.',
  );
  rmSync(join(folder, 'calls'));
  expect(await ensureApertium({ cache })).toBeNull();
  expect(existsSync(join(folder, 'calls'))).toBe(false);
  expect(await ensureApertium({ cache, isWanted: true })).toContain('no network here');
});

it('[SPN43] an apt-get that does not come back is ended', async () => {
  aptGet('sleep 600');
  expect(await ensureApertium({ cache, budgetMs: 300 })).toContain('it took too long');
});

it('[SPN43] a machine without apt-get, and a user who does not want it', async () => {
  vi.stubEnv('PATH', folder);
  expect(await ensureApertium({ cache })).toContain('this machine has no apt-get');
  vi.stubEnv('LINGUA_APERTIUM', 'off');
  expect(await ensureApertium({ cache, isWanted: true })).toBeNull();
});

it('[SPN43] what was fetched is there the next time', async () => {
  aptGet('exit 1');
  const modes = join(cache, 'apertium-eng-spa/usr/share/apertium/modes');
  mkdirSync(modes, { recursive: true });
  writeFileSync(join(modes, 'eng-spa.mode'), '');
  expect(await ensureApertium({ cache })).toBeNull();
  expect(existsSync(join(folder, 'calls'))).toBe(false);
});
