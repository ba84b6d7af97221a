import { RULE_LINE, WEAKNESS_COUNT, weaknessesInTitles } from './rule-ids.ts';
import {
  type Finding,
  isTestCode,
  literalText,
  nothingSeen,
  programOf,
  type SourceFile,
  walk,
} from './source.ts';

const ROW = /^\| (W\d+|\d+) \| (.+) \| (.+) \|$/;
const RULES = /^[A-Z]{1,4}\d+[a-z]?(, [A-Z]{1,4}\d+[a-z]?)*$/;
const BY_CONSTRUCTION = /^by construction: \S.{30,}$/;
/** Parts of the product that come later; what belongs to one is not answered yet. */
const LATER = /^later: (rooms and services|two-level scheduling|many instances)$/;

/** A page of questions that somebody else put, each of which needs an answer. */
interface Questions {
  readonly page: string;
  /** Every question, in the order of the page. */
  readonly ids: readonly string[];
  readonly tested: (tests: readonly SourceFile[]) => ReadonlySet<string>;
}

const upTo = (count: number, prefix: string): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

const CASE_COUNT = 41;
/** `(case 20)`, `case 8: …`, `(cases 22 and 23 turned round)`. */
const CASES = /\bcases? (\d+(?:(?:, | and )\d+)*)/g;

/** Titles, and the texts of tables from which titles are made. */
const textsIn = (file: SourceFile): readonly string[] => {
  const texts: string[] = [];
  walk(programOf(file), (node) => {
    const text = literalText(node);
    if (text !== null) texts.push(text);
  });
  return texts;
};

const casesInTitles = (tests: readonly SourceFile[]): ReadonlySet<string> =>
  new Set(
    tests
      .flatMap(textsIn)
      .flatMap((text) =>
        [...text.matchAll(CASES)].flatMap(({ 1: numbers = '' }) => numbers.match(/\d+/g) ?? []),
      ),
  );

/**
 * Each question has one row: the rules that answer it (each a rule of docs/spec, and some test carries the number of
 * the question), or why it cannot arise, or the later part it belongs to.
 */
function answerFindings({ page: path, ids, tested }: Questions, files: readonly SourceFile[]): Finding[] {
  const page = files.find((file) => file.path === path);
  const tests = files.filter(isTestCode);
  const specs = files.filter((file) => /^docs\/spec\/.*\.md$/.test(file.path));
  if (page === undefined) return [{ path, line: 1, message: 'is missing' }];
  const findings: Finding[] = [...nothingSeen(tests, 'tests'), ...nothingSeen(specs, 'pages of docs/spec')];
  const rules = new Set(
    specs.flatMap(({ text }) => [...text.matchAll(RULE_LINE)].map(({ 1: id = '' }) => id)),
  );
  const named = tested(tests);
  const seen: string[] = [];
  page.text.split('\n').forEach((text, at) => {
    const [, id = '', , how = ''] = ROW.exec(text) ?? [];
    if (id === '') return;
    const found = (message: string): void => {
      findings.push({ path, line: at + 1, message: `${id} ${message}` });
    };
    seen.push(id);
    if (RULES.test(how)) {
      for (const rule of how.split(', ')) if (!rules.has(rule)) found(`names ${rule}, which is no rule`);
      if (!named.has(id)) found('has no test whose title carries its number');
    } else if (!BY_CONSTRUCTION.test(how) && !LATER.test(how)) {
      found('names no rules, no reason and no later part');
    }
  });
  if (seen.join() !== ids.join()) {
    findings.push({
      path,
      line: 1,
      message: `rows are not ${ids[0]} to ${ids.at(-1)}, each once and in order`,
    });
  }
  return findings;
}

/** Known weaknesses of the reference. */
export const weaknessFindings = (files: readonly SourceFile[]): Finding[] =>
  answerFindings(
    { page: 'docs/weaknesses.md', ids: upTo(WEAKNESS_COUNT, 'W'), tested: weaknessesInTitles },
    files,
  );

/** What clients and agents that exist were seen to do. */
export const caseFindings = (files: readonly SourceFile[]): Finding[] =>
  answerFindings({ page: 'docs/real-clients.md', ids: upTo(CASE_COUNT, ''), tested: casesInTitles }, files);
