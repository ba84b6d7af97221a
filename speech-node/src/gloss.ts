import { COMMON_WORDS } from './common-words.ts';
import { stemsOf, withoutContractions } from './english-forms.ts';
import { type GlossEntry, type GlossTable, KEY_WORDS_MAX } from './gloss-table.ts';
import { GLOSS_LANGUAGE } from './languages.ts';
import type { Translator } from './translator.ts';

/** What the engine calls itself. It looks words up; it does not translate, and says so wherever it is named. */
const GLOSS_ENGINE = 'reference-dictionary';

/** One look-up: what it says, and how many words of the text it used. */
interface Hit {
  readonly chinese: string;
  readonly wordsCount: number;
}

const WORD = /\p{L}+(?:[-']\p{L}+)*/u;
const TOKENS = new RegExp(`${WORD.source}|\\d+(?:[.,:]\\d+)*|[^\\s]`, 'gu');
const PUNCTUATION = new Map(
  Object.entries({ '.': '。', ',': '，', '?': '？', '!': '！', ';': '；', ':': '：', '(': '（', ')': '）' }),
);
/** Their full stops end no sentence. */
const ABBREVIATED_TITLE = /\b(mr|mrs|ms|dr|st)\./gi;
/** After one of these a verb follows. */
const BEFORE_VERB = new Set(
  'to i you he she we they who not can could may might must should would will shall do does did please let us'.split(
    ' ',
  ),
);

/**
 * English word by word in simplified Chinese: the longest phrase the table knows, verbs where a verb is likely, unknown
 * words left as they are [SPN6]. A reader gets the drift; the order of words stays English.
 */
export const createGloss = (table: GlossTable): ((text: string) => string) => {
  return (text) => {
    const plain = withoutContractions(text.replaceAll('’', "'")).replace(ABBREVIATED_TITLE, '$1');
    const written = (plain.match(TOKENS) ?? []).flatMap((token) => pieces(table, token));
    const tokens = written.map((token) => token.toLowerCase());
    const parts: string[] = [];
    let at = 0;
    while (at < tokens.length) {
      const token = tokens[at] ?? '';
      const previous = tokens[at - 1];
      if (!WORD.test(token)) {
        parts.push(PUNCTUATION.get(token) ?? token);
        at += 1;
      } else if (isForbidding(tokens, at)) {
        parts.push(`不要${lookUp(table, [token], true)?.chinese ?? token}`);
        at += 2;
      } else if (token === 'to' && isVerb(table, tokens[at + 1])) {
        at += 1;
      } else {
        const hit = longest(table, tokens, at, previous !== undefined && BEFORE_VERB.has(previous));
        parts.push(hit?.chinese ?? written[at] ?? '');
        at += hit?.wordsCount ?? 1;
      }
    }
    return compose(parts);
  };
};

export const createGlossTranslator = (table: GlossTable): Translator => {
  const gloss = createGloss(table);
  return {
    target: GLOSS_LANGUAGE,
    engine: GLOSS_ENGINE,
    serviceId: GLOSS_ENGINE,
    modelId: 'cc-cedict-en-zh',
    kind: 'gloss',
    translate: async (text) => gloss(text),
    close: () => {},
  };
};

/** Hyphens that the table does not know join words that it may know. */
const pieces = (table: GlossTable, token: string): readonly string[] =>
  token.includes('-') && lookUp(table, [token.toLowerCase()], false) === null
    ? token.split('-').filter((piece) => piece !== '')
    : [token];

/** `ask not what …`: a verb that begins a clause, with `not` behind it. */
const isForbidding = (tokens: readonly string[], at: number): boolean => {
  const before = tokens[at - 1];
  const isClauseStart = before === undefined || !WORD.test(before);
  return (
    isClauseStart && tokens[at + 1] === 'not' && (COMMON_WORDS.get(tokens[at] ?? '')?.verb ?? null) !== null
  );
};

const isVerb = (table: GlossTable, word: string | undefined): boolean =>
  word !== undefined &&
  ((COMMON_WORDS.get(word)?.verb ?? table.get(word)?.verb ?? null) !== null || word === 'be');

const longest = (
  table: GlossTable,
  tokens: readonly string[],
  at: number,
  wantsVerb: boolean,
): Hit | null => {
  for (let count = Math.min(KEY_WORDS_MAX, tokens.length - at); count > 0; count -= 1) {
    const words = tokens.slice(at, at + count);
    if (!words.every((word) => WORD.test(word))) continue;
    const hit = lookUp(table, words, wantsVerb);
    if (hit !== null) return hit;
  }
  return null;
};

/** The phrase as it stands, then with its last and its first word reduced to what it may stem from. */
const lookUp = (table: GlossTable, words: readonly string[], wantsVerb: boolean): Hit | null => {
  const [first = '', last = ''] = [words[0], words.at(-1)];
  const candidates = [
    { key: words.join(' '), isInflected: false },
    ...stemsOf(last).map((stem) => ({ key: [...words.slice(0, -1), stem].join(' '), isInflected: true })),
    ...(words.length > 1 ? stemsOf(first) : []).map((stem) => ({
      key: [stem, ...words.slice(1)].join(' '),
      isInflected: true,
    })),
  ];
  for (const source of [COMMON_WORDS, table])
    for (const { key, isInflected } of candidates) {
      const entry = source.get(key);
      if (entry !== undefined)
        return {
          chinese: chosen(entry, wantsVerb || (isInflected && isVerbForm(last))),
          wordsCount: words.length,
        };
    }
  return null;
};

const isVerbForm = (word: string): boolean => /(ing|ed)$/.test(word);

const chosen = ({ other, verb }: GlossEntry, wantsVerb: boolean): string =>
  (wantsVerb ? (verb ?? other) : (other ?? verb)) ?? '';

/** Chinese stands together, Latin words keep their spaces. */
const compose = (parts: readonly string[]): string =>
  parts
    .filter((part) => part !== '')
    .reduce(
      (whole, part) =>
        whole +
        (/[\p{Script=Latin}\d]$/u.test(whole) && /^[\p{Script=Latin}\d]/u.test(part) ? ' ' : '') +
        part,
      '',
    );
