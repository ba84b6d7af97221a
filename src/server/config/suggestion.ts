import { KEYS } from './keys.ts';

const EDITS_MAX = 2;

/** The key that was probably meant: the same name in another table, or nearly the same name in the same one. */
export const suggestionFor = (path: string): string | null => {
  const at = path.lastIndexOf('.');
  const table = path.slice(0, Math.max(0, at));
  const name = path.slice(at + 1);
  let best: { readonly path: string; readonly edits: number } | null = null;
  for (const key of KEYS.values()) {
    const ownName = key.names.at(-1) ?? '';
    const isSameTable = key.path === (table === '' ? ownName : `${table}.${ownName}`);
    const edits = ownName === name ? 0 : isSameTable ? editsBetween(name, ownName) : EDITS_MAX + 1;
    if (edits <= EDITS_MAX && (best === null || edits < best.edits)) best = { path: key.path, edits };
  }
  return best?.path ?? null;
};

/** Levenshtein distance. */
const editsBetween = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
};
