import { spawn } from 'node:child_process';

/** Children of ours that still run, so that a signal to us ends them too. */
const alive = new Set();

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** The exit code by which a shell would report how a child ended. */
export const exitCodeOf = (code, signal) => code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0);

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

function endAll(signal) {
  for (const child of alive) killGroup(child, 'SIGTERM');
  process.exit(exitCodeOf(null, signal));
}

/**
 * Runs a command in a process group of its own, so that ending it ends its workers too.
 *
 * Shape: `{ code, output, elapsedMs, isOverBudget }`; `output` is stdout and stderr as they came, empty with `show`.
 * Never rejects: a command that cannot be started has code 127 and the reason as its output.
 */
export function run(command, args, { cwd, env = process.env, show = false, budgetMs } = {}) {
  return new Promise((resolve) => {
    const startedAtMs = performance.now();
    const sink = show ? 'inherit' : 'pipe';
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', sink, sink] });
    let output = '';
    let isOverBudget = false;
    let budget;

    if (alive.size === 0) for (const signal of SIGNALS) process.on(signal, endAll);
    alive.add(child);
    const finish = (code, reason = '') => {
      if (!alive.delete(child)) return;
      clearTimeout(budget);
      if (alive.size === 0) for (const signal of SIGNALS) process.off(signal, endAll);
      resolve({ code, output: output + reason, elapsedMs: performance.now() - startedAtMs, isOverBudget });
    };

    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    if (budgetMs !== undefined) {
      budget = setTimeout(() => {
        isOverBudget = true;
        killGroup(child, 'SIGKILL');
      }, budgetMs);
    }
    child.on('error', (error) => finish(127, `${command}: ${error.message}`));
    // A worker that outlives its parent would hold the pipe, and with it us, for ever.
    child.on('exit', () => killGroup(child, 'SIGKILL'));
    child.on('close', (code, signal) => finish(exitCodeOf(code, signal)));
  });
}

/** The last lines of an output: where tools say what went wrong. */
export function tail(output, lineCount = 25) {
  return output.trimEnd().split('\n').slice(-lineCount).join('\n');
}

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Says what is being done once it takes over a second, and that it goes on every ten. */
export async function withProgress(what, work) {
  const startedAtMs = performance.now();
  let hasSpoken = false;
  const speak = () => {
    const elapsedMs = performance.now() - startedAtMs;
    console.error(hasSpoken ? `  ... ${what}, ${Math.round(elapsedMs / 1000)} s so far` : `  ${what} ...`);
    hasSpoken = true;
  };
  const first = setTimeout(speak, 1000);
  const again = setInterval(speak, 10_000);
  try {
    const result = await work();
    if (hasSpoken) console.error(`  ${what}: done in ${seconds(performance.now() - startedAtMs)}`);
    return result;
  } finally {
    clearTimeout(first);
    clearInterval(again);
  }
}
