/**
 * One count of utterances over several sessions of the same conversation: every session counts from 0, the
 * reader sees a count that goes on [SDK65].
 */
export class Numbering {
  #base = 0;
  #nextIndex = 0;
  #mentionedMax = -1;

  /** The reader's index for one of the present session, as a partial text or a step mentions it. */
  mentioned(wireIndex: number): number {
    const index = this.#base + wireIndex;
    this.#mentionedMax = Math.max(this.#mentionedMax, index);
    return index;
  }

  /** The same for an outcome. */
  ended(wireIndex: number): number {
    const index = this.mentioned(wireIndex);
    this.#nextIndex = Math.max(this.#nextIndex, index + 1);
    return index;
  }

  /**
   * A new session follows. What was begun and did not end keeps its number when its audio is sent again;
   * otherwise that number stays unused, so that nobody takes one sentence for another.
   */
  restart(isReplayed: boolean): void {
    this.#base = isReplayed ? this.#nextIndex : Math.max(this.#nextIndex, this.#mentionedMax + 1);
  }
}
