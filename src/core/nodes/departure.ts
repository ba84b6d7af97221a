import type { ConnectionId } from '#protocol/ids.ts';
import { count } from '../effects.ts';
import { forgetEjection } from './ejection.ts';
import type { NodeRecord, Slot } from './node.ts';
import { dropFromPools, refreshMemberships } from './pools.ts';
import { clearTimer, nodeOfConnection, type RegistryTurn, setTimer } from './registry.ts';
import { releaseAllSlots } from './slots.ts';
import { endSlowStart } from './slow-start.ts';

/** Records of gone nodes that are kept at most; at the bound the one gone longest is forgotten. */
const GONE_NODES_MAX = 1000;

export interface Departure {
  readonly node: NodeRecord;
  /** Attempts that ran on the socket. */
  readonly lost: readonly Slot[];
}

/** The end of a record: nothing of the node remains. */
export const forgetNode = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.connectionId !== null) return;
  turn.registry.goneNodes.delete(node);
  turn.registry.nodes.delete(node.nodeId);
  dropFromPools(turn.registry.pools, node);
  clearTimer(turn, { kind: 'gone', nodeId: node.nodeId });
  if (node.marks.size > 0) clearTimer(turn, { kind: 'mark', nodeId: node.nodeId });
  forgetEjection(turn, node);
  if (node.drain !== null) clearTimer(turn, { kind: 'drain', nodeId: node.nodeId });
};

/**
 * A socket ended. Null when no node hangs on it: it never registered, or another socket took the node over, and then
 * its end changes nothing [NOD17].
 */
export const socketClosed = (turn: RegistryTurn, connectionId: ConnectionId): Departure | null => {
  const { registry, settings } = turn;
  const connection = registry.connections.get(connectionId);
  if (connection === undefined) return null;
  registry.connections.delete(connectionId);
  if (connection.refusedCode !== null) clearTimer(turn, { kind: 'refused', connectionId });
  const node = nodeOfConnection(registry, connection);
  if (node === null) return null;

  const { nodeId } = node;
  node.connectionId = null;
  node.goneSinceAtMs = turn.now.atMs;
  if (node.status !== 'offline') turn.effects.push(count('node_transitions_total', { status: 'offline' }));
  if (node.status === 'registering') clearTimer(turn, { kind: 'warmup', nodeId });
  node.status = 'offline';
  node.statusReason = 'Connection closed';
  endSlowStart(turn, node);
  registry.ejected.delete(node);
  refreshMemberships(registry.pools, node);
  const lost = releaseAllSlots(turn, node);
  clearTimer(turn, { kind: 'heartbeat', nodeId });
  setTimer(turn, { kind: 'gone', nodeId }, settings.goneNodeMs);
  registry.goneNodes.add(node);
  if (registry.goneNodes.size > GONE_NODES_MAX) {
    const oldest = registry.goneNodes.values().next().value;
    if (oldest !== undefined) forgetNode(turn, oldest);
  }
  turn.effects.push(
    {
      kind: 'store',
      request: { verb: 'dropNode', nodeId, owner: turn.owner, generation: node.generation },
    },
    { kind: 'log', level: 'info', event: 'node gone', fields: { nodeId, attempts: lost.length } },
  );
  return { node, lost };
};
