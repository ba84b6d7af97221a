const WAIT_MS = 5_000;

/** What was heard, in order, with waiting by level: a condition that holds already is met at once. */
export class Heard<Item> {
  readonly items: Item[] = [];
  readonly #watchers = new Set<() => void>();

  push(item: Item): void {
    this.items.push(item);
    for (const watch of [...this.#watchers]) watch();
  }

  until<Found>(look: (items: readonly Item[]) => Found | null | undefined | false): Promise<Found> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#watchers.delete(watch);
        reject(new Error(`not heard within ${WAIT_MS} ms: ${JSON.stringify(this.items)}`));
      }, WAIT_MS);
      const watch = (): void => {
        const found = look(this.items);
        if (found === null || found === undefined || found === false) return;
        clearTimeout(deadline);
        this.#watchers.delete(watch);
        resolve(found);
      };
      this.#watchers.add(watch);
      watch();
    });
  }
}
