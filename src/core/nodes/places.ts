/** One node's place in one pool's lists, as a number from 0; `NO_PLACE` = none. */
export type Place = number;
export const NO_PLACE: Place = -1;
/** In no class: full, or nothing the indexes may offer. */
export const NO_BUCKET = -1;

const FIRST_SIZE = 64;

/**
 * The places of all nodes in all pools, field by field. A node that changes its load class moves in every pool it stands in
 * and touches its neighbours there: as numbers beside each other those of 10 000 nodes stay in the processor's own memory,
 * as objects each of them is fetched from afar [SEL10].
 *
 * shape: a place that is free is linked by `next` to another that is.
 */
export interface Places<Pool, Node> {
  /** Neighbours in the list of its class. */
  next: Int32Array;
  previous: Int32Array;
  /** The same node's places in other pools, a chain. */
  sibling: Int32Array;
  siblingBefore: Int32Array;
  /** The class in whose list it stands. */
  bucket: Int8Array;
  readonly pools: (Pool | null)[];
  readonly nodes: (Node | null)[];
  /** Places in use. */
  count: number;
  free: Place;
  /** Places from here on were never in use. */
  untouched: Place;
}

export const newPlaces = <Pool, Node>(): Places<Pool, Node> => ({
  next: new Int32Array(FIRST_SIZE),
  previous: new Int32Array(FIRST_SIZE),
  sibling: new Int32Array(FIRST_SIZE),
  siblingBefore: new Int32Array(FIRST_SIZE),
  bucket: new Int8Array(FIRST_SIZE),
  pools: [],
  nodes: [],
  count: 0,
  free: NO_PLACE,
  untouched: 0,
});

/** Fields hold numbers only where a place is in use, so none is ever missing there. */
export const at = (field: Int32Array | Int8Array, place: Place): number => field[place] ?? NO_PLACE;

const twice = (field: Int32Array): Int32Array => {
  const grown = new Int32Array(field.length * 2);
  grown.set(field);
  return grown;
};

const grow = (places: Places<unknown, unknown>): void => {
  places.next = twice(places.next);
  places.previous = twice(places.previous);
  places.sibling = twice(places.sibling);
  places.siblingBefore = twice(places.siblingBefore);
  const bucket = new Int8Array(places.bucket.length * 2);
  bucket.set(places.bucket);
  places.bucket = bucket;
};

/** In no list yet. */
export const takePlace = <Pool, Node>(places: Places<Pool, Node>, pool: Pool, node: Node): Place => {
  let place = places.free;
  if (place === NO_PLACE) {
    place = places.untouched;
    places.untouched += 1;
    if (place === places.next.length) grow(places);
  } else places.free = at(places.next, place);
  places.next[place] = NO_PLACE;
  places.previous[place] = NO_PLACE;
  places.sibling[place] = NO_PLACE;
  places.siblingBefore[place] = NO_PLACE;
  places.bucket[place] = NO_BUCKET;
  places.pools[place] = pool;
  places.nodes[place] = node;
  places.count += 1;
  return place;
};

/** It stands in no list any more. */
export const freePlace = (places: Places<unknown, unknown>, place: Place): void => {
  places.pools[place] = null;
  places.nodes[place] = null;
  places.next[place] = places.free;
  places.free = place;
  places.count -= 1;
};
