import { expect, it } from 'vitest';
import { messages, places, plant } from './planted.ts';
import { duplicateTitleFindings, skippedTestFindings, sleepFindings, titlesOf } from './titles.ts';

const testFile = (...lines: readonly string[]) => plant('test/core/a.test.ts', ...lines);

it('[PRJ17] titles are read through groups, tables and templates', () => {
  const file = testFile(
    "describe('a session', () => {",
    "  it('ends', () => {});",
    "  it.each([[1], [2]])('takes %i', () => {});",
    '  test(`keeps $' + '{count} pieces`, () => {});',
    '});',
    "describe.each(stores)('a store', (store) => { it(store.name, () => {}); });",
  );
  expect(titlesOf(file).map(({ full }) => full)).toEqual([
    'a session',
    'a session > ends',
    'a session > takes %i',
    'a session > keeps … pieces',
    'a store',
  ]);
});

it('[PRJ17] the same title twice in one file is found; in another group or file it is another test', () => {
  const twice = testFile("it('ends', () => {});", "it('ends', () => {});");
  expect(places(duplicateTitleFindings([twice]))).toEqual(['test/core/a.test.ts:2']);
  const apart = testFile("it('ends', () => {});", "describe('b', () => { it('ends', () => {}); });");
  expect(duplicateTitleFindings([apart, plant('test/core/b.test.ts', "it('ends', () => {});")])).toEqual([]);
});

it.each([
  "it.skip('a', () => {});",
  "describe.only('a', () => {});",
  "it.todo('a');",
  "it.fails('a', () => {});",
  "it.skipIf(isSlow)('a', () => {});",
  "describe.runIf(hasRedis)('a', () => {});",
  "it.concurrent.skip('a', () => {});",
  "it.skip.each([1])('a', () => {});",
  "xit('a', () => {});",
])('[PRJ19] a test that is left out is found once: %s', (line) => {
  const findings = skippedTestFindings([testFile(line)]);
  expect(messages(findings)).toHaveLength(1);
  expect(messages(findings)[0]).toContain('leaves a test out');
});

it('[PRJ19] tests that run, and other things called skip, are not found', () => {
  const file = testFile(
    "it('skip', () => { reader.skip(3); list.only('x'); });",
    "it.each([1])('a', () => {});",
  );
  expect(skippedTestFindings([file])).toEqual([]);
});

it.each(['setTimeout(resolve, 100);', 'await sleep(100);', 'await delay(100);'])(
  '[PRJ25] %s in a test is found',
  (line) => {
    expect(places(sleepFindings([testFile('', line)]))).toEqual(['test/core/a.test.ts:2']);
  },
);

it('[PRJ25] the limit of a wait may be a timer', () => {
  expect(sleepFindings([testFile('const limit = setTimeout(fail, deadlineMs);')])).toEqual([]);
});

it('[PRJ24] seeing no tests is a finding', () => {
  const files = [plant('src/core/a.ts')];
  for (const rule of [duplicateTitleFindings, skippedTestFindings, sleepFindings])
    expect(rule(files)).toHaveLength(1);
});
