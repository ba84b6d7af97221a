import type { NodeId } from '#protocol/ids.ts';
import type { LastNode } from './last-nodes.ts';
import { loadEighth, type NodeRecord } from './node.ts';
import { bestOf, hasFreeNode, type Pool, type PoolIndex, poolsFor } from './pools.ts';
import type { Requirement } from './requirements.ts';
import {
  type Excluded,
  firstMiss,
  NOBODY_EXCLUDED,
  ruleOrder,
  type SelectionRule,
  standingMiss,
} from './rules.ts';

/** Where nodes are looked for. */
export interface Fleet {
  readonly nodes: ReadonlyMap<NodeId, NodeRecord>;
  readonly pools: PoolIndex;
  /** Answers for demands that no node serves, valid for one version of the indexes. */
  readonly nearestMisses: Map<
    string,
    { readonly version: number; readonly rule: SelectionRule | 'no_nodes' }
  >;
}

/** What made this node the best: paired; the session's last; below everything; or the first thing that speaks against it. */
export type SelectionReason =
  | 'paired'
  | 'same_session'
  | 'least_loaded'
  | 'undeclared_languages'
  | 'high_load'
  | 'fail_open';

/** `no_nodes`: nobody is registered at all. Else the rule that the nearest node failed [SEL12]. */
export type RefusalReason = SelectionRule | 'no_nodes';

export type Selection =
  | { readonly kind: 'node'; readonly node: NodeRecord; readonly reason: SelectionReason }
  | { readonly kind: 'none'; readonly reason: RefusalReason };

/** What nodes that fit are compared by, part by part in this order; the smaller (false before true) wins. */
export interface SelectionScore {
  readonly isUnpaired: boolean;
  readonly isExcludedByLoad: boolean;
  /** It had the session's last job, and sessions are spread. */
  readonly isToBeSpared: boolean;
  readonly isUndeclared: boolean;
  readonly isHighLoad: boolean;
  readonly loadEighth: number;
  /** It did not have the session's last job. */
  readonly isNewToSession: boolean;
  readonly turn: number;
}

export interface NodeExplanation {
  readonly nodeId: NodeId;
  /** The first rule that keeps it out; null when it fits. */
  readonly failed: SelectionRule | null;
  readonly score: SelectionScore | null;
}

export interface SelectionExplanation {
  readonly nodes: readonly NodeExplanation[];
  /** What `selectNode` decides on the same state [SEL9]. */
  readonly chosen: NodeId | null;
  readonly reason: SelectionReason | RefusalReason;
}

/** Demands remembered as served by nobody; at the bound all are forgotten. */
const NEAREST_MISSES_MAX = 512;

const isLast = (node: NodeRecord, last: LastNode | null, wish: LastNode['wish']): boolean =>
  last !== null && last.wish === wish && last.nodeId === node.nodeId;

const scoreOf = (node: NodeRecord, requirement: Requirement, last: LastNode | null): SelectionScore => ({
  isUnpaired: node.nodeId !== requirement.pairedNodeId,
  isExcludedByLoad: node.load.isExcluded,
  isToBeSpared: isLast(node, last, 'spread'),
  isUndeclared: node.declared.languages === null,
  isHighLoad: node.load.isHigh,
  loadEighth: loadEighth(node),
  isNewToSession: !isLast(node, last, 'stay'),
  turn: node.turn,
});

const compareScores = (one: SelectionScore, other: SelectionScore): number =>
  Number(one.isUnpaired) - Number(other.isUnpaired) ||
  Number(one.isExcludedByLoad) - Number(other.isExcludedByLoad) ||
  Number(one.isToBeSpared) - Number(other.isToBeSpared) ||
  Number(one.isUndeclared) - Number(other.isUndeclared) ||
  Number(one.isHighLoad) - Number(other.isHighLoad) ||
  one.loadEighth - other.loadEighth ||
  Number(one.isNewToSession) - Number(other.isNewToSession) ||
  one.turn - other.turn;

const reasonOf = (node: NodeRecord, requirement: Requirement, last: LastNode | null): SelectionReason => {
  if (node.nodeId === requirement.pairedNodeId) return 'paired';
  if (node.load.isExcluded) return 'fail_open';
  if (node.declared.languages === null) return 'undeclared_languages';
  if (node.load.isHigh) return 'high_load';
  return isLast(node, last, 'stay') ? 'same_session' : 'least_loaded';
};

const nearer = (one: RefusalReason, other: RefusalReason): RefusalReason => {
  if (one === 'no_nodes') return other;
  return other === 'no_nodes' || ruleOrder(one) >= ruleOrder(other) ? one : other;
};

/** Looks at every node, but only once for each demand and change of the fleet. */
const nearestStandingMiss = (fleet: Fleet, requirement: Requirement): RefusalReason => {
  const { version, requireGpu } = fleet.pools;
  const known = fleet.nearestMisses.get(requirement.groupKey);
  if (known !== undefined && known.version === version) return known.rule;
  let rule: RefusalReason = 'no_nodes';
  for (const node of fleet.nodes.values()) {
    const miss = standingMiss(node, requirement, requireGpu);
    if (miss !== null) rule = nearer(rule, miss);
  }
  if (fleet.nearestMisses.size >= NEAREST_MISSES_MAX) fleet.nearestMisses.clear();
  fleet.nearestMisses.set(requirement.groupKey, { version, rule });
  return rule;
};

const bestAmong = (pools: readonly Pool[], excluded: Excluded, isFailOpen: boolean): NodeRecord | null => {
  let best: NodeRecord | null = null;
  for (const pool of pools) {
    const node = bestOf(pool, excluded, isFailOpen);
    if (node === null) continue;
    if (
      best === null ||
      node.bucket < best.bucket ||
      (node.bucket === best.bucket && node.turn < best.turn)
    ) {
      best = node;
    }
  }
  return best;
};

/** Nodes that load excludes come last; before and behind that line the node to be spared comes last. */
const bestOfAll = (pools: readonly Pool[], excluded: Excluded, last: LastNode | null): NodeRecord | null => {
  if (last?.wish !== 'spread') return bestAmong(pools, excluded, false) ?? bestAmong(pools, excluded, true);
  const andSpared = new Set([...excluded, last.nodeId]);
  return (
    bestAmong(pools, andSpared, false) ??
    bestAmong(pools, excluded, false) ??
    bestAmong(pools, andSpared, true) ??
    bestAmong(pools, excluded, true)
  );
};

/** The node of the session's last job, where it fits and is in the same load class as the best [SEL23]. */
const sessionsOwn = (
  { nodes, pools }: Fleet,
  requirement: Requirement,
  excluded: Excluded,
  last: LastNode | null,
  best: NodeRecord,
): NodeRecord | null => {
  const node = last?.wish === 'stay' ? nodes.get(last.nodeId) : undefined;
  if (node === undefined || node.bucket !== best.bucket) return null;
  return firstMiss(node, requirement, pools.requireGpu, excluded) === null ? node : null;
};

/** The node to take such a job now, and what it was chosen for; or the reason why there is none. Scans no fleet. */
export const selectNode = (
  fleet: Fleet,
  requirement: Requirement,
  excluded: Excluded = NOBODY_EXCLUDED,
  last: LastNode | null = null,
): Selection => {
  const { pools } = fleet;
  const paired = requirement.pairedNodeId === null ? undefined : fleet.nodes.get(requirement.pairedNodeId);
  const pairedMiss = paired === undefined ? null : firstMiss(paired, requirement, pools.requireGpu, excluded);
  if (paired !== undefined && pairedMiss === null) return { kind: 'node', node: paired, reason: 'paired' };

  const candidates = poolsFor(pools, fleet.nodes, requirement);
  const best = bestOfAll(candidates, excluded, last);
  if (best !== null) {
    const node = sessionsOwn(fleet, requirement, excluded, last, best) ?? best;
    return { kind: 'node', node, reason: reasonOf(node, requirement, last) };
  }

  let reason: RefusalReason = 'no_nodes';
  if (candidates.some(hasFreeNode)) reason = 'excluded';
  else if (candidates.some((pool) => pool.members.size > 0)) reason = 'capacity_exceeded';
  else reason = nearestStandingMiss(fleet, requirement);
  return { kind: 'none', reason: pairedMiss === null ? reason : nearer(reason, pairedMiss) };
};

/** The same decision by walking every node, with a word about each: for dashboards and `explain`, not for dispatch. */
export const explainSelection = (
  fleet: Fleet,
  requirement: Requirement,
  excluded: Excluded = NOBODY_EXCLUDED,
  last: LastNode | null = null,
): SelectionExplanation => {
  const all = [...fleet.nodes.values()].map((node) => ({
    node,
    failed: firstMiss(node, requirement, fleet.pools.requireGpu, excluded),
  }));
  const fitting = all.filter(({ failed }) => failed === null).map(({ node }) => node);
  const bearsLoad = (node: NodeRecord): boolean =>
    !node.load.isExcluded || node.nodeId === requirement.pairedNodeId;
  const isFailOpen = !fitting.some(bearsLoad);
  const nodes = all.map(({ node, failed }): NodeExplanation => {
    if (failed !== null) return { nodeId: node.nodeId, failed, score: null };
    if (!isFailOpen && !bearsLoad(node)) {
      return { nodeId: node.nodeId, failed: 'resource_threshold_exceeded', score: null };
    }
    return { nodeId: node.nodeId, failed: null, score: scoreOf(node, requirement, last) };
  });
  const best = fitting.reduce<NodeRecord | null>(
    (found, node) =>
      found === null || compareScores(scoreOf(node, requirement, last), scoreOf(found, requirement, last)) < 0
        ? node
        : found,
    null,
  );
  if (best !== null) return { nodes, chosen: best.nodeId, reason: reasonOf(best, requirement, last) };
  const reason = nodes.reduce<RefusalReason>(
    (nearest, { failed }) => (failed === null ? nearest : nearer(nearest, failed)),
    'no_nodes',
  );
  return { nodes, chosen: null, reason };
};
