import { type Finding, nothingSeen, type SourceFile } from './source.ts';

interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>;
}

const entryOf = (layer: string) => ({
  source: `./src/${layer}/mod.ts`,
  types: `./dist/${layer}/mod.d.ts`,
  default: `./dist/${layer}/mod.js`,
});

/** One `mod.ts` for each public entry of the package, and no other: these are the only files that re-export. */
export function entryFindings(files: readonly SourceFile[]): Finding[] {
  const manifests = files.filter(({ path }) => path === 'package.json');
  const findings: Finding[] = nothingSeen(manifests, 'package.json');
  const add = (path: string, message: string): void => {
    findings.push({ path, line: 1, message });
  };
  const present = new Set(files.map(({ path }) => path).filter((path) => /^src\/.*\/mod\.ts$/.test(path)));
  for (const { text } of manifests) {
    const { exports = {} } = JSON.parse(text) as Manifest;
    for (const [name, entry] of Object.entries(exports)) {
      if (name === './package.json') continue;
      const layer = name.replace(/^\.\//, '');
      if (JSON.stringify(entry) !== JSON.stringify(entryOf(layer))) {
        add('package.json', `the entry ${name} is not ${JSON.stringify(entryOf(layer))}`);
      }
      if (!present.delete(`src/${layer}/mod.ts`))
        add('package.json', `the entry ${name} has no src/${layer}/mod.ts`);
    }
  }
  for (const path of present)
    add(path, 'is behind no entry of package.json: import the file that defines the thing');
  return findings;
}
