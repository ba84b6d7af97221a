import { posix } from 'node:path';
import { type Finding, lineAt, nothingSeen, type SourceFile } from './source.ts';

const LINK = /!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const CODE = /^```[\s\S]*?^```|`[^`\n]*`/gm;

/** Code is blanked, not cut, so that line numbers stay true. */
const withoutCode = (text: string): string => text.replace(CODE, (code) => code.replace(/[^\n]/g, ' '));

/** The anchors that a page's headings get where it is shown. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(({ 1: heading = '' }) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/**
 * Relative links of pages lead to files and folders that exist, and to headings that the page has. `exists` tells of
 * what is not text.
 */
export function linkFindings(files: readonly SourceFile[], exists: (path: string) => boolean): Finding[] {
  const pages = files.filter(({ path }) => path.endsWith('.md'));
  const texts = new Map(pages.map(({ path, text }) => [path, text]));
  const findings = pages.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(LINK)].flatMap(({ 1: link = '', index }) => {
      if (/^[a-z]+:/i.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file));
      const line = lineAt(text, index);
      if (!exists(target)) return [{ path, line, message: `links to ${link}, which does not exist` }];
      const page = texts.get(target);
      if (anchor === undefined || page === undefined || anchorsOf(page).includes(anchor)) return [];
      return [{ path, line, message: `links to ${link}, but the page has no such heading` }];
    }),
  );
  return [...nothingSeen(pages, 'pages'), ...findings];
}
