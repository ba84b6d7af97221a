import { type Finding, lineAt, nothingSeen, type SourceFile } from './source.ts';

const PAGE = 'docs/errors.md';
const ROW = /^\| `([A-Z0-9_]+)` *\|/gm;

/** The catalogue of errors against its page: one row for each code, one code for each row. */
export function errorCatalogueFindings(codes: readonly string[], files: readonly SourceFile[]): Finding[] {
  const pages = files.filter(({ path }) => path === PAGE);
  const findings: Finding[] = nothingSeen(pages, PAGE);
  if (codes.length === 0) findings.push({ path: PAGE, line: 1, message: 'the catalogue is empty' });
  for (const { path, text } of pages) {
    const rows = [...text.matchAll(ROW)].map(({ 1: code = '', index }) => ({
      code,
      line: lineAt(text, index),
    }));
    const described = new Set<string>();
    for (const { code, line } of rows) {
      if (!codes.includes(code)) findings.push({ path, line, message: `${code} is not in the catalogue` });
      if (described.has(code)) findings.push({ path, line, message: `${code} has two rows` });
      described.add(code);
    }
    for (const code of codes) {
      if (!described.has(code)) findings.push({ path, line: 1, message: `${code} has no row` });
    }
  }
  return findings;
}
