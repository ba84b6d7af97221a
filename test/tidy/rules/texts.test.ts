import { afterEach, expect, it, vi } from 'vitest';
import { errorCatalogueFindings } from './error-catalogue.ts';
import { linkFindings } from './pages.ts';
import { messages, places, plant } from './planted.ts';
import { sizeFindings } from './sizes.ts';
import { suiteFindings } from './suites.ts';
import { markerFindings, originFindings } from './texts.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('[PRJ18] codes and rows are the same, each once', () => {
  const page = plant(
    'docs/errors.md',
    '| code | meaning |',
    '| --- | --- |',
    '| `A_ONE` | one |',
    '| `B_TWO`   | two |',
  );
  expect(errorCatalogueFindings(['A_ONE', 'B_TWO'], [page])).toEqual([]);
  expect(messages(errorCatalogueFindings(['A_ONE', 'C_THREE'], [page]))).toEqual([
    'B_TWO is not in the catalogue',
    'C_THREE has no row',
  ]);
  const twice = plant('docs/errors.md', '| `A_ONE` | one |', '| `A_ONE` | again |');
  expect(messages(errorCatalogueFindings(['A_ONE'], [twice]))).toEqual(['A_ONE has two rows']);
});

it.each(['TO' + 'DO: later', 'FIX' + 'ME', 'X' + 'XX', 'not ' + 'implemented'])(
  '[PRJ19] the marker %s is found',
  (marker) => {
    expect(places(markerFindings([plant('src/core/a.ts', '', `// ${marker}`)]))).toEqual(['src/core/a.ts:2']);
  },
);

it('[PRJ19] letters inside words and in foreign data are no markers', () => {
  const word = plant('src/core/a.ts', "import { mytodos } from './to-do.ts';");
  expect(markerFindings([word, plant('test/vectors/a.json', `"${'X' + 'XX'}/"`)])).toEqual([]);
});

it.each([
  ['a folder of one machine', `const a = '${'/wo' + 'rk'}/main';`],
  ['the home of root', `see ${'/ro' + 'ot'}`],
  ['the home of a person', `cd ${'/ho' + 'me'}/anna/project`],
  ['a registry', `https://${['registry', 'npmjs', 'org'].join('.')}/ws`],
  ['a Debian mirror', ['deb', 'debian', 'org'].join('.')],
  ['the maker', `by ${'Cla' + 'ude'}`],
])('[PRJ20] %s is found', (_what, line) => {
  expect(places(originFindings([plant('docs/a.md', '', line)]))).toEqual(['docs/a.md:2']);
});

it('[PRJ20] the registry that this machine is set up with is found', () => {
  vi.stubEnv('npm_config_registry', 'http://mirror.example:4873/npm/');
  expect(places(originFindings([plant('.npmrc', 'registry=http://mirror.example:4873/npm/')]))).toEqual([
    '.npmrc:1',
  ]);
});

it('[PRJ20] our own words and paths are not found', () => {
  const lines = [
    'a node agent works',
    'https://example.org/work/a',
    'src/work/a.ts',
    '/usr/bin',
    'the root cause',
    '/ws',
  ];
  expect(originFindings([plant('docs/a.md', ...lines)])).toEqual([]);
});

it('[PRJ21] links to files, folders and headings that exist are in order', () => {
  const page = plant(
    'docs/a.md',
    '# The first *part*: one',
    '[b](b.md) [c](../src) [self](#the-first-part-one) [there](b.md#two) [web](https://example.org/x.md)',
    '`[not](a-link.md)`',
    '```',
    '[nor](this.md)',
    '```',
  );
  const existing = new Set(['docs/a.md', 'docs/b.md', 'src']);
  expect(linkFindings([page, plant('docs/b.md', '## Two')], (path) => existing.has(path))).toEqual([]);
});

it('[PRJ21] dead links are found', () => {
  const page = plant(
    'docs/a.md',
    '# One',
    '[gone](gone.md)',
    '![picture](pictures/gone.svg "title")',
    '[two](#two)',
  );
  expect(messages(linkFindings([page], (path) => path === 'docs/a.md'))).toEqual([
    'links to gone.md, which does not exist',
    'links to pictures/gone.svg, which does not exist',
    'links to #two, but the page has no such heading',
  ]);
});

it('[PRJ22] a file over 500 lines is found unless it says why', () => {
  const lines = Array.from({ length: 501 }, () => '//');
  expect(places(sizeFindings([plant('src/core/a.ts', ...lines)]))).toEqual(['src/core/a.ts:501']);
  expect(sizeFindings([plant('src/core/a.ts', ...lines.slice(1))])).toEqual([]);
  expect(sizeFindings([plant('src/core/a.ts', '// Long on purpose: one parser.', ...lines)])).toEqual([]);
});

it('[PRJ23] a test outside of every suite, or in two, is found', () => {
  const suites = [
    { name: 'unit', folders: ['test/core'], budgetSeconds: 60 },
    { name: 'jobs', folders: ['test/core/jobs'], budgetSeconds: 60 },
  ];
  const tests = ['test/core/a.test.ts', 'test/core/jobs/a.test.ts', 'test/other/a.test.ts'].map((path) =>
    plant(path),
  );
  expect(messages(suiteFindings(tests, suites))).toEqual([
    'belongs to unit and jobs (scripts/suites.mjs)',
    'belongs to no suite (scripts/suites.mjs)',
  ]);
});

it('[PRJ23] budgets that add up to more than 15 minutes are found', () => {
  const suites = [{ name: 'unit', folders: ['test/core'], budgetSeconds: 901 }];
  expect(messages(suiteFindings([plant('test/core/a.test.ts')], suites))).toEqual([
    'the budgets add up to 901 s',
  ]);
});

it('[PRJ24] seeing nothing is a finding for each of these rules', () => {
  const none = [
    errorCatalogueFindings(['A_ONE'], []),
    errorCatalogueFindings([], [plant('docs/errors.md')]),
    markerFindings([]),
    originFindings([]),
    linkFindings([], () => true),
    sizeFindings([]),
    suiteFindings([], []),
  ];
  expect(none.map((findings) => findings.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
});
