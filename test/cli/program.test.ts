import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, ['--conditions=source', main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

test('[CLI52] config prints what serve would use, and checks a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lingua-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const good = join(folder, 'good.toml');
  const bad = join(folder, 'bad.toml');
  writeFileSync(good, '[server]\nport = 5999\n[scheduler.phase2]\nenabled = true\n');
  writeFileSync(bad, '[server]\nprot = 1\nport = "x"\n');

  const shown = run(['config', '--config', good, '--changed'], { LINGUA_LOG__LEVEL: 'warn' });
  expect(shown.status).toBe(0);
  expect(shown.stdout).toContain(`port = 5999  # ${good}\n`);
  expect(shown.stdout).toContain('level = "warn"  # LINGUA_LOG__LEVEL\n');
  expect(shown.stderr).toMatch(/^lingua: scheduler\.phase2\.enabled has no effect: /);

  expect(run(['config', '--check', good])).toMatchObject({ status: 0, stdout: `${good} can be used\n` });
  const checked = run(['config', '--check', bad]);
  expect([checked.status, checked.stdout]).toEqual([1, '']);
  expect(checked.stderr).toContain('server.prot: there is no such key; did you mean server.port?');
  expect(checked.stderr).toContain('server.port: "x" is not a whole number');
});

test.each(['', ' ', '-1', '65536', '1e3', '0x10', '80.0'])('[CLI51] %j is no port', (text) => {
  const { status, stderr } = run(['serve', `--port=${text}`]);
  expect(stderr).toContain('a port is a whole number from 0 to 65535');
  expect(status).toBe(1);
});
