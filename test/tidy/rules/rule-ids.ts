import {
  type Finding,
  isTestCode,
  lineAt,
  literalText,
  nothingSeen,
  programOf,
  type SourceFile,
  walk,
} from './source.ts';
import { titlesOf } from './titles.ts';

export const RULE_LINE = /^- \*\*([A-Z]{1,4}\d+[a-z]?)\*\* \S/gm;
const LATER_LINE = /^- ([A-Z]{1,4}\d+[a-z]?) \(later\) \S/gm;
const ID_IN_TITLE = /\[([A-Z]{1,4}\d+[a-z]?)\]/g;
const STARTS_WITH_ID = /^\[[A-Z]{1,4}\d+[a-z]?\]/;

const INVARIANTS = 'docs/spec/invariants.md';
const INVARIANT_COUNT = 8;
export const WEAKNESS_COUNT = 98;

/** Goals are measured by benches and campaigns; a title may name one, none has to. */
const GOALS = /^(R[1-6]|F[1-3]|P([1-6]|1b|3b|3c))$/;

const isWeakness = (id: string): boolean => /^W[1-9]\d*$/.test(id) && Number(id.slice(1)) <= WEAKNESS_COUNT;

interface Mention extends Finding {
  readonly id: string;
}

function listedBy(pattern: RegExp, files: readonly SourceFile[]): Mention[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(({ 1: id = '', index }) => ({
      id,
      path,
      line: lineAt(text, index),
      message: '',
    })),
  );
}

/** Ids in titles; a title that comes from a table counts too, where the text of the table begins with an id. */
function mentionsIn(file: SourceFile): Mention[] {
  const texts = titlesOf(file).map(({ full, line }) => ({ text: full, line }));
  walk(programOf(file), (node) => {
    const text = literalText(node);
    if (text !== null && STARTS_WITH_ID.test(text)) texts.push({ text, line: lineAt(file.text, node.start) });
  });
  return texts.flatMap(({ text, line }) =>
    [...text.matchAll(ID_IN_TITLE)].map(({ 1: id = '' }) => ({ id, path: file.path, line, message: '' })),
  );
}

/** Which weaknesses of the reference some test names in its title. */
export const weaknessesInTitles = (tests: readonly SourceFile[]): ReadonlySet<string> =>
  new Set(
    tests
      .flatMap(mentionsIn)
      .map(({ id }) => id)
      .filter(isWeakness),
  );

/**
 * Rules and tests against each other, both ways: each `- **SEG4** text` line of docs/spec has a test whose title
 * carries `[SEG4]`, each id in a title is listed. A line `- I5 (later) text` is a promise whose tests do not exist yet;
 * once they do it must become a rule.
 */
export function ruleIdFindings(files: readonly SourceFile[]): Finding[] {
  const pages = files.filter(({ path }) => /^docs\/spec\/.*\.md$/.test(path));
  const tests = files.filter(isTestCode);
  const rules = listedBy(RULE_LINE, pages);
  const later = listedBy(LATER_LINE, pages);
  const mentions = tests.flatMap(mentionsIn);
  const tested = new Set(mentions.map(({ id }) => id));
  const listed = new Set(rules.map(({ id }) => id));
  const promised = new Set(later.map(({ id }) => id));
  const findings: Finding[] = [...nothingSeen(pages, 'pages of docs/spec'), ...nothingSeen(tests, 'tests')];

  const seen = new Set<string>();
  for (const { id, path, line } of [...rules, ...later]) {
    if (seen.has(id)) findings.push({ path, line, message: `${id} is listed twice` });
    seen.add(id);
  }
  for (const { id, path, line } of rules) {
    if (!tested.has(id))
      findings.push({ path, line, message: `${id} has no test whose title carries its id` });
  }
  for (const { id, path, line } of later) {
    if (tested.has(id)) findings.push({ path, line, message: `${id} has tests now: make it a rule` });
  }
  const told = new Set<string>();
  for (const { id, path, line } of mentions) {
    if (listed.has(id) || promised.has(id) || isWeakness(id) || GOALS.test(id) || told.has(`${path} ${id}`))
      continue;
    told.add(`${path} ${id}`);
    findings.push({ path, line, message: `${id} stands in a title, but in no page of docs/spec` });
  }
  for (let number = 1; number <= INVARIANT_COUNT; number += 1) {
    if (!seen.has(`I${number}`))
      findings.push({ path: INVARIANTS, line: 1, message: `I${number} is not listed` });
  }
  return findings;
}
