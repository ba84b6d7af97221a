import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS, runCheck } from './checks.mjs';
import { ensureApertium } from './fetch-apertium.mjs';
import { seconds } from './run.mjs';
import { ensureBuilt, ensureInstalled, ROOT, runTool, SetupError } from './setup.mjs';
import { MAY_BE_ABSENT, SUITES } from './suites.mjs';
import { Tally } from './tally.mjs';

const RESULTS = join(ROOT, '.cache', 'test-results');

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

async function runSuite(suite, tally) {
  const report = join(RESULTS, `${suite.name}.json`);
  rmSync(report, { force: true });
  console.log(`\n== ${suite.name} (within ${suite.budgetSeconds} s)`);
  const args = [
    'run',
    `--project=${suite.name}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  if (suite.isSerial) args.push('--no-file-parallelism');
  const result = await runTool('vitest', args, { show: true, budgetMs: suite.budgetSeconds * 1000 });
  // A report is written at the end: one of a run that was stopped cannot be whole.
  tally.addSuite(suite, { ...result, report: result.isOverBudget ? null : readReport(report) });
}

/** A listed folder that vanished would otherwise lose its tests without a word. */
function existingFolders(suite, tally) {
  return suite.folders.filter((folder) => {
    if (existsSync(join(ROOT, folder))) return true;
    if (!MAY_BE_ABSENT.includes(folder)) tally.complain(`${suite.name}: ${folder} is missing`);
    return false;
  });
}

async function checkTree(tally) {
  console.log('== check');
  const { types, ...others } = CHECKS;
  try {
    await ensureBuilt();
    console.log(`ok   ${types.what}`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`FAIL ${types.what}\n${error.message}`);
    tally.complain(`${types.what} failed`);
  }
  for (const check of Object.values(others)) {
    const { what, isOk, elapsedMs, output } = await runCheck(check);
    console.log(`${isOk ? 'ok  ' : 'FAIL'} ${what}  ${seconds(elapsedMs)}`);
    if (isOk) continue;
    console.log(output.trimEnd());
    tally.complain(`${what} failed`);
  }
}

async function runEverything(tally) {
  const apertium = ensureApertium();
  await ensureInstalled();
  mkdirSync(RESULTS, { recursive: true });
  await checkTree(tally);
  const problem = await apertium;
  if (problem !== null) console.log(problem);
  for (const suite of SUITES) {
    if (existingFolders(suite, tally).length > 0) await runSuite(suite, tally);
    else console.log(`\n== ${suite.name}: not there yet`);
  }
}

const startedAtMs = performance.now();
const tally = new Tally();
try {
  await runEverything(tally);
} catch (error) {
  tally.complain(error instanceof SetupError ? error.message : String(error.stack ?? error));
}
console.log(`\nwhole run: ${seconds(performance.now() - startedAtMs)}`);
for (const reason of tally.complaints) console.log(`FAILED ${reason}`);
console.log(tally.line);
process.exitCode = tally.isGood ? 0 : 1;
