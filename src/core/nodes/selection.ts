import type { NodeId } from '#protocol/ids.ts';
import { loadEighth, type NodeRecord } from './node.ts';
import { bestOf, hasFreeNode, type PoolIndex, poolsFor } from './pools.ts';
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

/** What made this node the best: paired; below everything; or the first thing that speaks against it. */
export type SelectionReason = 'paired' | 'least_loaded' | 'undeclared_languages' | 'high_load' | 'fail_open';

/** `no_nodes`: nobody is registered at all. Else the rule that the nearest node failed [SEL12]. */
export type RefusalReason = SelectionRule | 'no_nodes';

export type Selection =
  | { readonly kind: 'node'; readonly node: NodeRecord; readonly reason: SelectionReason }
  | { readonly kind: 'none'; readonly reason: RefusalReason };

/** What nodes that fit are compared by, part by part in this order; the smaller (false before true) wins. */
export interface SelectionScore {
  readonly isUnpaired: boolean;
  readonly isExcludedByLoad: boolean;
  readonly isUndeclared: boolean;
  readonly isHighLoad: boolean;
  readonly loadEighth: number;
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

const scoreOf = (node: NodeRecord, requirement: Requirement): SelectionScore => ({
  isUnpaired: node.nodeId !== requirement.pairedNodeId,
  isExcludedByLoad: node.load.isExcluded,
  isUndeclared: node.declared.languages === null,
  isHighLoad: node.load.isHigh,
  loadEighth: loadEighth(node),
  turn: node.turn,
});

const compareScores = (one: SelectionScore, other: SelectionScore): number =>
  Number(one.isUnpaired) - Number(other.isUnpaired) ||
  Number(one.isExcludedByLoad) - Number(other.isExcludedByLoad) ||
  Number(one.isUndeclared) - Number(other.isUndeclared) ||
  Number(one.isHighLoad) - Number(other.isHighLoad) ||
  one.loadEighth - other.loadEighth ||
  one.turn - other.turn;

const reasonOf = (node: NodeRecord, requirement: Requirement): SelectionReason => {
  if (node.nodeId === requirement.pairedNodeId) return 'paired';
  if (node.load.isExcluded) return 'fail_open';
  if (node.declared.languages === null) return 'undeclared_languages';
  return node.load.isHigh ? 'high_load' : 'least_loaded';
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

/** The node to take such a job now, and what it was chosen for; or the reason why there is none. Scans no fleet. */
export const selectNode = (
  fleet: Fleet,
  requirement: Requirement,
  excluded: Excluded = NOBODY_EXCLUDED,
): Selection => {
  const { pools } = fleet;
  const paired = requirement.pairedNodeId === null ? undefined : fleet.nodes.get(requirement.pairedNodeId);
  const pairedMiss = paired === undefined ? null : firstMiss(paired, requirement, pools.requireGpu, excluded);
  if (paired !== undefined && pairedMiss === null) return { kind: 'node', node: paired, reason: 'paired' };

  const candidates = poolsFor(pools, fleet.nodes, requirement);
  let best: NodeRecord | null = null;
  for (const pool of candidates) {
    const node = bestOf(pool, excluded);
    if (node === null) continue;
    if (
      best === null ||
      node.bucket < best.bucket ||
      (node.bucket === best.bucket && node.turn < best.turn)
    ) {
      best = node;
    }
  }
  if (best !== null) return { kind: 'node', node: best, reason: reasonOf(best, requirement) };

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
    return { nodeId: node.nodeId, failed: null, score: scoreOf(node, requirement) };
  });
  const best = fitting.reduce<NodeRecord | null>(
    (found, node) =>
      found === null || compareScores(scoreOf(node, requirement), scoreOf(found, requirement)) < 0
        ? node
        : found,
    null,
  );
  if (best !== null) return { nodes, chosen: best.nodeId, reason: reasonOf(best, requirement) };
  const reason = nodes.reduce<RefusalReason>(
    (nearest, { failed }) => (failed === null ? nearest : nearer(nearest, failed)),
    'no_nodes',
  );
  return { nodes, chosen: null, reason };
};
