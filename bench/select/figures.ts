import { loadEighth, type NodeRecord } from '#core/nodes/node.ts';
import { moveNode } from '#core/nodes/pools.ts';
import type { Requirement } from '#core/nodes/requirements.ts';
import { firstMiss, NOBODY_EXCLUDED } from '#core/nodes/rules.ts';
import { selectNode } from '#core/nodes/selection.ts';
import { hold, sidesOf, type Way } from '../harness/alternate.ts';
import type { Figure } from '../harness/figure.ts';
import { newWorkload, releaseOldest, takeSlotOf, type Workload } from './fleet.ts';

/** The obvious way: look at every node, keep the best of those that pass all rules. */
const linearScan = (nodes: readonly NodeRecord[], requirement: Requirement): NodeRecord | null => {
  let best: NodeRecord | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    if (firstMiss(node, requirement, true, NOBODY_EXCLUDED) !== null) continue;
    const rank =
      (node.load.isExcluded ? 32 : 0) +
      (node.declared.languages === null ? 16 : 0) +
      (node.load.isHigh ? 8 : 0) +
      loadEighth(node);
    if (rank > bestRank || (rank === bestRank && best !== null && node.turn >= best.turn)) continue;
    best = node;
    bestRank = rank;
  }
  return best;
};

const requirementAt = (work: Workload, call: number): Requirement => {
  const requirement = work.requirements[call % work.requirements.length];
  if (requirement === undefined) throw new Error('no requirements');
  return requirement;
};

/** One decision = give a slot back, choose among all, take a slot. */
const byScan = (work: Workload): Way => {
  let turn = 0;
  return (call) => {
    releaseOldest(work);
    const node = linearScan(work.nodes, requirementAt(work, call));
    if (node !== null) {
      takeSlotOf(work, node);
      turn += 1;
      node.turn = turn;
    }
    return node;
  };
};

const byIndexes = (work: Workload): Way => {
  const { pools } = work.fleet;
  return (call) => {
    const released = releaseOldest(work);
    if (released !== null) moveNode(pools, released);
    const choice = selectNode(work.fleet, requirementAt(work, call));
    if (choice.kind === 'node') {
      takeSlotOf(work, choice.node);
      moveNode(pools, choice.node, true);
    }
    return choice;
  };
};

const GOALS = [
  { nodeCount: 100, floor: null, goal: null },
  { nodeCount: 1000, floor: 15, goal: 30 },
  { nodeCount: 10_000, floor: 150, goal: 300 },
] as const;

/** P1: choice against a linear scan with the same rules. P1b: among 10 000 nodes against among 100. */
export const selectFigures = (rounds: number): readonly Figure[] => {
  const figures = GOALS.map(({ nodeCount, floor, goal }): Figure => {
    const outcome = hold(
      {
        name: `${nodeCount} nodes`,
        baseline: byScan(newWorkload(nodeCount)),
        ours: byIndexes(newWorkload(nodeCount)),
      },
      rounds,
    );
    const what = `choice among ${nodeCount} nodes, against a linear scan`;
    return { id: 'P1', what, ratio: outcome.ratio, better: 'more', floor, goal, detail: sidesOf(outcome) };
  });
  const growth = hold(
    {
      name: '10 000 against 100',
      baseline: byIndexes(newWorkload(10_000)),
      ours: byIndexes(newWorkload(100)),
    },
    rounds,
  );
  return [
    ...figures,
    {
      id: 'P1b',
      what: 'choice among 10 000 nodes, against among 100',
      ratio: growth.ratio,
      better: 'less',
      floor: 4,
      goal: 2.5,
      detail: sidesOf(growth),
    },
  ];
};
