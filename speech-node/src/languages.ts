/** What this node understands. */
export const SOURCE_LANGUAGE = 'en';
/** What it can always put English into, if only word by word. */
export const GLOSS_LANGUAGE = 'zh';

/** Chinese in traditional characters: the table has simplified ones only. */
const TRADITIONAL = /^zh-(?:.*-)?(?:hant|tw|hk|mo)\b/i;

/** `en-GB` -> `en`; `cmn` is what some call Mandarin. */
export const primaryLanguage = (tag: string): string => {
  const primary = (tag.split(/[-_]/)[0] ?? '').toLowerCase();
  return primary === 'cmn' ? GLOSS_LANGUAGE : primary;
};

/** `auto` is taken for English, unless English is not among the languages it may be. */
export const isUnderstood = (srcLang: string, autoLangs: readonly string[] | undefined): boolean =>
  srcLang.toLowerCase() === 'auto'
    ? autoLangs === undefined ||
      autoLangs.length === 0 ||
      autoLangs.some((tag) => primaryLanguage(tag) === SOURCE_LANGUAGE)
    : primaryLanguage(srcLang) === SOURCE_LANGUAGE;

/** Whether what is asked for is what `language` (a primary language) offers. */
export const isMetBy = (tgtLang: string, language: string): boolean =>
  primaryLanguage(tgtLang) === language && !TRADITIONAL.test(tgtLang.replaceAll('_', '-'));
