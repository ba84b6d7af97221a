const CAPACITY_MIN = 4;
/** An emptied buffer larger than this gives its memory back, so that one burst does not cost a session its life long. */
const CAPACITY_KEPT = 64;

/** First in, first out, in an array that grows by doubling and is reused: the mailbox's and the ready queue's store. */
export class RingBuffer<Item> {
  /** A power of two, so that an index is a mask away. */
  #slots: (Item | undefined)[] = new Array(CAPACITY_MIN);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: Item): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length += 1;
  }

  /** The oldest item; undefined when there is none. */
  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    if (this.#length === 0 && this.#slots.length > CAPACITY_KEPT) this.clear();
    return item;
  }

  clear(): void {
    this.#slots = new Array(CAPACITY_MIN);
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const { length } = this.#slots;
    const larger: (Item | undefined)[] = new Array(length * 2);
    for (let place = 0; place < length; place += 1) {
      larger[place] = this.#slots[(this.#head + place) & (length - 1)];
    }
    this.#slots = larger;
    this.#head = 0;
  }
}
