/** What is understood so far, in two parts that read on from each other. */
export interface CaptionText {
  /** Never changes: every later one begins with it. */
  readonly settled: string;
  /** May change; begins with a space where words stand before it. */
  readonly tentative: string;
}

/** How far from its usual place the last settled word is looked for, when a new text differs before it. */
const SHIFT_MAX = 2;

/**
 * Captions of one utterance from ever newer texts of ever more audio. A word is settled once two texts in a row agree
 * on it and on all before it; the last word of a text never is, for it may be cut in the middle [SPN45].
 */
export class Caption {
  #settled: readonly string[] = [];
  /** How many words were settled before the audio that texts are now of. */
  #before = 0;
  #previous: readonly string[] = [];

  /** A text of all audio since the last `commit`. */
  update(text: string): CaptionText {
    const words = wordsOf(text);
    const from = this.#behindSettled(words);
    const agreed = Math.min(agreement(this.#previous, words), words.length - 1);
    this.#previous = words;
    const settling = Math.max(from, agreed);
    this.#settled = [...this.#settled, ...words.slice(from, settling)];
    return this.#with(words.slice(settling));
  }

  /** The last text of this audio; the next one is of what comes behind it. */
  commit(text: string): CaptionText {
    const words = wordsOf(text);
    this.#settled = [...this.#settled, ...words.slice(this.#behindSettled(words))];
    this.#before = this.#settled.length;
    this.#previous = [];
    return this.#with([]);
  }

  /** Texts are of the whole audio from now on. They may be better than what was settled, which stays. */
  restart(): void {
    this.#before = 0;
    this.#previous = [];
  }

  #with(tentative: readonly string[]): CaptionText {
    const settled = this.#settled.join(' ');
    const rest = tentative.join(' ');
    return { settled, tentative: settled === '' || rest === '' ? rest : ` ${rest}` };
  }

  /** Where in a text the words begin that are not settled yet. */
  #behindSettled(words: readonly string[]): number {
    const usual = this.#settled.length - this.#before;
    const last = this.#settled.at(-1);
    if (usual === 0 || last === undefined) return 0;
    for (let shift = 0; shift <= SHIFT_MAX; shift += 1)
      for (const at of [usual + shift, usual - shift]) {
        const word = words[at - 1];
        if (word !== undefined && isSame(word, last)) return at;
      }
    return Math.min(usual, words.length);
  }
}

const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** How many words two texts begin with in common. */
const agreement = (one: readonly string[], other: readonly string[]): number => {
  let count = 0;
  while (count < one.length && count < other.length && isSame(one[count] ?? '', other[count] ?? ''))
    count += 1;
  return count;
};

/** Case and punctuation change with what follows. */
const isSame = (one: string, other: string): boolean => plain(one) === plain(other);
const plain = (word: string): string => word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
