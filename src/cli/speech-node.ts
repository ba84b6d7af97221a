import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CliFailure } from './failure.ts';

const STOP_MS = 12_000;

/**
 * Starts the reference speech node, a workspace of its own that the command line cannot import. It ends with us: by
 * the channel between us, whatever happens.
 *
 * errors: `CliFailure` when it is not built.
 */
export function startSpeechNode(
  args: readonly string[],
  stdio: ForkOptions['stdio'],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const main = fileURLToPath(new URL('../../speech-node/dist/main.js', import.meta.url));
  if (!existsSync(main)) {
    throw new CliFailure('the speech node is not built; run "npm run build" in the project, or "npm start"');
  }
  return fork(main, [...args], {
    stdio,
    env: { ...process.env, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // In a group of its own: whoever signals ours would tell it a second time what we tell it.
    detached: true,
  });
}

/** It finishes what it is at; after that it is ended. */
export async function stopSpeechNode(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  const exited = once(node, 'exit');
  node.kill('SIGTERM');
  const force = setTimeout(() => node.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(force);
}
