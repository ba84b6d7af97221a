import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

test.each(['', ' ', '-1', '65536', '1e3', '0x10', '80.0'])('[CLI51] %j is no port', (text) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', main, 'serve', `--port=${text}`],
    { encoding: 'utf8' },
  );
  expect(stderr).toContain('a port is a whole number from 0 to 65535');
  expect(status).toBe(1);
});
