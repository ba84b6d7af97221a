import type { LanguageCapabilities, LanguagePair } from '#protocol/shapes.ts';

/** What a node said about languages. `null` in its place: it said nothing and is asked for anything, last [SEL7]. */
export interface DeclaredLanguages {
  /** `src>tgt`, both normalised; `*` stands for any language. */
  readonly pairs: ReadonlySet<string>;
  /** Every target of `pairs`, for speech of which the language is not known beforehand. */
  readonly targets: ReadonlySet<string>;
}

const ANY_LANGUAGE = '*';
/** The source language of a session that lets the node find out. */
const UNKNOWN_LANGUAGE = 'auto';

/**
 * Languages are compared by their first subtag, so that `en-US` is served by a node that says `en` [NOD20]. Letters,
 * digits and `*` remain: keys of indexes are built from it, and nobody may write one by hand.
 */
export const languageKey = (tag: string): string => {
  const dash = tag.indexOf('-');
  return (dash < 0 ? tag : tag.slice(0, dash)).toLowerCase().replace(/[^a-z0-9*]/g, '');
};

const pairKey = (src: string, tgt: string): string => `${languageKey(src)}>${languageKey(tgt)}`;

/** Recognised times spoken languages, directed: what the newer agents' lists mean. Source: real-clients case 38. */
export const pairsOfCapabilities = (capabilities: LanguageCapabilities): readonly LanguagePair[] | null => {
  const { asr_languages: heard, tts_languages: spoken } = capabilities;
  if (heard === undefined || spoken === undefined) return null;
  return heard.flatMap((src) => spoken.map((tgt) => ({ src, tgt })));
};

/** An explicit list counts before a derived one; neither = null. An empty list is a declaration: no pair. */
export const declaredLanguages = (message: {
  readonly language_pairs?: readonly LanguagePair[];
  readonly language_capabilities?: LanguageCapabilities;
}): DeclaredLanguages | null => {
  const pairs =
    message.language_pairs ??
    (message.language_capabilities === undefined ? null : pairsOfCapabilities(message.language_capabilities));
  if (pairs === null) return null;
  return {
    pairs: new Set(pairs.map(({ src, tgt }) => pairKey(src, tgt))),
    targets: new Set(pairs.map(({ tgt }) => languageKey(tgt))),
  };
};

/** Both already normalised by `languageKey`. */
export const servesPair = (declared: DeclaredLanguages | null, src: string, tgt: string): boolean => {
  if (declared === null) return true;
  const { pairs, targets } = declared;
  if (src === UNKNOWN_LANGUAGE) return targets.has(tgt) || targets.has(ANY_LANGUAGE);
  return (
    pairs.has(`${src}>${tgt}`) ||
    pairs.has(`${src}>${ANY_LANGUAGE}`) ||
    pairs.has(`${ANY_LANGUAGE}>${tgt}`) ||
    pairs.has(`${ANY_LANGUAGE}>${ANY_LANGUAGE}`)
  );
};

export const sameLanguages = (one: DeclaredLanguages | null, other: DeclaredLanguages | null): boolean => {
  if (one === other) return true;
  if (one === null || other === null || one.pairs.size !== other.pairs.size) return false;
  for (const pair of one.pairs) if (!other.pairs.has(pair)) return false;
  return true;
};
