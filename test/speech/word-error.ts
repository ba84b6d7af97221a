/** How far a text is from what was said. */
export interface WordErrors {
  /** Words wrong, missing or too many. */
  readonly errorCount: number;
  /** Words that were said. */
  readonly wordCount: number;
}

/** Lower case, no punctuation, hyphens as spaces; apostrophes inside words stay. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .replaceAll('’', "'")
    .match(/[a-z0-9]+(?:'[a-z]+)*/g) ?? [];

/** The least number of changes from `said` to `heard`, word by word. */
export const wordErrors = (said: string, heard: string): WordErrors => {
  const saidWords = wordsOf(said);
  const heardWords = wordsOf(heard);
  let previous = Array.from({ length: heardWords.length + 1 }, (_, column) => column);
  for (const [row, word] of saidWords.entries()) {
    const current = [row + 1];
    for (const [column, other] of heardWords.entries()) {
      const changed = (previous[column] ?? 0) + (word === other ? 0 : 1);
      const removed = (previous[column + 1] ?? 0) + 1;
      const added = (current[column] ?? 0) + 1;
      current.push(Math.min(changed, removed, added));
    }
    previous = current;
  }
  return { errorCount: previous.at(-1) ?? 0, wordCount: saidWords.length };
};

/** Share of wrong words over all sentences together: 0 = all right; may exceed 1. */
export const pooledWordErrorRate = (results: readonly WordErrors[]): number => {
  const wordCount = results.reduce((sum, result) => sum + result.wordCount, 0);
  const errorCount = results.reduce((sum, result) => sum + result.errorCount, 0);
  return wordCount === 0 ? 0 : errorCount / wordCount;
};
