import { expect, it } from 'vitest';
import { entryFindings } from './entries.ts';
import { messages, plant } from './planted.ts';

const client = {
  source: './src/client/mod.ts',
  types: './dist/client/mod.d.ts',
  default: './dist/client/mod.js',
};
const manifest = (exports: Record<string, unknown>) => plant('package.json', JSON.stringify({ exports }));
const mod = (layer: string) => plant(`src/${layer}/mod.ts`, 'export { a } from "./a.ts";');

it('[PRJ15] an entry with its mod.ts is in order', () => {
  const exports = { './client': client, './package.json': './package.json' };
  expect(entryFindings([manifest(exports), mod('client')])).toEqual([]);
});

it('[PRJ15] an entry without mod.ts is found', () => {
  expect(messages(entryFindings([manifest({ './client': client })]))).toEqual([
    'the entry ./client has no src/client/mod.ts',
  ]);
});

it('[PRJ15] an entry that leads elsewhere is found', () => {
  const elsewhere = { ...client, default: './dist/client/main.js' };
  expect(messages(entryFindings([manifest({ './client': elsewhere }), mod('client')])).join()).toContain(
    'the entry ./client is not {',
  );
});

it('[PRJ15] a mod.ts behind no entry is found', () => {
  const findings = entryFindings([manifest({ './client': client }), mod('client'), mod('core')]);
  expect(messages(findings)).toEqual([
    'is behind no entry of package.json: import the file that defines the thing',
  ]);
});

it('[PRJ24] seeing no package.json is a finding', () => {
  expect(entryFindings([])).toHaveLength(1);
});
