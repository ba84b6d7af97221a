import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTree } from './read-tree.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lingua-tree-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

it('[PRJ24] the rules see every text file of the tree, and nothing that is ignored', () => {
  write('.gitignore', 'node_modules/\ndist/\n*.log\n');
  for (const path of ['src/core/a.ts', '.ci/run', 'docs/a.md']) write(path, 'text');
  for (const path of ['node_modules/x/a.ts', 'speech-node/dist/a.js', 'a.log', '.git/config'])
    write(path, 'text');
  write('data/model.onnx', new Uint8Array([0, 1, 2]));
  expect(readTree(root).map(({ path }) => path)).toEqual([
    '.ci/run',
    '.gitignore',
    'docs/a.md',
    'src/core/a.ts',
  ]);
});

it('[PRJ24] a pattern of .gitignore that the rules do not understand stops them', () => {
  write('.gitignore', 'docs/*/draft\n');
  expect(() => readTree(root)).toThrow('docs/*/draft');
});
