import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { environmentOfWrapped } from './end-with-wrappers.ts';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the same command on another Node and ends as that one does. Signals are passed on: whoever stops this process
 * means the one that does the work [CLI4].
 *
 * Resolves with the exit code; 128 + the signal's number when a signal ended it.
 */
export function handOver(node: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    // In a group of its own: a terminal and most supervisors signal the whole group, and it would be told twice.
    const child = spawn(node, [...args], { stdio: 'inherit', env: environmentOfWrapped(), detached: true });
    const pass = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    for (const signal of passedOn) process.on(signal, pass);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of passedOn) process.off(each, pass);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
