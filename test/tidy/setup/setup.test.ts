import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ended, PlantedTree } from './planted-tree.ts';

let tree: PlantedTree;
beforeEach(() => {
  tree = new PlantedTree();
});
afterEach(() => tree.remove());

const PINNED_NODE = `
  import { pinnedNode, failWith } from './scripts/setup.mjs';
  const [version] = process.argv.slice(1);
  if (version) Object.defineProperty(process, 'version', { value: version });
  try { console.log(pinnedNode()); } catch (error) { failWith(error); }`;

const askForNode = (version?: string) =>
  tree.run(process.execPath, ['--input-type=module', '--eval', PINNED_NODE, ...(version ? [version] : [])]);

it('[PRJ3] the pinned Node of the tree is used where there is one that runs', async () => {
  tree.write('node_modules/.bin/node', '');
  expect((await askForNode()).stdout.trim()).toBe(process.execPath);
  rmSync(join(tree.folder, 'node_modules/.bin/node'));
  symlinkSync(process.execPath, join(tree.folder, 'node_modules/.bin/node'));
  expect((await askForNode('v20.20.2')).stdout).toContain('node_modules/.bin/node');
});

it('[PRJ3] without a pinned Node the one that runs us is used when it is new enough, else one sentence says what to do', async () => {
  expect((await askForNode('v24.0.0')).stdout.trim()).toBe(process.execPath);
  const refused = await askForNode('v23.9.0');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /^Node 24 or newer is needed and no pinned one exists for .* \(this is v23\.9\.0\): .*\n$/,
  );
});

it('[PRJ3] a Node too old for the scripts themselves is told so before anything is installed', async () => {
  const result = await tree.runModule(`
    import { ensureInstalled, failWith } from './scripts/setup.mjs';
    Object.defineProperty(process, 'version', { value: 'v18.0.0' });
    await ensureInstalled().catch(failWith);`);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/^Node 20 or newer is needed to set up \(this is v18\.0\.0\): .*\n$/);
  expect(existsSync(join(tree.folder, 'node_modules'))).toBe(false);
});

/** Enters and leaves the locked part, noting both; stays inside for a few turns of the disk so that another could get in. */
const CRITICAL = `
  import { appendFileSync, readFileSync } from 'node:fs';
  import { withLock } from './scripts/lock.mjs';
  await withLock('.cache/try.lock', async () => {
    appendFileSync('order.log', 'in\\n');
    for (let turn = 0; turn < 200; turn += 1) readFileSync('order.log');
    appendFileSync('order.log', 'out\\n');
  });`;

it('[PRJ4] of several set-ups at once only one is at work at a time', async () => {
  const results = await Promise.all(Array.from({ length: 5 }, () => tree.runModule(CRITICAL)));
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  expect(readFileSync(join(tree.folder, 'order.log'), 'utf8')).toBe('in\nout\n'.repeat(5));
  expect(existsSync(join(tree.folder, '.cache/try.lock'))).toBe(false);
});

it('[PRJ4] the lock of a process that died is taken over', async () => {
  const dead = tree.start(process.execPath, ['--eval', '']);
  await ended(dead);
  tree.write('.cache/try.lock', `${dead.pid} 1`);
  await Promise.all([tree.runModule(CRITICAL), tree.runModule(CRITICAL)]);
  expect(readFileSync(join(tree.folder, 'order.log'), 'utf8')).toBe('in\nout\n'.repeat(2));
});

it('[PRJ4] who waits is told for whom', async () => {
  tree.write('.cache/try.lock', `${process.pid} 1`);
  const waiting = tree.start(process.execPath, ['--input-type=module', '--eval', CRITICAL]);
  waiting.stderr?.on('data', () => waiting.kill());
  const { stderr } = await ended(waiting);
  expect(stderr).toBe(`  another run (process ${process.pid}) is setting up; waiting for it ...\n`);
});
