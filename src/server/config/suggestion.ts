import { KEYS, TABLES } from './keys.ts';

const EDITS_MAX = 2;

/** The key or table that was probably meant, in a table that may be misspelt itself. */
export const suggestionFor = (path: string): string | null =>
  nearestOf(path, [...KEYS.keys(), ...TABLES]) ?? suggestionInTable(path);

/** An environment variable and an option have a misspelt table in one path with its key. */
const suggestionInTable = (path: string): string | null => {
  const names = path.split('.');
  for (let length = names.length - 1; length > 0; length -= 1) {
    const prefix = names.slice(0, length).join('.');
    if (TABLES.includes(prefix)) return null;
    const table = nearestOf(prefix, TABLES);
    if (table === null) continue;
    const meant = [table, ...names.slice(length)].join('.');
    return KEYS.has(meant) ? meant : table;
  }
  return null;
};

/** The same name in another table, the likest one, or nearly the same name in the same one. */
const nearestOf = (path: string, candidates: readonly string[]): string | null => {
  const { table, name } = partsOf(path);
  // Half of a short name is no likeness.
  const editsMax = Math.min(EDITS_MAX, Math.floor(name.length / 2));
  const near = candidates.flatMap((candidate) => {
    const own = partsOf(candidate);
    if (own.name !== name && own.table !== table) return [];
    const edits = editsBetween(name, own.name);
    return edits > editsMax ? [] : [{ candidate, edits, tableEdits: editsBetween(table, own.table) }];
  });
  const [best] = near.sort((one, other) => one.edits - other.edits || one.tableEdits - other.tableEdits);
  return best?.candidate ?? null;
};

const partsOf = (path: string): { readonly table: string; readonly name: string } => {
  const at = path.lastIndexOf('.');
  return { table: path.slice(0, Math.max(0, at)), name: path.slice(at + 1) };
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
