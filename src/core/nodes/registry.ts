import type { ErrorCode } from '#protocol/errors.ts';
import type { ConnectionId, IdSource, InstanceId, NodeId } from '#protocol/ids.ts';
import type { NodeServerMessage } from '#protocol/messages.ts';
import type { Chance } from '../chance.ts';
import type { Now } from '../clock.ts';
import type { DispatcherEffect } from '../jobs/dispatcher-contract.ts';
import { type DispatcherTimer, timerKey } from '../jobs/dispatcher-timers.ts';
import type { Principal } from '../ports.ts';
import type { DispatchSettings } from '../settings.ts';
import type { LastNodes } from './last-nodes.ts';
import type { NodeRecord } from './node.ts';
import { newPoolIndex } from './pools.ts';
import type { Fleet } from './selection.ts';

/** One socket on the node path. */
export interface NodeConnection {
  readonly connectionId: ConnectionId;
  readonly principal: Principal;
  /** Null until it registers. Stays when another socket takes the node over; then the node's own field differs. */
  nodeId: NodeId | null;
  /** Set while a refused socket waits for its close. */
  refusedCode: ErrorCode | null;
}

/** The nodes of this instance, their sockets and the indexes over them. */
export interface Registry extends Fleet {
  readonly nodes: Map<NodeId, NodeRecord>;
  readonly connections: Map<ConnectionId, NodeConnection>;
  /** Records kept for the dashboard only, the one gone longest first [NOD19]. */
  readonly goneNodes: Set<NodeRecord>;
  readonly lastNodes: LastNodes;
  /** Those of the connected nodes that are ejected [SEL21]. */
  readonly ejected: Set<NodeRecord>;
}

export const newRegistry = (settings: DispatchSettings): Registry => ({
  nodes: new Map(),
  connections: new Map(),
  goneNodes: new Set(),
  lastNodes: new Map(),
  ejected: new Set(),
  pools: newPoolIndex(settings.requireGpu),
  nearestMisses: new Map(),
});

/** One step of the dispatcher as the registry sees it: what it may read, and where its effects go. */
export interface RegistryTurn {
  readonly registry: Registry;
  readonly settings: DispatchSettings;
  readonly chance: Chance;
  readonly ids: IdSource;
  readonly owner: InstanceId;
  readonly now: Now;
  readonly effects: DispatcherEffect[];
  /** Nodes with room that the waiting jobs have not seen yet; looked at once, at the end of the step. */
  readonly gained: Set<NodeRecord>;
}

export const setTimer = (turn: RegistryTurn, timer: DispatcherTimer, afterMs: number): void => {
  turn.effects.push({ kind: 'setTimer', key: timerKey(timer), atMs: turn.now.atMs + afterMs });
};

export const clearTimer = (turn: RegistryTurn, timer: DispatcherTimer): void => {
  turn.effects.push({ kind: 'clearTimer', key: timerKey(timer) });
};

/** Nothing is sent to a node that is gone. */
export const sendToNode = (turn: RegistryTurn, node: NodeRecord, message: NodeServerMessage): void => {
  if (node.connectionId === null) return;
  turn.effects.push({ kind: 'sendNode', connectionId: node.connectionId, message });
};

/** The node whose present socket this is; null for a socket that never registered or was replaced [NOD17]. */
export const nodeOfConnection = (registry: Registry, connection: NodeConnection): NodeRecord | null => {
  const node = connection.nodeId === null ? undefined : registry.nodes.get(connection.nodeId);
  return node !== undefined && node.connectionId === connection.connectionId ? node : null;
};

/** How long the store remembers whose socket a node hangs on without hearing of it again. */
const NODE_TTL_HEARTBEATS = 2;

export const putNodeInStore = (turn: RegistryTurn, node: NodeRecord): void => {
  turn.effects.push({
    kind: 'store',
    request: {
      verb: 'putNode',
      nodeId: node.nodeId,
      owner: turn.owner,
      generation: node.generation,
      ttlMs: NODE_TTL_HEARTBEATS * turn.settings.heartbeatTimeoutMs,
    },
  });
};
