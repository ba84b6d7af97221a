/** What this node understands. */
export const SOURCE_LANGUAGE = 'en';
/** What it can put English into. */
export const TARGET_LANGUAGE = 'zh';

/** Chinese in traditional characters: the table has simplified ones only. */
const TRADITIONAL = /^zh-(?:.*-)?(?:hant|tw|hk|mo)\b/i;

/** `en-GB` -> `en`; `cmn` is what some call Mandarin. */
export const primaryLanguage = (tag: string): string => {
  const primary = (tag.split(/[-_]/)[0] ?? '').toLowerCase();
  return primary === 'cmn' ? TARGET_LANGUAGE : primary;
};

/** `auto` is taken for English, unless English is not among the languages it may be. */
export const isUnderstood = (srcLang: string, autoLangs: readonly string[] | undefined): boolean =>
  srcLang.toLowerCase() === 'auto'
    ? autoLangs === undefined ||
      autoLangs.length === 0 ||
      autoLangs.some((tag) => primaryLanguage(tag) === SOURCE_LANGUAGE)
    : primaryLanguage(srcLang) === SOURCE_LANGUAGE;

export const isGlossed = (tgtLang: string): boolean =>
  primaryLanguage(tgtLang) === TARGET_LANGUAGE && !TRADITIONAL.test(tgtLang.replaceAll('_', '-'));
