import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
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

/** The few patterns that our .gitignore holds: names of folders, endings of files and files beside it. By path. */
function ignoredBy(gitignore: string): (path: string) => boolean {
  const patterns = gitignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const folders = new Set(['.git']);
  const endings: string[] = [];
  const files = new Set<string>();
  for (const pattern of patterns) {
    if (/^[\w.-]+\/$/.test(pattern)) folders.add(pattern.slice(0, -1));
    else if (/^\*\.[\w.]+$/.test(pattern)) endings.push(pattern.slice(1));
    else if (/^\/[\w.-]+$/.test(pattern)) files.add(pattern.slice(1));
    else
      throw new Error(
        `.gitignore: the tidy rules understand "name/", "*.ending" and "/file", not "${pattern}"`,
      );
  }
  return (path) =>
    folders.has(basename(path)) || files.has(path) || endings.some((ending) => path.endsWith(ending));
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
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(path)) continue;
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
