import { areWrappersAlive, lookAtProcess, wrappersOf } from './ancestors.ts';

const LOOK_EVERY_MS = 1000;

/**
 * Once npm, or the program of ours in front of this one, is gone, this process gets the SIGTERM that they would have
 * passed on: nothing is left behind that holds the port [CLI50].
 */
export function endWithWrappers(): void {
  const wrappers = wrappersOf(process.pid, process.env, lookAtProcess);
  if (wrappers.length === 0) return;
  const timer = setInterval(() => {
    if (areWrappersAlive(process.pid, wrappers, lookAtProcess)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** The environment of a program that shall end with this one. */
export const environmentOfWrapped = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LINGUA_PARENT: String(process.pid),
});
