import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './installed.mjs';
import { withLock } from './lock.mjs';
import { run, tail, withProgress } from './run.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The oldest Node that runs these scripts, and the oldest that runs the product. */
const SCRIPT_NODE_MAJOR = 20;
const PRODUCT_NODE_MAJOR = 24;

/** Something the person at the keyboard can mend; the message is the whole story, without a stack. */
export class SetupError extends Error {}

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

const majorOf = (version) => Number.parseInt(version.replace(/^v/, ''), 10);

function withBinsFirst(path = '') {
  return [dirname(bin('node')), ...path.split(delimiter)].join(delimiter);
}

/** The environment for the project's own tools: their `#!/usr/bin/env node` finds the pinned runtime. */
const toolEnv = () => ({ ...process.env, PATH: withBinsFirst(process.env.PATH) });

/** What an outer npm tells its script about itself would be taken by the inner npm for wishes of the user. */
const OUTER_NPM =
  /^npm_(package_|lifecycle_|command$|config_(local_prefix|workspaces?|omit|include|global)$)/i;

function innerNpmEnv() {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OUTER_NPM.test(name)));
  // npm must not run on a runtime inside the folder that it is about to delete.
  env.PATH = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(ROOT, 'node_modules')))
    .join(delimiter);
  return env;
}

/** The npm that called us, on the runtime it runs on; else the one on PATH. */
function npmCommand() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const isNpm = cli !== undefined && basename(cli) === 'npm-cli.js' && existsSync(cli);
  const isOutside = node !== undefined && !node.startsWith(join(ROOT, 'node_modules')) && existsSync(node);
  return isNpm && isOutside ? [node, cli] : ['npm'];
}

function refuseOldNode() {
  if (majorOf(process.version) >= SCRIPT_NODE_MAJOR) return;
  throw new SetupError(
    `Node ${SCRIPT_NODE_MAJOR} or newer is needed to set up (this is ${process.version}): install one and run again.`,
  );
}

/** npm prints its manual after a mistake in the lockfile, which would push the mistake out of sight. */
const withoutManual = (output) => output.replace(/^npm error Clean install a project$[\s\S]*/m, '');

async function install() {
  if (isInstalled(ROOT)) return;
  const [command, ...first] = npmCommand();
  const args = [...first, 'ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-progress'];
  const result = await withProgress('installing dependencies (first time, or they changed)', () =>
    run(command, args, { cwd: ROOT, env: innerNpmEnv() }),
  );
  if (result.code === 0 && isInstalled(ROOT)) return;
  const what =
    result.code === 0
      ? 'npm ci ended well, but node_modules does not hold what package-lock.json asks for.'
      : `The dependencies could not be installed (npm ci ended with code ${result.code}).`;
  throw new SetupError(`${what}\n${tail(withoutManual(result.output))}`);
}

const setupLock = (work) => withLock(join(ROOT, '.cache', 'setup.lock'), work);

/** Installs the dependencies of the lockfile unless they are there already. Errors: `SetupError` with npm's last words. */
export async function ensureInstalled() {
  refuseOldNode();
  if (isInstalled(ROOT)) return;
  await setupLock(install);
}

/** The path of the Node that runs the product. Errors: `SetupError` where there is none of the needed age. */
export function pinnedNode() {
  const pinned = bin('node');
  // Present is not enough: the pinned build cannot run on a machine with another C library.
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  if (majorOf(process.version) >= PRODUCT_NODE_MAJOR) return process.execPath;
  throw new SetupError(
    `Node ${PRODUCT_NODE_MAJOR} or newer is needed and no pinned one exists for ${process.platform}-${process.arch} ` +
      `(this is ${process.version}): install one and run again.`,
  );
}

/**
 * Builds the named TypeScript projects (folders with a tsconfig.json; none = all) and what they need.
 * `outputs`: files that must be there afterwards. Errors: `SetupError` with the compiler's words.
 */
export async function ensureBuilt(projects = [], outputs = []) {
  const compile = async (...flags) => {
    const result = await withProgress('building', () =>
      run(bin('tsc'), ['-b', ...flags, ...projects], { cwd: ROOT, env: toolEnv() }),
    );
    if (result.code !== 0) throw new SetupError(`The build failed.\n${tail(result.output, 60)}`);
  };
  const isComplete = () => outputs.every((file) => existsSync(join(ROOT, file)));
  await setupLock(async () => {
    await compile();
    // The compiler trusts its own notes: an output deleted by hand comes back only by force.
    if (!isComplete()) await compile('--force');
    if (!isComplete()) throw new SetupError(`The build ended well, but left no ${outputs.join(', ')}.`);
  });
}

/** Runs one of the project's own command-line tools. */
export const runTool = (name, args, options = {}) =>
  run(bin(name), args, { cwd: ROOT, env: toolEnv(), ...options });

/** Ends the process with the sentence of a `SetupError`; anything else is a bug and keeps its stack. */
export function failWith(error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
