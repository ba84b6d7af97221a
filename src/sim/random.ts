import { type Chance, seededChance } from '#core/chance.ts';
import type { IdSource } from '#protocol/ids.ts';

/** FNV-1a, 32 bits: turns a name into a number that has nothing to do with its neighbours'. */
export const hashOf = (text: string, start = 0x811c9dc5): number => {
  let hash = start;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
};

/**
 * Everything that is left to chance in a world draws from one of these. `fork` gives each part a stream of its own, so
 * that a part which draws once more does not change what all others draw [SIM2].
 */
export class Random {
  readonly #seed: number;
  readonly chance: Chance;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.chance = seededChance(hashOf('stream', this.#seed));
  }

  fork(name: string): Random {
    return new Random(hashOf(name, Math.imul(this.#seed, 0x9e3779b1) ^ 0x811c9dc5));
  }

  /** 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.chance() * count);
  }

  /** Whole numbers, both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  real(low: number, high: number): number {
    return low + this.chance() * (high - low);
  }

  /** Waiting times of things that happen now and then: never less than a millisecond, mostly under the mean. */
  soonOrLate(meanMs: number): number {
    return Math.max(1, -Math.log(1 - this.chance()) * meanMs);
  }

  happens(probability: number): boolean {
    return this.chance() < probability;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  /** Null for an empty list. */
  pickAny<Item>(items: readonly Item[]): Item | null {
    return items[this.below(items.length)] ?? null;
  }

  /** By weight; null when nothing weighs anything. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name | null {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.chance() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      if (weight <= 0) continue;
      left -= weight;
      if (left < 0) return name;
    }
    return null;
  }
}

const hexOf = (random: Random): string =>
  random.below(0x1_0000_0000).toString(16).toUpperCase().padStart(8, '0');

/** Ids as the process draws them, from the seed. */
export const seededIds = (random: Random): IdSource => ({
  next: () => hexOf(random) + hexOf(random) + hexOf(random) + hexOf(random),
  uuid: () => {
    const hex = (hexOf(random) + hexOf(random) + hexOf(random) + hexOf(random)).toLowerCase();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
});
