import {
  type Finding,
  isSyntaxNode,
  isTest,
  isTestCode,
  lineAt,
  literalText,
  nothingSeen,
  programOf,
  type SourceFile,
  type SyntaxNode,
  walk,
} from './source.ts';

const TESTS = ['it', 'test'];
const GROUPS = ['describe', 'suite'];
const WORDS = [...TESTS, ...GROUPS];

/** The word that a call begins with, through `it.each(rows)(...)`, `it.concurrent(...)` and the like, and its members. */
function testWord(call: SyntaxNode): { word: string; members: string[] } | null {
  const members: string[] = [];
  let node: unknown = call.callee;
  while (isSyntaxNode(node)) {
    if (node.type === 'Identifier') {
      const word = String(node.name);
      return WORDS.includes(word) || /^x(it|test|describe)$/.test(word) ? { word, members } : null;
    }
    if (node.type === 'MemberExpression') {
      if (isSyntaxNode(node.property)) members.push(String(node.property.name));
      node = node.object;
    } else if (node.type === 'CallExpression') node = node.callee;
    else if (node.type === 'TaggedTemplateExpression') node = node.tag;
    else return null;
  }
  return null;
}

export interface Title {
  readonly isGroup: boolean;
  /** The titles of the groups around it and its own, joined by ` > `. */
  readonly full: string;
  readonly line: number;
}

/** The title that a call gives to a test or group; null for any other call, and for a title that is computed. */
function titleOf(node: SyntaxNode): string | null {
  if (node.type !== 'CallExpression' || !Array.isArray(node.arguments) || node.arguments.length < 2)
    return null;
  return testWord(node) === null ? null : literalText(node.arguments[0]);
}

/** All titles that stand in a file as text. */
export function titlesOf(file: SourceFile): Title[] {
  const titles: Title[] = [];
  walk(programOf(file), (node, ancestors) => {
    const own = titleOf(node);
    if (own === null) return;
    const around = ancestors.map(titleOf).filter((title) => title !== null);
    const isGroup = GROUPS.includes(testWord(node)?.word ?? '');
    titles.push({ isGroup, full: [...around, own].join(' > '), line: lineAt(file.text, node.start) });
  });
  return titles;
}

/** Two tests of one file with the same full title cannot be told apart in a report. */
export function duplicateTitleFindings(files: readonly SourceFile[]): Finding[] {
  const tests = files.filter(isTest);
  const findings = tests.flatMap((file) => {
    const seen = new Set<string>();
    return titlesOf(file).flatMap(({ isGroup, full, line }) => {
      if (isGroup) return [];
      if (seen.has(full)) return [{ path: file.path, line, message: `a second test is called "${full}"` }];
      seen.add(full);
      return [];
    });
  });
  return [...nothingSeen(tests, 'tests'), ...findings];
}

const UNFINISHED = ['skip', 'only', 'todo', 'fails', 'skipIf', 'runIf'];

/** `it.skip.each(rows)` is only the beginning of the call that makes the tests. */
function isBeginning(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  return parent !== undefined && [parent.callee, parent.object, parent.tag].includes(node);
}

/** Every test runs, every time. */
export function skippedTestFindings(files: readonly SourceFile[]): Finding[] {
  const tests = files.filter(isTestCode);
  const findings: Finding[] = nothingSeen(tests, 'code in test');
  for (const file of tests) {
    walk(programOf(file), (node, ancestors) => {
      const call = node.type === 'CallExpression' ? testWord(node) : null;
      if (call === null || isBeginning(node, ancestors.at(-1))) return;
      const word = call.word.startsWith('x')
        ? call.word
        : call.members.find((name) => UNFINISHED.includes(name));
      if (word === undefined) return;
      findings.push({
        path: file.path,
        line: lineAt(file.text, node.start),
        message: `leaves a test out (${word})`,
      });
    });
  }
  return findings;
}

const SLEEPS = ['setTimeout', 'sleep', 'delay'];
const IS_A_LIMIT = /timeoutMs|deadline|withTimeout|until/i;

/** Tests wait on conditions; a timer is only the limit of such a wait, and its line says so. */
export function sleepFindings(files: readonly SourceFile[]): Finding[] {
  const tests = files.filter(isTestCode);
  const findings: Finding[] = nothingSeen(tests, 'code in test');
  for (const file of tests) {
    const lines = file.text.split('\n');
    walk(programOf(file), (node) => {
      if (node.type !== 'CallExpression' || !isSyntaxNode(node.callee) || node.callee.type !== 'Identifier')
        return;
      const line = lineAt(file.text, node.start);
      if (!SLEEPS.includes(String(node.callee.name)) || IS_A_LIMIT.test(lines[line - 1] ?? '')) return;
      findings.push({
        path: file.path,
        line,
        message: `sleeps (${node.callee.name}): wait on a condition with a deadline`,
      });
    });
  }
  return findings;
}
