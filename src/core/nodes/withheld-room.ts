import { hasFreeSlot, type NodeRecord } from './node.ts';
import { moveNode } from './pools.ts';
import { clearTimer, type RegistryTurn, setTimer } from './registry.ts';

/** A refusal holds until the node shows itself again, but no longer than this. */
export const NODE_PAUSE_MS = 2000;
/** The way out to a node is soon empty again. */
export const LINK_PAUSE_MS = 250;

/** The node, or the way to it, has fewer places than we count: the rest is not offered for a while [JOB43]. */
export const withholdRoom = (
  turn: RegistryTurn,
  node: NodeRecord,
  freeSlots: number,
  pauseMs: number,
): void => {
  const wasWithheld = node.withheldSlots > 0;
  node.withheldSlots = Math.max(0, node.declared.capacity - node.slots.size - freeSlots);
  const timer = { kind: 'room', nodeId: node.nodeId } as const;
  if (node.withheldSlots > 0) setTimer(turn, timer, pauseMs);
  else if (wasWithheld) clearTimer(turn, timer);
  moveNode(turn.registry.pools, node);
  if (hasFreeSlot(node)) turn.gained.add(node);
};

/** A heartbeat, an answer, another socket or time: what the node said of its room is no longer news. */
export const giveBackRoom = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.withheldSlots === 0) return;
  node.withheldSlots = 0;
  clearTimer(turn, { kind: 'room', nodeId: node.nodeId });
  moveNode(turn.registry.pools, node);
  turn.gained.add(node);
};
