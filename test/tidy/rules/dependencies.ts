import { type Finding, lineAt, nothingSeen, type SourceFile } from './source.ts';

const PAGE = 'docs/decisions/0001-dependencies.md';
const MANIFESTS = ['package.json', 'speech-node/package.json'];
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
const ROW = /^\| (`[^|]*) \|/gm;
const NAME = /`([^`]+)`/g;

type Manifest = Readonly<Partial<Record<(typeof KINDS)[number], Readonly<Record<string, string>>>>>;

/** Dependencies against the page that says what each saves, costs and how to leave it, both ways. */
export function dependencyFindings(files: readonly SourceFile[]): Finding[] {
  const manifests = files.filter(({ path }) => MANIFESTS.includes(path));
  const pages = files.filter(({ path }) => path === PAGE);
  const findings: Finding[] = [...nothingSeen(manifests, 'package.json'), ...nothingSeen(pages, PAGE)];
  const rows = pages.flatMap(({ text }) =>
    [...text.matchAll(ROW)].flatMap(({ 1: cell = '', index }) =>
      [...cell.matchAll(NAME)].map(({ 1: name = '' }) => ({ name, line: lineAt(text, index) })),
    ),
  );
  const used = new Set<string>();
  for (const { path, text } of manifests) {
    const manifest = JSON.parse(text) as Manifest;
    for (const name of KINDS.flatMap((kind) => Object.keys(manifest[kind] ?? {}))) {
      used.add(name);
      if (rows.some((row) => row.name === name)) continue;
      findings.push({ path, line: 1, message: `${name} has no line in ${PAGE}` });
    }
  }
  for (const { name, line } of rows) {
    if (!used.has(name)) findings.push({ path: PAGE, line, message: `${name} is no dependency` });
  }
  return findings;
}
