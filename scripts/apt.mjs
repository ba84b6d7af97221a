import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.mjs';
import { run, tail, withProgress } from './run.mjs';
import { ROOT } from './setup.mjs';

/** Folders of an unpacked package that hold programs. */
const PROGRAM_FOLDERS = ['usr/bin', 'usr/sbin', 'usr/games', 'bin', 'sbin'];

/** `x86_64-linux-gnu` and its like, as the packages themselves name them. */
const TRIPLE = /^[a-z0-9_]+-linux-gnu[a-z0-9]*$/;

const isOnPath = (command, path = '') =>
  path.split(delimiter).some((folder) => existsSync(join(folder, command)));

const programFolders = (tree) => PROGRAM_FOLDERS.map((folder) => join(tree, folder)).filter(existsSync);

function libraryFolders(tree) {
  return ['usr/lib', 'lib'].flatMap((folder) => {
    const place = join(tree, folder);
    if (!existsSync(place)) return [];
    const triples = readdirSync(place).filter((name) => TRIPLE.test(name));
    return [...triples.map((name) => join(place, name)), place];
  });
}

/** The additions that let programs and libraries of an unpacked tree be found. */
function envFor(tree) {
  const found = { PATH: programFolders(tree), LD_LIBRARY_PATH: libraryFolders(tree) };
  const additions = Object.entries(found).filter(([, folders]) => folders.length > 0);
  return Object.fromEntries(
    additions.map(([name, folders]) => [
      name,
      [...folders, process.env[name]].filter(Boolean).join(delimiter),
    ]),
  );
}

/** apt with every folder that it writes to inside ours; only what is installed is read from the system. */
function aptOptions(folder) {
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': '',
    'APT::Install-Recommends': 'false',
    'APT::Keep-Downloaded-Packages': 'true',
    'Debug::NoLocking': 'true',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Retries': '2',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

const leftMs = (untilMs) =>
  untilMs === undefined ? {} : { budgetMs: Math.max(1, untilMs - performance.now()) };

async function mustRun(command, args, untilMs) {
  const { code, output, isOverBudget } = await run(command, args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    ...leftMs(untilMs),
  });
  if (code === 0) return;
  if (isOverBudget) throw new Error('it took too long');
  // apt names its reason in lines that begin so; everything else it prints is progress.
  const reasons = output.split('\n').filter((line) => line.startsWith('E: '));
  throw new Error(reasons.map((line) => line.slice(3)).join('; ') || tail(output, 1));
}

async function download(folder, names, untilMs) {
  rmSync(join(folder, 'cache', 'archives'), { recursive: true, force: true });
  for (const place of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, place), { recursive: true });
  }
  const options = aptOptions(folder);
  // `--reinstall`: a package that counts as installed, but whose program was not found, is fetched all the same.
  const fetchAll = ['-q', ...options, 'install', '-y', '--reinstall', '--download-only', ...names];
  if (existsSync(join(folder, 'updated'))) {
    // Lists of another day may name versions that are no longer served: then they are fetched anew below.
    const { code } = await run('apt-get', fetchAll, leftMs(untilMs));
    if (code === 0) return;
  }
  await mustRun('apt-get', ['-q', ...options, 'update'], untilMs);
  mkdirSync(join(folder, 'updated'), { recursive: true });
  await mustRun('apt-get', fetchAll, untilMs);
}

async function unpack(folder, tree) {
  const archives = join(folder, 'cache', 'archives');
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  // Unpacked aside and moved at the end: a tree that is there is whole.
  const draft = `${tree}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  for (const file of files) await mustRun('dpkg-deb', ['-x', join(archives, file), draft]);
  rmSync(tree, { recursive: true, force: true });
  renameSync(draft, tree);
}

/**
 * Makes Debian packages usable without being root: what is on PATH is used as it is, else the packages (with what they
 * need and this machine lacks) are downloaded and unpacked into the project's `.cache/debian/`, and found there next time.
 *
 * `names`: packages, no versions. `probe`: a program that they bring, by name or, for other files, by a path in the
 * package (`usr/share/...`). `without`: what still works when they are not to be had, as a whole sentence.
 * `budgetMs`: how long apt may take in all; without one, as long as it likes.
 * Shape: `{ env, tree }`: additions to the environment and the folder unpacked to, `{}` and null when found on PATH;
 * or `{ problem }`, one sentence with the reason and `without`. Never throws for a machine without Debian's tools.
 */
export async function ensureDebianPackages(
  names,
  { probe, without, cache = join(ROOT, '.cache', 'debian'), budgetMs },
) {
  const untilMs = budgetMs === undefined ? undefined : performance.now() + budgetMs;
  const isFile = probe.includes('/');
  if (!isFile && isOnPath(probe, process.env.PATH)) return { env: {}, tree: null };
  const tree = join(cache, [...names].sort().join('+').slice(0, 100));
  const isThere = () =>
    existsSync(join(tree, probe)) || (!isFile && isOnPath(probe, programFolders(tree).join(delimiter)));
  try {
    if (!isThere()) {
      if (!isOnPath('apt-get', process.env.PATH)) throw new Error('this machine has no apt-get');
      await withProgress(`fetching ${names.join(', ')}`, () =>
        withLock(join(cache, 'lock'), async () => {
          if (isThere()) return;
          const apt = join(cache, 'apt');
          await download(apt, names, untilMs);
          await unpack(apt, tree);
        }),
      );
    }
    if (isThere()) return { env: envFor(tree), tree };
    return { problem: `${names.join(', ')} was fetched, but holds no ${probe}. ${without}` };
  } catch (error) {
    return {
      problem: `${names.join(', ')} could not be fetched: ${error.message.replace(/\.$/, '')}. ${without}`,
    };
  }
}
