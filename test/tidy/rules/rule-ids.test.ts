import { expect, it } from 'vitest';
import { messages, places, plant } from './planted.ts';
import { ruleIdFindings } from './rule-ids.ts';

const INVARIANTS = plant(
  'docs/spec/invariants.md',
  ...Array.from({ length: 8 }, (_, index) => `- I${index + 1} (later) holds.`),
);
const page = (...lines: readonly string[]) => plant('docs/spec/session.md', '# Rules', '', ...lines);
const testFile = (...lines: readonly string[]) => plant('test/core/a.test.ts', ...lines);
const found = (...files: Parameters<typeof ruleIdFindings>[0]) => ruleIdFindings([INVARIANTS, ...files]);

it('[PRJ16] a rule with a test is in order, wherever the id stands in the titles around it', () => {
  const rule = page('- **SEG4** A gap closes.', '- **SEG5** A piece is kept.');
  const tests = testFile("describe('gaps [SEG4]', () => { it('[SEG5][W4] closes', () => {}); });");
  expect(found(rule, tests)).toEqual([]);
});

it('[PRJ16] a title that comes from a table counts', () => {
  const tests = testFile("it.each([['[SEG4] closes', 1]])('%s', () => {});");
  expect(found(page('- **SEG4** A gap closes.'), tests)).toEqual([]);
});

it('[PRJ16] a rule without a test is found', () => {
  const findings = found(
    page('- **SEG4** A gap closes.'),
    testFile("it('SEG4 without brackets', () => {});"),
  );
  expect(messages(findings)).toEqual(['SEG4 has no test whose title carries its id']);
  expect(places(findings)).toEqual(['docs/spec/session.md:3']);
});

it('[PRJ16] an id in a title that no page lists is found, once for a file', () => {
  const tests = testFile("it('[SEG9] a', () => {});", "it('[SEG9] b', () => {});");
  const findings = found(page(), tests);
  expect(messages(findings)).toEqual(['SEG9 stands in a title, but in no page of docs/spec']);
  expect(places(findings)).toEqual(['test/core/a.test.ts:1']);
});

it('[PRJ16] weaknesses and goals may be named without being listed, but no others of that form', () => {
  const allowed = ['W1', 'W98', 'R1', 'F3', 'P3b'].map((id) => `it('[${id}] holds', () => {});`);
  expect(found(page(), testFile(...allowed))).toEqual([]);
  const unknown = ['W0', 'W99', 'R7', 'F4', 'P9', 'I9'].map((id) => `it('[${id}] holds', () => {});`);
  expect(found(page(), testFile(...unknown))).toHaveLength(6);
});

it('[PRJ16] an id listed twice is found, also on two pages', () => {
  const other = plant('docs/spec/other.md', '- **SEG4** Another text.');
  const findings = found(page('- **SEG4** A gap closes.'), other, testFile("it('[SEG4] closes', () => {});"));
  expect(messages(findings)).toEqual(['SEG4 is listed twice']);
});

it('[PRJ16] a promise for later becomes a rule when it has a test', () => {
  expect(messages(found(page(), testFile("it('[I6] settles', () => {});")))).toEqual([
    'I6 has tests now: make it a rule',
  ]);
});

it('[PRJ16] each of the eight invariants is listed', () => {
  const seven = plant('docs/spec/invariants.md', ...INVARIANTS.text.split('\n').slice(0, 7));
  expect(messages(ruleIdFindings([seven, testFile()]))).toEqual(['I8 is not listed']);
});

it('[PRJ24] seeing no pages or no tests is a finding', () => {
  expect(messages(ruleIdFindings([INVARIANTS])).join()).toContain('saw no file: tests');
  expect(messages(ruleIdFindings([testFile()])).join()).toContain('saw no file: pages of docs/spec');
});
