import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { exitCodeOf } from './run.mjs';
import { ensureInstalled, failWith, pinnedNode, ROOT } from './setup.mjs';

/** Runs a program of `bench/` on the pinned Node, from the sources. */
function runBench([program, ...args]) {
  const flags = ['--expose-gc', '--conditions=source', join(ROOT, 'bench', `${program}.ts`)];
  return new Promise((resolve, reject) => {
    const child = spawn(pinnedNode(), [...flags, ...args], { stdio: 'inherit', cwd: ROOT });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
}

try {
  await ensureInstalled();
  process.exitCode = await runBench(process.argv.slice(2));
} catch (error) {
  failWith(error);
}
