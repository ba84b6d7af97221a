import type { NodeId } from '#protocol/ids.ts';
import { hasFreeSlot, LOAD_CLASSES, loadEighth, type NodeRecord } from './node.ts';
import {
  at,
  freePlace,
  NO_BUCKET,
  NO_PLACE,
  newPlaces,
  type Place,
  type Places,
  takePlace,
} from './places.ts';
import type { Demand, Requirement } from './requirements.ts';
import { type Excluded, standingMiss } from './rules.ts';

/**
 * Indexes of nodes by demand, so that a decision costs the same at 100 and at 10 000 nodes [SEL10].
 *
 * shape: one pool per demand that was ever asked for (public nodes), and one per demand and tenant (nodes that
 *   decline public jobs). A pool holds its nodes in 32 load classes: 8 eighths of in-flight work, times above or below the
 *   load threshold, times languages declared or not, and 16 of them again for nodes that load alone excludes. Lower is better.
 *   Each class is a list in the order of `NodeRecord.turn`, longest left alone first.
 * units: a node's class is the same in all of its pools, so it moves only when that class changes or when it is chosen.
 */
export interface PoolIndex {
  /** In order of last use; bounded. */
  readonly pools: Map<string, Pool>;
  /** Of every node in every pool; a node's are chained from `NodeRecord.firstPlace` on. */
  readonly places: Places<Pool, NodeRecord>;
  /** Tenants with nodes of their own. Tenants come from configuration, so this stays small. */
  readonly privateTenants: Set<string>;
  readonly requireGpu: boolean;
  turn: number;
  /** Grows when any node starts or stops to serve anything. */
  version: number;
}

export interface Pool {
  readonly key: string;
  readonly requirement: Requirement;
  /** Null: the public nodes. */
  readonly tenant: string | null;
  readonly places: Places<Pool, NodeRecord>;
  readonly members: Map<NodeRecord, Place>;
  /** By class. */
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  /** Which of the classes 0 to 31 and 32 to 63 hold anyone. */
  fittingMask: number;
  failOpenMask: number;
}

/** Everyone the registry knows. */
type Nodes = ReadonlyMap<NodeId, NodeRecord>;

/** Above it the demand asked for longest ago loses its index. */
export const POOLS_MAX = 512;
const BUCKETS_OF_MASK = 32;
const UNDECLARED = 2 * LOAD_CLASSES;

export const newPoolIndex = (requireGpu: boolean): PoolIndex => ({
  pools: new Map(),
  places: newPlaces(),
  privateTenants: new Set(),
  requireGpu,
  turn: 0,
  version: 0,
});

const bucketOf = (node: NodeRecord): number =>
  hasFreeSlot(node)
    ? loadEighth(node) +
      (node.load.isHigh ? LOAD_CLASSES : 0) +
      (node.declared.languages === null ? UNDECLARED : 0) +
      (node.load.isExcluded ? BUCKETS_OF_MASK : 0)
    : NO_BUCKET;

const setMask = (pool: Pool, bucket: number, isHeld: boolean): void => {
  const bit = 1 << (bucket % BUCKETS_OF_MASK);
  if (bucket < BUCKETS_OF_MASK) pool.fittingMask = isHeld ? pool.fittingMask | bit : pool.fittingMask & ~bit;
  else pool.failOpenMask = isHeld ? pool.failOpenMask | bit : pool.failOpenMask & ~bit;
};

/** Of a place in use. */
const poolAt = ({ pools }: Places<Pool, NodeRecord>, place: Place): Pool => {
  const pool = pools[place];
  if (!pool) throw new Error('a place that is free stands in a pool');
  return pool;
};

const unlink = (places: Places<Pool, NodeRecord>, place: Place): void => {
  const bucket = at(places.bucket, place);
  if (bucket === NO_BUCKET) return;
  const pool = poolAt(places, place);
  const previous = at(places.previous, place);
  const next = at(places.next, place);
  if (previous === NO_PLACE) pool.heads[bucket] = next;
  else places.next[previous] = next;
  if (next === NO_PLACE) pool.tails[bucket] = previous;
  else places.previous[next] = previous;
  if (previous === NO_PLACE && next === NO_PLACE) setMask(pool, bucket, false);
  places.bucket[place] = NO_BUCKET;
  places.previous[place] = NO_PLACE;
  places.next[place] = NO_PLACE;
};

/** Only for the node with the highest turn of its class, so that the list stays in order. */
const append = (places: Places<Pool, NodeRecord>, place: Place, bucket: number): void => {
  if (bucket === NO_BUCKET) return;
  const pool = poolAt(places, place);
  const tail = at(pool.tails, bucket);
  places.bucket[place] = bucket;
  places.previous[place] = tail;
  if (tail === NO_PLACE) {
    pool.heads[bucket] = place;
    setMask(pool, bucket, true);
  } else places.next[tail] = place;
  pool.tails[bucket] = place;
};

const join = ({ places }: PoolIndex, pool: Pool, node: NodeRecord): Place => {
  const place = takePlace(places, pool, node);
  pool.members.set(node, place);
  if (node.firstPlace !== NO_PLACE) {
    places.sibling[place] = node.firstPlace;
    places.siblingBefore[node.firstPlace] = place;
  }
  node.firstPlace = place;
  return place;
};

const leave = ({ places }: PoolIndex, pool: Pool, node: NodeRecord, place: Place): void => {
  unlink(places, place);
  pool.members.delete(node);
  const before = at(places.siblingBefore, place);
  const after = at(places.sibling, place);
  if (before === NO_PLACE) node.firstPlace = after;
  else places.sibling[before] = after;
  if (after !== NO_PLACE) places.siblingBefore[after] = before;
  freePlace(places, place);
};

const belongs = (index: PoolIndex, pool: Pool, node: NodeRecord): boolean =>
  node.declared.acceptsPublicJobs === (pool.tenant === null) &&
  standingMiss(node, pool.requirement, index.requireGpu) === null;

/** To be called when slots, load or capacity changed. `wasChosen`: it goes behind its equals even in the same class. */
export const moveNode = (index: PoolIndex, node: NodeRecord, wasChosen = false): void => {
  const bucket = bucketOf(node);
  if (bucket === node.bucket && !wasChosen) return;
  index.turn += 1;
  node.turn = index.turn;
  node.bucket = bucket;
  const { places } = index;
  for (let place = node.firstPlace; place !== NO_PLACE; place = at(places.sibling, place)) {
    unlink(places, place);
    append(places, place, bucket);
  }
};

/** To be called when the node starts or stops to serve anything: another status, socket, service, language. */
export const refreshMemberships = (index: PoolIndex, node: NodeRecord): void => {
  index.version += 1;
  if (!node.declared.acceptsPublicJobs) index.privateTenants.add(node.tenant);
  for (const pool of index.pools.values()) {
    const place = pool.members.get(node);
    const isMember = belongs(index, pool, node);
    if (isMember && place === undefined) join(index, pool, node);
    if (!isMember && place !== undefined) leave(index, pool, node, place);
  }
  moveNode(index, node, true);
};

export const dropFromPools = (index: PoolIndex, node: NodeRecord): void => {
  index.version += 1;
  while (node.firstPlace !== NO_PLACE) {
    leave(index, poolAt(index.places, node.firstPlace), node, node.firstPlace);
  }
  node.bucket = NO_BUCKET;
};

/** Nobody else stands in one of the indexes it stands in. */
export const isLastOfAPool = ({ places }: PoolIndex, node: NodeRecord): boolean => {
  for (let place = node.firstPlace; place !== NO_PLACE; place = at(places.sibling, place)) {
    if (places.pools[place]?.members.size === 1) return true;
  }
  return false;
};

const dropPool = (index: PoolIndex, pool: Pool): void => {
  for (const [node, place] of [...pool.members]) leave(index, pool, node, place);
  index.pools.delete(pool.key);
};

const buildPool = (
  index: PoolIndex,
  nodes: Nodes,
  key: string,
  demand: Demand,
  tenant: string | null,
): Pool => {
  const pool: Pool = {
    key,
    requirement: { ...demand, tenant: tenant ?? '', pairedNodeId: null, groupKey: key },
    tenant,
    places: index.places,
    members: new Map(),
    heads: new Int32Array(2 * BUCKETS_OF_MASK).fill(NO_PLACE),
    tails: new Int32Array(2 * BUCKETS_OF_MASK).fill(NO_PLACE),
    fittingMask: 0,
    failOpenMask: 0,
  };
  const members = [...nodes.values()]
    .filter((node) => belongs(index, pool, node))
    .sort((a, b) => a.turn - b.turn);
  for (const node of members) append(index.places, join(index, pool, node), node.bucket);
  return pool;
};

const poolOf = (index: PoolIndex, nodes: Nodes, demand: Demand, tenant: string | null): Pool => {
  const key = tenant === null ? demand.key : `${demand.key}/${tenant}`;
  const known = index.pools.get(key);
  const pool = known ?? buildPool(index, nodes, key, demand, tenant);
  index.pools.delete(key);
  index.pools.set(key, pool);
  if (index.pools.size > POOLS_MAX) {
    const oldest = index.pools.values().next().value;
    if (oldest !== undefined) dropPool(index, oldest);
  }
  return pool;
};

/** The pools that may hold a node for the requirement: one, or two where the tenant has nodes of its own. */
export const poolsFor = (index: PoolIndex, nodes: Nodes, requirement: Requirement): readonly Pool[] => {
  const open = poolOf(index, nodes, requirement, null);
  return index.privateTenants.has(requirement.tenant)
    ? [open, poolOf(index, nodes, requirement, requirement.tenant)]
    : [open];
};

const firstInMask = (pool: Pool, mask: number, offset: number, excluded: Excluded): NodeRecord | null => {
  const { places } = pool;
  for (let left = mask; left !== 0; left &= left - 1) {
    const bucket = offset + 31 - Math.clz32(left & -left);
    for (let place = at(pool.heads, bucket); place !== NO_PLACE; place = at(places.next, place)) {
      const node = places.nodes[place];
      if (node && !excluded.has(node.nodeId)) return node;
    }
  }
  return null;
};

/**
 * The best node of the pool with a free slot, among those that load does not exclude or among those that it does;
 * walks past as many nodes as are excluded, never past all.
 */
export const bestOf = (pool: Pool, excluded: Excluded, isFailOpen: boolean): NodeRecord | null =>
  isFailOpen
    ? firstInMask(pool, pool.failOpenMask, BUCKETS_OF_MASK, excluded)
    : firstInMask(pool, pool.fittingMask, 0, excluded);

export const hasFreeNode = (pool: Pool): boolean => pool.fittingMask !== 0 || pool.failOpenMask !== 0;
