import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureApertium } from './fetch-apertium.mjs';
import { exitCodeOf } from './run.mjs';
import { ensureBuilt, ensureInstalled, failWith, pinnedNode, ROOT } from './setup.mjs';

const PROGRAM = 'dist/cli/main.js';
const FLAGS = 'dist/cli/engine-flags.js';

/** Runs the demo in the foreground, in our process group: the terminal is its terminal. */
async function runDemo(args) {
  const { ENGINE_FLAGS } = await import(join(ROOT, FLAGS));
  return new Promise((resolve, reject) => {
    const child = spawn(pinnedNode(), [...ENGINE_FLAGS, join(ROOT, PROGRAM), 'demo', ...args], {
      stdio: 'inherit',
    });
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    process.on('SIGINT', () => {
      // A terminal sends Ctrl-C to the whole group, so the demo has it already; a second one would cut its drain short.
      if (!process.stdin.isTTY) child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
}

try {
  console.error('Lingua Scheduler: getting ready (installs and builds only what is missing), then the demo.');
  // Beside the others, which take longer.
  const apertium = ensureApertium();
  await ensureInstalled();
  await ensureBuilt(['src/cli', 'speech-node'], [PROGRAM, FLAGS]);
  const problem = await apertium;
  if (problem !== null) console.error(problem);
  process.exitCode = await runDemo(process.argv.slice(2));
} catch (error) {
  failWith(error);
}
