import { createApertium, findPairs } from './apertium.ts';
import { createGlossTranslator } from './gloss.ts';
import { loadGlossTable } from './gloss-table.ts';
import { isMetBy } from './languages.ts';
import type { Translator } from './translator.ts';

export interface TranslatorOptions {
  /** A folder with Apertium pairs, before those of the machine and of the project. */
  readonly modelDir: string | undefined;
  readonly cacheDir: string;
  /** A language without a voice is not offered. */
  readonly isSpoken: (language: string) => boolean;
  /** Told what is left out, and why. */
  readonly onNotice: (sentence: string) => void;
}

/**
 * What this machine translates with, one per target, real translation before the gloss [SPN40]. A pair that does not
 * answer now would not answer later: it is left out, and everything else works [SPN42].
 */
export const loadTranslators = async (options: TranslatorOptions): Promise<readonly Translator[]> => {
  const { modelDir, cacheDir, isSpoken, onNotice } = options;
  const gloss = createGlossTranslator(await loadGlossTable());
  const found = findPairs(modelDir, cacheDir).filter(({ target }) => isSpoken(target));
  const tried = await Promise.all(
    found.map(async (pair) => {
      const translator = createApertium(pair);
      if (await isAnswering(translator)) return translator;
      translator.close();
      onNotice(`${pair.modelId} is there, but does not translate: English to ${pair.target} is not offered`);
      return null;
    }),
  );
  const good = tried.filter((translator) => translator !== null);
  if (found.length === 0)
    onNotice(
      'Apertium is not here: English to Spanish is not offered (node scripts/fetch-apertium.mjs gets it)',
    );
  return [...good, ...(good.some(({ target }) => target === gloss.target) ? [] : [gloss])];
};

/** Also takes the start of the programs off the first sentence. */
const isAnswering = (translator: Translator): Promise<boolean> =>
  translator.translate('Good morning.', new AbortController().signal).then(
    (text) => text !== '' && text !== 'Good morning.',
    () => false,
  );

/** `language`: a tag as clients write it. */
export const translatorTo = (translators: readonly Translator[], language: string): Translator | null =>
  translators.find(({ target }) => isMetBy(language, target)) ?? null;
