import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { createTextPipe, type PipeCommand } from './text-pipe.ts';
import type { Translator } from './translator.ts';

const MODES = 'usr/share/apertium/modes';
/** Where `scripts/fetch-apertium.mjs` of the project unpacks its packages, inside the cache folder. */
const FETCHED = 'debian/apertium-eng-spa';
/** Names of modes from English: `eng-spa.mode`, but not its variants (`eng-spa_LA.mode`). */
const MODE_FILE = /^(?:en|eng)-([a-z]{2,3})\.mode$/;
/** Their three letters, in the two that everybody else uses. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  spa: 'es',
  cat: 'ca',
  epo: 'eo',
  isl: 'is',
  mkd: 'mk',
};
/** A sentence takes some milliseconds, the first one a tenth of a second more. */
const TIMEOUT_MS = 5_000;
/** Ends every text: the tagger gives out whole sentences only, and what follows it is ours to cut off. */
const SENTENCE_END = '.[]';

/** English to one language, by programs that are on this machine. */
export interface ApertiumPair {
  readonly target: string;
  /** `apertium-eng-spa`, as the package is named. */
  readonly modelId: string;
  readonly command: PipeCommand;
}

/**
 * Pairs from English, the first one found per language: of the folder that the user named, those that the machine has,
 * those that the project fetched. A folder is laid out like the root of a Debian system.
 */
export const findPairs = (modelDir: string | undefined, cacheDir: string): readonly ApertiumPair[] => {
  const roots = [...(modelDir ? [resolve(modelDir)] : []), '/', join(cacheDir, FETCHED)];
  const pairs = new Map<string, ApertiumPair>();
  for (const root of roots)
    for (const pair of pairsIn(root)) if (!pairs.has(pair.target)) pairs.set(pair.target, pair);
  return [...pairs.values()];
};

const pairsIn = (root: string): readonly ApertiumPair[] => {
  const folder = join(root, MODES);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => {
    const code = MODE_FILE.exec(file)?.[1];
    if (code === undefined) return [];
    return {
      target: SHORT_NAMES[code] ?? code,
      modelId: `apertium-${file.slice(0, -'.mode'.length)}`,
      command: { line: pipeLine(readFileSync(join(folder, file), 'utf8'), root), env: environment(root) },
    };
  });
};

/**
 * A mode file is one line of programs; `-z` makes each give out what it has at every NUL. `$1` stands for how to mark
 * unknown words (`-n`: not at all), `$2` for further wishes. Paths in it are those of an installed package.
 */
const pipeLine = (mode: string, root: string): string =>
  mode
    .trim()
    .split('|')
    .map((program) => program.trim().replace(/^\S+/, (name) => `${name} -z`))
    .join(' | ')
    .replaceAll('$1', '-n')
    .replaceAll('$2', '')
    .replaceAll("'/usr/", `'${join(root.replaceAll("'", "'\\''"), 'usr')}/`);

/** The machine's own programs need nothing but a locale that has all letters. */
const environment = (root: string): Readonly<Record<string, string>> => {
  const LC_ALL = 'C.UTF-8';
  if (root === '/') return { LC_ALL };
  const library = join(root, 'usr/lib');
  const libraries = existsSync(library)
    ? [...readdirSync(library).filter((name) => name.includes('-linux-')), '.'].map((name) =>
        join(library, name),
      )
    : [];
  return {
    LC_ALL,
    PATH: paths([join(root, 'usr/bin')], process.env.PATH),
    LD_LIBRARY_PATH: paths(libraries, process.env.LD_LIBRARY_PATH),
  };
};

const paths = (first: readonly string[], rest: string | undefined): string =>
  [...first, ...(rest ? [rest] : [])].join(delimiter);

/** A rule-based translator (GPL-2), in processes of its own [SPN40]. */
export const createApertium = (
  { target, modelId, command }: ApertiumPair,
  timeoutMs: number = TIMEOUT_MS,
): Translator => {
  const pipe = createTextPipe('apertium', command, timeoutMs);
  return {
    target,
    engine: 'apertium',
    serviceId: modelId,
    modelId,
    kind: 'translation',
    translate: async (text, signal) => {
      if (!/\S/.test(text)) return '';
      return readable(await pipe.ask(`${escaped(text)}${SENTENCE_END}\n`, signal));
    },
    close: pipe.close,
  };
};

/** In Apertium's stream these have a meaning. */
const escaped = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\^$/<>{}[\]@]/g, '\\$&');

const readable = (answer: string): string => {
  const end = answer.lastIndexOf(SENTENCE_END);
  return (end < 0 ? answer : answer.slice(0, end))
    .replace(/\\(.)/g, '$1')
    .replace(/(^|\s)[*#](?=\p{L})/gu, '$1')
    .replace(/\s+/g, ' ')
    .trim();
};
