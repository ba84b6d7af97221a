import { CHECKS, runCheck } from './checks.mjs';
import { seconds } from './run.mjs';
import { ensureInstalled, failWith } from './setup.mjs';

const TESTS = {
  what: 'tests (vitest: unit, tidy)',
  tool: 'vitest',
  args: ['run', '--project=unit', '--project=tidy', '--reporter=dot'],
};

/** Two lanes for two cores; the long test run starts with the compiler's cache warm. */
const LANES = [
  [CHECKS.types, TESTS],
  [CHECKS.lint, CHECKS.promises, CHECKS.unused],
];

function report({ what, isOk, elapsedMs, output }) {
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${what}  ${seconds(elapsedMs)}`);
  if (!isOk) console.log(output.trimEnd().replace(/^/gm, '     '));
}

async function runLane(checks) {
  const results = [];
  for (const check of checks) {
    const result = await runCheck(check);
    report(result);
    results.push(result);
  }
  return results;
}

try {
  const startedAtMs = performance.now();
  await ensureInstalled();
  const results = (await Promise.all(LANES.map(runLane))).flat();
  const failed = results.filter(({ isOk }) => !isOk);
  const verdict = failed.length === 0 ? 'all good' : `failed: ${failed.map(({ what }) => what).join(', ')}`;
  console.log(`check: ${verdict}  (${seconds(performance.now() - startedAtMs)})`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  failWith(error);
}
