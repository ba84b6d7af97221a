import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { SourceFile } from './source.ts';

const TEXT = [
  '',
  '.ts',
  '.mts',
  '.mjs',
  '.js',
  '.json',
  '.md',
  '.toml',
  '.yml',
  '.yaml',
  '.html',
  '.css',
  '.sh',
  '.lua',
  '.txt',
];
const LARGEST_BYTES = 2 ** 20;

/** The few patterns that our .gitignore holds: names of folders and endings of files. */
function ignoredBy(gitignore: string): (name: string) => boolean {
  const patterns = gitignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const folders = new Set(['.git']);
  const endings: string[] = [];
  for (const pattern of patterns) {
    if (/^[\w.-]+\/$/.test(pattern)) folders.add(pattern.slice(0, -1));
    else if (/^\*\.[\w.]+$/.test(pattern)) endings.push(pattern.slice(1));
    else throw new Error(`.gitignore: the tidy rules understand "name/" and "*.ending", not "${pattern}"`);
  }
  return (name) => folders.has(name) || endings.some((ending) => name.endsWith(ending));
}

/**
 * All text files of the project that are not ignored, sorted by path; without git, so that it works in an unpacked
 * archive too.
 */
export function readTree(root: string): SourceFile[] {
  const isIgnored = ignoredBy(readFileSync(join(root, '.gitignore'), 'utf8'));
  const files: SourceFile[] = [];
  const read = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (isIgnored(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) read(path);
      else if (
        entry.isFile() &&
        TEXT.includes(extname(entry.name)) &&
        statSync(join(root, path)).size <= LARGEST_BYTES
      ) {
        files.push({ path, text: readFileSync(join(root, path), 'utf8') });
      }
    }
  };
  read('');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
