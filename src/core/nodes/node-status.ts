import type { NodeStatusWord } from '#protocol/node-server-messages.ts';
import { count } from '../effects.ts';
import { hasFreeSlot, type NodeRecord } from './node.ts';
import { refreshMemberships } from './pools.ts';
import { clearTimer, type RegistryTurn, sendToNode } from './registry.ts';
import { beginSlowStart, endSlowStart } from './slow-start.ts';

/** Why a node gets no jobs, and what its operator can do about it: sent in `node_status` [NOD15]. */
export interface IdleCause {
  readonly code: string;
  readonly reason: string;
  readonly fix: string;
}

/** The node's present status in its own ears; the wire counts in seconds. */
export const tellStatus = (
  turn: RegistryTurn,
  node: NodeRecord,
  reason: string,
  cause: IdleCause | null,
): void => {
  sendToNode(turn, node, {
    type: 'node_status',
    node_id: node.nodeId,
    status: node.status,
    reason,
    timestamp: Math.floor(turn.now.wallMs / 1000),
    ...(cause === null ? {} : { code: cause.code, fix: cause.fix }),
  });
};

/** Every way from one status to another but the ends of sockets; staying where it is tells nobody anything. */
export const changeStatus = (
  turn: RegistryTurn,
  node: NodeRecord,
  status: NodeStatusWord,
  reason: string,
  cause: IdleCause | null = null,
): void => {
  if (node.status === status) return;
  if (node.status === 'registering') clearTimer(turn, { kind: 'warmup', nodeId: node.nodeId });
  node.status = status;
  node.statusReason = reason;
  node.healthyInARow = 0;
  node.unhealthyInARow = 0;
  node.hangsInARow = 0;
  node.idleCode = null;
  if (status === 'ready') beginSlowStart(turn, node);
  else endSlowStart(turn, node);
  turn.effects.push(count('node_transitions_total', { status }));
  tellStatus(turn, node, reason, cause);
  refreshMemberships(turn.registry.pools, node);
  if (status === 'ready' && hasFreeSlot(node)) turn.gained.add(node);
};
