import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDebianPackages } from './apt.mjs';
import { ROOT } from './setup.mjs';

const PACKAGE = 'apertium-eng-spa';
const MODE = 'usr/share/apertium/modes/eng-spa.mode';
const BUDGET_MS = 45_000;
/** A machine that could not fetch it a moment ago is not kept waiting at every start. */
const TRY_AGAIN_MS = 24 * 3_600_000;
const WITHOUT = 'English to Spanish is not offered; everything else works.';

function isRecent(file) {
  return existsSync(file) && Date.now() - statSync(file).mtimeMs < TRY_AGAIN_MS;
}

/**
 * Sees to it that the speech node finds Apertium: the machine's own, or fetched into `.cache/debian` [SPN43].
 * `LINGUA_APERTIUM=off` leaves it out. After a failure it is not tried again for a day unless `isWanted`.
 *
 * Gives the sentence to show when it is not to be had, else null. Never throws.
 */
export async function ensureApertium({
  isWanted = false,
  budgetMs = BUDGET_MS,
  cache = join(ROOT, '.cache', 'debian'),
} = {}) {
  if (process.env.LINGUA_APERTIUM === 'off' || existsSync(join('/', MODE))) return null;
  const missed = join(cache, 'apertium-missed');
  if (!isWanted && isRecent(missed)) return null;
  const { problem = null } = await ensureDebianPackages([PACKAGE], {
    probe: MODE,
    without: WITHOUT,
    cache,
    budgetMs,
  });
  if (problem === null) rmSync(missed, { force: true });
  else {
    mkdirSync(cache, { recursive: true });
    writeFileSync(missed, '');
  }
  return problem;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problem = await ensureApertium({ isWanted: true });
  console.log(problem ?? 'Apertium is there: English to Spanish is offered.');
  if (problem !== null) process.exitCode = 1;
}
