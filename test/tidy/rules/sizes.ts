import { type Finding, isCode, nothingSeen, type SourceFile } from './source.ts';

const LINES_MAX = 500;
const REASON = /^\/\/ Long on purpose: \S/m;

/** A file grows past the bound only with a reason that a reader finds in it. */
export function sizeFindings(files: readonly SourceFile[]): Finding[] {
  const code = files.filter((file) => isCode(file) || file.path.endsWith('.lua'));
  const findings = code.flatMap(({ path, text }) => {
    const lineCount = text.trimEnd().split('\n').length;
    if (lineCount <= LINES_MAX || REASON.test(text)) return [];
    const message = `has ${lineCount} lines: split it by concept, or say why in a line "// Long on purpose: ..."`;
    return [{ path, line: LINES_MAX + 1, message }];
  });
  return [...nothingSeen(code, 'code'), ...findings];
}
