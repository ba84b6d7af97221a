import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ERRORS } from '#protocol/errors.ts';
import { caseFindings, weaknessFindings } from '../rules/answers.ts';
import { purityFindings, syntaxFindings } from '../rules/bans.ts';
import { dependencyFindings } from '../rules/dependencies.ts';
import { entryFindings } from '../rules/entries.ts';
import { errorCatalogueFindings } from '../rules/error-catalogue.ts';
import { layerFindings, referenceFindings } from '../rules/layers.ts';
import { linkFindings } from '../rules/pages.ts';
import { readTree } from '../rules/read-tree.ts';
import { ruleIdFindings } from '../rules/rule-ids.ts';
import { sizeFindings } from '../rules/sizes.ts';
import type { Finding } from '../rules/source.ts';
import { type Suite, suiteFindings } from '../rules/suites.ts';
import { markerFindings, originFindings } from '../rules/texts.ts';
import { duplicateTitleFindings, skippedTestFindings, sleepFindings } from '../rules/titles.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const files = readTree(root);
const { SUITES } = (await import(join(root, 'scripts/suites.mjs'))) as { SUITES: readonly Suite[] };

/** One line for each, as an editor links it. */
const written = (findings: readonly Finding[]): string[] =>
  findings.map(({ path, line, message }) => `${path}:${line} ${message}`);

it.each([
  ['[PRJ10] dependencies have a line that says why', () => dependencyFindings(files)],
  ['[PRJ12] imports keep to the layers', () => layerFindings(files)],
  ['[PRJ12] the compiler is told the same layers', () => referenceFindings(files)],
  ['[PRJ13] the pure layers read no clock, draw no chance and know no any', () => purityFindings(files)],
  ['[PRJ14] exports have names, and there are no enums and namespaces', () => syntaxFindings(files)],
  ['[PRJ15] public entries and mod.ts files are the same', () => entryFindings(files)],
  ['[PRJ16] rules and titles of tests name each other', () => ruleIdFindings(files)],
  ['[PRJ17] no two tests of a file have the same title', () => duplicateTitleFindings(files)],
  [
    '[PRJ18] the catalogue of errors and its page are the same',
    () => errorCatalogueFindings(Object.keys(ERRORS), files),
  ],
  ['[PRJ19] nothing is marked as unfinished', () => markerFindings(files)],
  ['[PRJ19] every test runs', () => skippedTestFindings(files)],
  ['[PRJ20] nothing tells of the machine or the maker', () => originFindings(files)],
  [
    '[PRJ21] links of pages lead somewhere',
    () => linkFindings(files, (path) => existsSync(join(root, path))),
  ],
  ['[PRJ22] long files say why', () => sizeFindings(files)],
  ['[PRJ23] every test belongs to one suite', () => suiteFindings(files, SUITES)],
  ['[PRJ25] tests wait on conditions', () => sleepFindings(files)],
  ['[PRJ60] each weakness of the reference is answered', () => weaknessFindings(files)],
  ['[PRJ60] each case of a real client is answered', () => caseFindings(files)],
])('%s', (_rule, findings) => {
  expect(written(findings())).toEqual([]);
});
