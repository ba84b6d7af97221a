/** What a form of a word can stem from, best guess first, the form itself left out. */
export const stemsOf = (word: string): readonly string[] => {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return [irregular];
  return ENDINGS.flatMap(([ending, replacements]) =>
    word.endsWith(ending) && word.length > ending.length + 1
      ? replacements.map((replacement) => word.slice(0, -ending.length) + replacement)
      : [],
  ).flatMap((stem) => [stem, ...undoubled(stem)]);
};

/** `don't` -> `do not`; shape: straight apostrophes. */
export const withoutContractions = (text: string): string =>
  CONTRACTIONS.reduce((whole, [pattern, full]) => whole.replace(pattern, full), text);

const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bwon't\b/gi, 'will not'],
  [/\bcan't\b|\bcannot\b/gi, 'can not'],
  [/\bshan't\b/gi, 'shall not'],
  [/\blet's\b/gi, 'let us'],
  [/n't\b/gi, ' not'],
  [/'re\b/gi, ' are'],
  [/'ve\b/gi, ' have'],
  [/'ll\b/gi, ' will'],
  [/'m\b/gi, ' am'],
  [/\b(he|she|it|that|what|where|who|how|there|here|when)'s\b/gi, '$1 is'],
  [/\b(i|you|he|she|it|we|they)'d\b/gi, '$1 would'],
];

/** Longest first where one ends in another. */
const ENDINGS: readonly (readonly [string, readonly string[]])[] = [
  ["'s", ['']],
  ['ies', ['y', 'ie']],
  ['ves', ['f', 'fe', 've']],
  ['ied', ['y', 'ie']],
  ['iest', ['y']],
  ['ier', ['y']],
  ['ily', ['y']],
  ['ing', ['', 'e']],
  ['es', ['', 'e']],
  ['ed', ['', 'e']],
  ['est', ['', 'e']],
  ['er', ['', 'e']],
  ['ly', ['', 'le']],
  ['s', ['']],
];

/** `stopp` -> `stop`. */
const undoubled = (stem: string): readonly string[] =>
  /([bdgklmnprt])\1$/.test(stem) ? [stem.slice(0, -1)] : [];

/** shape: per group a stem, then its irregular forms. */
const IRREGULAR_GROUPS = `
  be am are is was were been being, have had has having, do did does done doing, go went gone goes,
  make made, say said, get got gotten, come came, take took taken, see saw seen, know knew known,
  think thought, give gave given, find found, tell told, feel felt, leave left, bring brought,
  begin began begun, keep kept, hold held, write wrote written, stand stood, hear heard, mean meant,
  meet met, run ran, pay paid, sit sat, speak spoke spoken, lead led, grow grew grown, lose lost,
  fall fell fallen, send sent, build built, understand understood, draw drew drawn, break broke broken,
  spend spent, rise rose risen, drive drove driven, buy bought, wear wore worn, choose chose chosen,
  eat ate eaten, drink drank drunk, sing sang sung, swim swam, sleep slept, sell sold, teach taught,
  catch caught, fight fought, fly flew flown, forget forgot forgotten, win won, wake woke,
  throw threw thrown, seek sought, steal stolen stole, strike struck, hide hidden hid, become became,
  man men, woman women, child children, foot feet, tooth teeth, mouse mice, life lives, wife wives,
  knife knives, good better best, bad worse worst, much more most
`;

const IRREGULAR: ReadonlyMap<string, string> = new Map(
  IRREGULAR_GROUPS.split(',').flatMap((group) => {
    const [stem = '', ...forms] = group.trim().split(/\s+/);
    return forms.map((form) => [form, stem] as const);
  }),
);
