import type { InvariantId } from './invariant-id.ts';

/** A rule that was broken: stops the seed. The text names ids and numbers, never content. */
export class Breach extends Error {
  override readonly name = 'Breach';
  readonly invariant: InvariantId;

  constructor(invariant: InvariantId, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}
