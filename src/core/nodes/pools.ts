import type { NodeId } from '#protocol/ids.ts';
import { hasFreeSlot, LOAD_CLASSES, loadEighth, NO_BUCKET, type NodeRecord } from './node.ts';
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
  readonly membershipsOf: Map<NodeRecord, Membership[]>;
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
  readonly members: Map<NodeRecord, Membership>;
  readonly heads: (Membership | null)[];
  readonly tails: (Membership | null)[];
  /** Which of the classes 0 to 31 and 32 to 63 hold anyone. */
  fittingMask: number;
  failOpenMask: number;
}

/** Everyone the registry knows. */
type Nodes = ReadonlyMap<NodeId, NodeRecord>;

interface Membership {
  readonly pool: Pool;
  readonly node: NodeRecord;
  bucket: number;
  previous: Membership | null;
  next: Membership | null;
}

/** Above it the demand asked for longest ago loses its index. */
export const POOLS_MAX = 512;
const BUCKETS_OF_MASK = 32;
const UNDECLARED = 2 * LOAD_CLASSES;

export const newPoolIndex = (requireGpu: boolean): PoolIndex => ({
  pools: new Map(),
  membershipsOf: new Map(),
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

const unlink = (member: Membership): void => {
  const { pool, bucket, previous, next } = member;
  if (bucket === NO_BUCKET) return;
  if (previous === null) pool.heads[bucket] = next;
  else previous.next = next;
  if (next === null) pool.tails[bucket] = previous;
  else next.previous = previous;
  if (previous === null && next === null) setMask(pool, bucket, false);
  member.bucket = NO_BUCKET;
  member.previous = null;
  member.next = null;
};

/** Only for the node with the highest turn of its class, so that the list stays in order. */
const append = (member: Membership, bucket: number): void => {
  if (bucket === NO_BUCKET) return;
  const { pool } = member;
  const tail = pool.tails[bucket] ?? null;
  member.bucket = bucket;
  member.previous = tail;
  if (tail === null) pool.heads[bucket] = member;
  else tail.next = member;
  pool.tails[bucket] = member;
  setMask(pool, bucket, true);
};

const membershipsOf = (index: PoolIndex, node: NodeRecord): Membership[] => {
  const known = index.membershipsOf.get(node);
  if (known !== undefined) return known;
  const fresh: Membership[] = [];
  index.membershipsOf.set(node, fresh);
  return fresh;
};

const join = (index: PoolIndex, pool: Pool, node: NodeRecord): Membership => {
  const member: Membership = { pool, node, bucket: NO_BUCKET, previous: null, next: null };
  pool.members.set(node, member);
  membershipsOf(index, node).push(member);
  return member;
};

const leave = (index: PoolIndex, member: Membership): void => {
  unlink(member);
  member.pool.members.delete(member.node);
  const all = membershipsOf(index, member.node);
  all.splice(all.indexOf(member), 1);
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
  for (const member of membershipsOf(index, node)) {
    unlink(member);
    append(member, bucket);
  }
};

/** To be called when the node starts or stops to serve anything: another status, socket, service, language. */
export const refreshMemberships = (index: PoolIndex, node: NodeRecord): void => {
  index.version += 1;
  if (!node.declared.acceptsPublicJobs) index.privateTenants.add(node.tenant);
  for (const pool of index.pools.values()) {
    const member = pool.members.get(node);
    const isMember = belongs(index, pool, node);
    if (isMember && member === undefined) join(index, pool, node);
    if (!isMember && member !== undefined) leave(index, member);
  }
  moveNode(index, node, true);
};

export const dropFromPools = (index: PoolIndex, node: NodeRecord): void => {
  index.version += 1;
  for (const member of [...membershipsOf(index, node)]) leave(index, member);
  index.membershipsOf.delete(node);
  node.bucket = NO_BUCKET;
};

/** Nobody else stands in one of the indexes it stands in. */
export const isLastOfAPool = (index: PoolIndex, node: NodeRecord): boolean =>
  membershipsOf(index, node).some(({ pool }) => pool.members.size === 1);

const dropPool = (index: PoolIndex, pool: Pool): void => {
  for (const member of [...pool.members.values()]) leave(index, member);
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
    members: new Map(),
    heads: new Array<Membership | null>(2 * BUCKETS_OF_MASK).fill(null),
    tails: new Array<Membership | null>(2 * BUCKETS_OF_MASK).fill(null),
    fittingMask: 0,
    failOpenMask: 0,
  };
  const members = [...nodes.values()]
    .filter((node) => belongs(index, pool, node))
    .sort((a, b) => a.turn - b.turn);
  for (const node of members) append(join(index, pool, node), node.bucket);
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
  for (let left = mask; left !== 0; left &= left - 1) {
    const bucket = offset + 31 - Math.clz32(left & -left);
    for (let member = pool.heads[bucket] ?? null; member !== null; member = member.next) {
      if (!excluded.has(member.node.nodeId)) return member.node;
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
