import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Chinese words for an English one: as a verb, and as anything else. At least one is there. */
export interface GlossEntry {
  readonly other: string | null;
  readonly verb: string | null;
}
export type GlossTable = ReadonlyMap<string, GlossEntry>;

/** The longest key, in words. */
export const KEY_WORDS_MAX = 4;

const TABLE_PATH = fileURLToPath(new URL('../data/en-zh.tsv.gz', import.meta.url));

/** The table made from CC-CEDICT (`speech-node/data/README.md`): about 90 000 keys, lower case. */
export const loadGlossTable = async (): Promise<GlossTable> => {
  const text = (await promisify(gunzip)(await readFile(TABLE_PATH))).toString('utf8');
  const table = new Map<string, GlossEntry>();
  for (const line of text.split('\n')) {
    const [key, other, verb] = line.split('\t');
    if (key === undefined || key === '') continue;
    table.set(key, { other: other || null, verb: verb || null });
  }
  return table;
};
