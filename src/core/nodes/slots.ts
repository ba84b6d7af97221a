import type { JobId } from '#protocol/ids.ts';
import { hasFreeSlot, type NodeRecord, type Slot, type SlotKey, slotKey } from './node.ts';
import { moveNode } from './pools.ts';
import { clearTimer, type RegistryTurn, setTimer } from './registry.ts';

/** To be called only for a node with a free slot [I3]; the node goes behind its equals. */
export const takeSlot = (
  turn: RegistryTurn,
  node: NodeRecord,
  jobId: JobId,
  attemptId: number,
  audioMs: number,
): void => {
  if (!hasFreeSlot(node)) throw new Error('slot taken on a node that is full');
  const key = slotKey(jobId, attemptId);
  node.slots.set(key, {
    key,
    jobId,
    attemptId,
    audioMs,
    sentAtMs: null,
    isRead: false,
    zombieUntilAtMs: null,
  });
  moveNode(turn.registry.pools, node, true);
};

/**
 * Gives the slot back, if it is still held. `isRefusal`: the node was never reached, so that this is no new capacity
 * and waiting jobs are not offered to the same full link in a circle.
 */
export const releaseSlot = (turn: RegistryTurn, node: NodeRecord, key: SlotKey, isRefusal = false): void => {
  const slot = node.slots.get(key);
  if (slot === undefined) return;
  node.slots.delete(key);
  if (slot.zombieUntilAtMs !== null) {
    clearTimer(turn, {
      kind: 'zombie',
      jobId: slot.jobId,
      attemptId: slot.attemptId,
      nodeId: node.nodeId,
    });
  }
  moveNode(turn.registry.pools, node);
  if (!isRefusal) turn.gained.add(node);
};

/** The attempt may still run: the slot stays taken, at most so long. An earlier end stands [JOB25]. */
export const keepAsZombie = (turn: RegistryTurn, node: NodeRecord, slot: Slot, atMostMs: number): void => {
  const untilAtMs = turn.now.atMs + atMostMs;
  if (slot.zombieUntilAtMs !== null && slot.zombieUntilAtMs <= untilAtMs) return;
  slot.zombieUntilAtMs = untilAtMs;
  setTimer(
    turn,
    { kind: 'zombie', jobId: slot.jobId, attemptId: slot.attemptId, nodeId: node.nodeId },
    atMostMs,
  );
};

/** All slots at once, with their timers: the socket they hung on has ended. */
export const releaseAllSlots = (turn: RegistryTurn, node: NodeRecord): readonly Slot[] => {
  const slots = [...node.slots.values()];
  for (const slot of slots) releaseSlot(turn, node, slot.key, true);
  return slots;
};
