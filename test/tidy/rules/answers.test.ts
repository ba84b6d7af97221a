import { expect, it } from 'vitest';
import { caseFindings, weaknessFindings } from './answers.ts';
import { messages, places, plant } from './planted.ts';
import { WEAKNESS_COUNT } from './rule-ids.ts';

const REASON = 'by construction: there is one place only that could do it, and it cannot';
/** All rows in order; some with an answer of their own. */
const page = (answers: Readonly<Record<string, string>> = {}) =>
  plant(
    'docs/weaknesses.md',
    ...Array.from({ length: WEAKNESS_COUNT }, (_, index) => {
      const id = `W${index + 1}`;
      return `| ${id} | Something was wrong. | ${answers[id] ?? REASON} |`;
    }),
  );
const spec = plant('docs/spec/session.md', '- **SEG4** A gap closes.');
const tests = plant('test/core/a.test.ts', "it('[SEG4] [W4] a gap closes', () => {});");

it('[PRJ60] rules with a test, reasons and later parts are answers', () => {
  const answers = { W4: 'SEG4', W40: 'later: rooms and services' };
  expect(weaknessFindings([page(answers), spec, tests])).toEqual([]);
});

it('[PRJ60] a rule that does not exist, a missing test and an empty answer are found', () => {
  const findings = weaknessFindings([page({ W4: 'SEG4, SEG9', W5: 'SEG4', W6: 'later' }), spec, tests]);
  expect(messages(findings)).toEqual([
    'W4 names SEG9, which is no rule',
    'W5 has no test whose title carries its number',
    'W6 names no rules, no reason and no later part',
  ]);
  expect(places(findings)).toEqual([4, 5, 6].map((line) => `docs/weaknesses.md:${line}`));
});

it('[PRJ60] a row that is missing or out of order, and a missing page, are found', () => {
  const whole = page();
  const short = plant(whole.path, ...whole.text.trim().split('\n').slice(1));
  expect(messages(weaknessFindings([short, spec, tests]))).toEqual([
    'rows are not W1 to W98, each once and in order',
  ]);
  expect(messages(weaknessFindings([spec, tests]))).toEqual(['is missing']);
});

it('[PRJ60] cases of real clients are found by their numbers in titles, alone and in a row', () => {
  const rows = Array.from(
    { length: 41 },
    (_, index) => `| ${index + 1} | A case. | ${index < 5 ? 'SEG4' : REASON} |`,
  );
  const cases = plant('docs/real-clients.md', ...rows);
  const titled = plant(
    'test/core/b.test.ts',
    "it('[SEG4] closes (cases 1, 2 and 3 turned round)', () => {});",
    "it('[SEG4] case 4: closes', () => {});",
  );
  expect(messages(caseFindings([cases, spec, titled]))).toEqual([
    '5 has no test whose title carries its number',
  ]);
});
