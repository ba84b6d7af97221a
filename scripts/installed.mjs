import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'];

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

const canonical = (names = {}) => JSON.stringify(Object.entries(names).sort());

const libcHere = () => (process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl');

/** npm leaves out optional packages for other machines; one that names this machine must be there. */
function isForThisMachine(entry) {
  if (!entry.os || !entry.cpu) return false;
  if (!entry.os.includes(process.platform) || !entry.cpu.includes(process.arch)) return false;
  return !entry.libc || entry.libc.includes(libcHere());
}

/** A manifest changed by hand and not yet locked: npm has to say so, we do not. */
function isLocked(root, folder, entry) {
  const manifest = readJson(join(root, folder, 'package.json'));
  return KINDS.every((kind) => canonical(manifest[kind]) === canonical(entry[kind]));
}

function isPresent(root, place, entry, there) {
  if (!place.startsWith('node_modules/')) return isLocked(root, place, entry);
  const found = there[place];
  if (!found) return entry.optional === true && !isForThisMachine(entry);
  if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
  // Links have no integrity; one inside a foreign package may lead nowhere and harm nobody.
  return entry.integrity === undefined || existsSync(join(root, place, 'package.json'));
}

/**
 * Whether `node_modules` holds what the lockfile asks for. npm writes `node_modules/.package-lock.json` as the last
 * act of a whole installation, so that file is the stamp: also one that a person made with `npm ci` counts, an
 * interrupted one does not.
 */
export function isInstalled(root) {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(stamp)) return false;
  const there = readJson(stamp).packages;
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  return Object.entries(wanted).every(([place, entry]) => isPresent(root, place, entry, there));
}
