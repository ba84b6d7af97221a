import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 200;

function readOrNull(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A hard link appears whole or not at all, so nobody ever reads a lock without its owner. */
function tryTake(file, own) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Two runs may find the same dead owner at once: the one that moves a live lock away by mistake puts it back. */
function removeDead(file, seen) {
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * Does `work` while holding the lock file; waits for another live process that holds it, takes over from a dead one.
 * The file holds the owner's process id.
 */
export async function withLock(file, work, { say = console.error } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${process.pid} ${performance.timeOrigin}`;
  let hasSpoken = false;
  while (!tryTake(file, own)) {
    const holder = readOrNull(file);
    if (holder === null) continue;
    const pid = Number.parseInt(holder, 10);
    if (!isAlive(pid)) {
      removeDead(file, holder);
      continue;
    }
    if (!hasSpoken) say(`  another run (process ${pid}) is setting up; waiting for it ...`);
    hasSpoken = true;
    await pause(POLL_MS);
  }
  const release = () => {
    if (readOrNull(file) === own) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
