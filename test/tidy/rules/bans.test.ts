import { expect, it } from 'vitest';
import { purityFindings, syntaxFindings } from './bans.ts';
import { messages, places, plant } from './planted.ts';

it.each([
  ['Date.now()', 'const a = Date.now();'],
  ['Date.now handed on', 'const clock = { now: Date.now };'],
  ["Date['now']()", "const a = Date['now']();"],
  ['new Date()', 'const a = new Date();'],
  ['Date()', 'const a = Date();'],
  ['Math.random()', 'const a = Math.random();'],
])('[PRJ13] %s is found in the pure layers', (_what, line) => {
  for (const path of ['src/core/a.ts', 'src/protocol/a.ts', 'src/runtime/a.ts']) {
    expect(places(purityFindings([plant(path, '', line)]))).toEqual([`${path}:2`]);
  }
});

it('[PRJ13] names that only look like it, and words in comments and texts, are not found', () => {
  const lines = [
    '// not Date.now()',
    "const a = 'Math.random()';",
    'const b = clock.now();',
    'type C = Date;',
  ];
  expect(purityFindings([plant('src/core/a.ts', ...lines)])).toEqual([]);
});

it('[PRJ13] any is found in core and protocol, also inside other types', () => {
  const line = 'export type A = readonly Record<string, any>[];';
  expect(messages(purityFindings([plant('src/core/a.ts', line)]))).toEqual([
    'says any: unknown ends in the codec',
  ]);
  expect(purityFindings([plant('src/runtime/a.ts', line)])).toEqual([]);
});

it('[PRJ13] other layers may read the clock', () => {
  const files = [plant('src/server/clock.ts', 'const a = Date.now();'), plant('src/core/a.ts')];
  expect(purityFindings(files)).toEqual([]);
});

it.each([
  ['a default export', 'export default 1;'],
  ['export *', "export * from './b.ts';"],
  ['export * as', "export * as b from './b.ts';"],
  ['an enum', 'export enum A { B }'],
  ['a namespace', 'export namespace A { export const b = 1; }'],
])('[PRJ14] %s is found', (_what, line) => {
  expect(places(syntaxFindings([plant('test/core/a.ts', line)]))).toEqual(['test/core/a.ts:1']);
});

it('[PRJ14] the configuration of a tool at the root may have a default export', () => {
  expect(syntaxFindings([plant('vitest.config.ts', 'export default {};')])).toEqual([]);
});

it('[PRJ24] seeing no code is a finding', () => {
  expect(purityFindings([plant('src/server/a.ts')])).toHaveLength(1);
  expect(syntaxFindings([plant('README.md')])).toHaveLength(1);
});
