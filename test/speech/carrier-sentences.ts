/**
 * Sentences that nobody could have prepared for: fixed carriers around nouns drawn by chance. The same seed gives the
 * same sentences, so a failure can be said again.
 */
export const carrierSentences = (seed: number, count: number): readonly string[] => {
  const draw = drawer(seed);
  const carriers = shuffled(CARRIERS, draw);
  return Array.from({ length: count }, (_, index) => {
    const carrier = carriers[index % carriers.length] ?? '';
    return carrier.replaceAll('*', () => NOUNS[Math.floor(draw() * NOUNS.length)] ?? '');
  });
};

/** `LINGUA_SEED`, or a new one. Print it: the first thing to know of a failure. */
export const seedOfThisRun = (): number =>
  Number(process.env.LINGUA_SEED ?? Math.floor(Math.random() * 2 ** 31));

const CARRIERS = [
  'Please put the * next to the * on the table.',
  'I was looking for the * when I found this *.',
  'My brother wants to buy a new * for the *.',
  'There was the * behind the * in my garden.',
  'We talked about the * and then about the *.',
  'She gave me the * because I had lost my *.',
  'You can see the * from the window of the *.',
  'Can you tell me why the * is inside the *?',
];

/** Common, of one spelling, and told apart by ear. */
const NOUNS = [
  'bicycle',
  'banana',
  'camera',
  'kitchen',
  'hospital',
  'newspaper',
  'umbrella',
  'elephant',
  'guitar',
  'mountain',
  'telephone',
  'window',
  'chicken',
  'blanket',
  'computer',
  'library',
  'doctor',
  'butterfly',
  'calendar',
  'dictionary',
  'factory',
  'garden',
  'jacket',
  'letter',
  'market',
  'museum',
  'necklace',
  'pencil',
  'restaurant',
  'river',
  'sandwich',
  'teacher',
  'ticket',
  'tomato',
  'village',
  'wallet',
];

/** Mulberry32: small, the same everywhere. */
const drawer = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const shuffled = <Item>(items: readonly Item[], draw: () => number): readonly Item[] =>
  items
    .map((item) => ({ item, order: draw() }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item);
