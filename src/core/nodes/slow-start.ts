import type { NodeRecord } from './node.ts';
import { moveNode } from './pools.ts';
import { clearTimer, type RegistryTurn, setTimer } from './registry.ts';

/**
 * A node that just became ready ranks as if it had only a quarter of its capacity, then half, then three quarters:
 * whoever is empty would else get everything at once. It ranks and never excludes [SEL20].
 */
const STAGE_MS = 5000;
const FULL_SHARE = 1;
const SHARE_OF_STAGE = 0.25;

/** In status ready, or ready again after an ejection. */
export const beginSlowStart = (turn: RegistryTurn, node: NodeRecord): void => {
  node.rankedShare = SHARE_OF_STAGE;
  setTimer(turn, { kind: 'slowStart', nodeId: node.nodeId }, STAGE_MS);
};

export const endSlowStart = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.rankedShare === FULL_SHARE) return;
  node.rankedShare = FULL_SHARE;
  clearTimer(turn, { kind: 'slowStart', nodeId: node.nodeId });
};

export const slowStartGoesOn = (turn: RegistryTurn, node: NodeRecord): void => {
  node.rankedShare = Math.min(FULL_SHARE, node.rankedShare + SHARE_OF_STAGE);
  if (node.rankedShare < FULL_SHARE) setTimer(turn, { kind: 'slowStart', nodeId: node.nodeId }, STAGE_MS);
  moveNode(turn.registry.pools, node);
};
