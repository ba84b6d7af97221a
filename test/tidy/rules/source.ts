import { parseSync } from 'oxc-parser';

/** A file of the project: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A broken rule: where, and what is wrong in words. `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** A rule that looks at nothing approves of everything; this makes the empty case a finding. */
export function nothingSeen(files: readonly SourceFile[], what: string): Finding[] {
  return files.length > 0 ? [] : [{ path: '.', line: 1, message: `the rule saw no file: ${what}` }];
}

export const isSyntaxNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const programs = new WeakMap<SourceFile, SyntaxNode>();

/** The syntax tree of a TypeScript or JavaScript file. Errors: throws on a file that does not parse. */
export function programOf(file: SourceFile): SyntaxNode {
  const known = programs.get(file);
  if (known) return known;
  const { program, errors } = parseSync(file.path, file.text);
  const [error] = errors;
  if (error) throw new Error(`${file.path} does not parse: ${error.message}`);
  const root: unknown = program;
  if (!isSyntaxNode(root)) throw new Error(`${file.path}: the parser gave no tree`);
  programs.set(file, root);
  return root;
}

/** Visits a node and all below it, parents first, each with its ancestors from the root down. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void,
  ancestors: readonly SyntaxNode[] = [],
): void {
  visit(node, ancestors);
  const below = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isSyntaxNode(child)) walk(child, visit, below);
    }
  }
}

/** The text of a string literal or template; what is filled in later stands as `…`. Null for anything else. */
export function literalText(node: unknown): string | null {
  if (!isSyntaxNode(node)) return null;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return null;
  const parts = node.quasis as { value: { cooked: string } }[];
  return parts.map(({ value }) => value.cooked).join('…');
}

export const isCode = ({ path }: SourceFile): boolean => /\.[mc]?[jt]sx?$/.test(path);

export const isTest = ({ path }: SourceFile): boolean => /^test\/.*\.test\.ts$/.test(path);

/** Tests and what they share. */
export const isTestCode = ({ path }: SourceFile): boolean => /^test\/.*\.ts$/.test(path);

export const isIn =
  (...folders: readonly string[]) =>
  ({ path }: SourceFile): boolean =>
    folders.some((folder) => path.startsWith(`${folder}/`));
