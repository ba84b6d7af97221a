import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of } from './models.ts';

/** Moonshine's vocabulary: Llama's 32 000 words, the rest of the ids have none. */
const TOKENS_COUNT = 32_768;
const TOKENS_SHA256 = '9be70f4bd745bc1fa2439a4686ca2c7f23fd2183fb16419a6fc5c54261620601';
const FILE_NAME = 'moonshine-tokens.txt';

/** `LINGUA_CACHE_DIR`, else `.cache` of the project. */
export const cacheFolder = (configured: string | undefined): string =>
  configured === undefined || configured === ''
    ? fileURLToPath(new URL('../../.cache', import.meta.url))
    : configured;

/**
 * The path of the table that the recognizer reads its words from; written at the first start [SPN3].
 *
 * shape of the file: one line `base64(bytes of the word) id` per id, in order of ids.
 */
export const ensureTokens = async (folder: string): Promise<string> => {
  const path = join(folder, FILE_NAME);
  if (await isGood(path)) return path;
  const { default: tokenizer } = await import('llama-tokenizer-js');
  await mkdir(folder, { recursive: true });
  // Two nodes may start at once: each writes a file of its own, and whoever renames last has written the same.
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(unfinished, tokensTable(tokenizer.vocabById));
  await rename(unfinished, path);
  return path;
};

const isGood = async (path: string): Promise<boolean> => {
  const found = await sha256Of(path).catch(() => null);
  return found === TOKENS_SHA256;
};

const tokensTable = (words: readonly string[]): string => {
  const lines = Array.from({ length: TOKENS_COUNT }, (_, id) => {
    const word = words[id] ?? `<${id}>`;
    // `<0x0A>` stands for one raw byte.
    const hex = /^<0x(..)>$/.exec(word)?.[1];
    const bytes = hex === undefined ? Buffer.from(word) : Buffer.from(hex, 'hex');
    return `${bytes.toString('base64')} ${id}\n`;
  });
  return lines.join('');
};
