/**
 * A bounded queue that is read by iteration, by one reader: a second iteration goes on where the first
 * stopped. What was pushed before the end is still read; after a failure the reader then gets the error.
 */
export class Stream<Item> implements AsyncIterable<Item> {
  readonly #itemsMax: number;
  readonly #whenFull: (items: Item[]) => void;
  readonly #items: Item[] = [];
  #waiting: Waiter<Item>[] = [];
  #end: { readonly error: Error | null } | null = null;

  /**
   * `whenFull` is called with `itemsMax` items queued and one more to come; it makes room or ends the stream.
   */
  constructor(itemsMax: number, whenFull: (items: Item[]) => void) {
    this.#itemsMax = itemsMax;
    this.#whenFull = whenFull;
  }

  push(item: Item): void {
    if (this.#end !== null) return;
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.resolve({ value: item, done: false });
      return;
    }
    if (this.#items.length >= this.#itemsMax) this.#whenFull(this.#items);
    if (this.#end === null) this.#items.push(item);
  }

  /** No more items; only the first call counts. */
  end(error: Error | null = null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) settle(waiter, error);
  }

  [Symbol.asyncIterator](): AsyncIterator<Item> {
    return {
      next: () => this.#next(),
      // Leaving the loop early does not end the session: the rest stays for the next reader.
      return: () => Promise.resolve({ value: undefined, done: true }),
    };
  }

  #next(): Promise<IteratorResult<Item>> {
    const first = this.#items.shift();
    if (first !== undefined) return Promise.resolve({ value: first, done: false });
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      if (this.#end === null) this.#waiting.push(waiter);
      else settle(waiter, this.#end.error);
    });
  }
}

interface Waiter<Item> {
  resolve(result: IteratorResult<Item>): void;
  reject(error: Error): void;
}

const settle = <Item>(waiter: Waiter<Item>, error: Error | null): void => {
  if (error === null) waiter.resolve({ value: undefined, done: true });
  else waiter.reject(error);
};
