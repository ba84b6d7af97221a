import {
  type Finding,
  isCode,
  isIn,
  isSyntaxNode,
  lineAt,
  nothingSeen,
  programOf,
  type SourceFile,
  type SyntaxNode,
  walk,
} from './source.ts';

/** Where time and chance are arguments; the compiler cannot see these three, for they are language, not platform. */
const WITHOUT_CLOCK = isIn('src/core', 'src/protocol', 'src/runtime');
const WITHOUT_ANY = isIn('src/core', 'src/protocol');

/** Tools that load a file by its default export. */
const MAY_EXPORT_DEFAULT = /^[^/]+\.config\.ts$/;

const nameOf = (node: unknown): unknown =>
  isSyntaxNode(node) && node.type === 'Identifier' ? node.name : undefined;

/** `Date.now` as such, called or handed on. */
const isMember = (node: SyntaxNode, object: string, property: string): boolean =>
  node.type === 'MemberExpression' &&
  nameOf(node.object) === object &&
  (nameOf(node.property) === property || (isSyntaxNode(node.property) && node.property.value === property));

function ambient(node: SyntaxNode): string | null {
  if (isMember(node, 'Date', 'now')) return 'reads the clock (Date.now): time is an argument here';
  if (isMember(node, 'Math', 'random')) return 'draws chance (Math.random): chance is an argument here';
  const isDate = node.type === 'NewExpression' || node.type === 'CallExpression';
  return isDate && nameOf(node.callee) === 'Date' ? 'reads the clock (Date): time is an argument here' : null;
}

const SYNTAX: Readonly<Record<string, string>> = {
  ExportDefaultDeclaration: 'has a default export: exports have names',
  TSEnumDeclaration: 'declares an enum: use a union of literals',
};

function judgeSyntax(file: SourceFile, node: SyntaxNode): string | null {
  if (node.type === 'ExportAllDeclaration')
    return 'exports everything of another file: name what is exported';
  if (node.type === 'TSModuleDeclaration' && node.kind === 'namespace')
    return 'declares a namespace: use a module';
  if (node.type === 'ExportDefaultDeclaration' && MAY_EXPORT_DEFAULT.test(file.path)) return null;
  return SYNTAX[node.type] ?? null;
}

function findIn(
  files: readonly SourceFile[],
  judge: (file: SourceFile, node: SyntaxNode) => string | null,
): Finding[] {
  const findings: Finding[] = [];
  for (const file of files) {
    walk(programOf(file), (node) => {
      const message = judge(file, node);
      if (message !== null) findings.push({ path: file.path, line: lineAt(file.text, node.start), message });
    });
  }
  return findings;
}

/** No ambient time or chance in the pure layers, no `any` in the innermost two. */
export function purityFindings(files: readonly SourceFile[]): Finding[] {
  const code = files.filter(isCode);
  const pure = code.filter(WITHOUT_CLOCK);
  return [
    ...nothingSeen(pure, 'code of core, protocol or runtime'),
    ...findIn(pure, (_file, node) => ambient(node)),
    ...findIn(code.filter(WITHOUT_ANY), (_file, node) =>
      node.type === 'TSAnyKeyword' ? 'says any: unknown ends in the codec' : null,
    ),
  ];
}

/** Forms that we do not use anywhere. */
export function syntaxFindings(files: readonly SourceFile[]): Finding[] {
  const code = files.filter(isCode);
  return [...nothingSeen(code, 'code'), ...findIn(code, judgeSyntax)];
}
