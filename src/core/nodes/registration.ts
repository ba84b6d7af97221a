import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { asNodeId, type NodeId, newNodeId } from '#protocol/ids.ts';
import type { NodeRegister } from '#protocol/node-agent-messages.ts';
import { count } from '../effects.ts';
import { declarationOf } from './declaration.ts';
import { forgetOwnDrain } from './drain.ts';
import { beginWarmup } from './health.ts';
import { hasFeature, type NodeRecord, newNode, type Slot } from './node.ts';
import { refreshMemberships } from './pools.ts';
import {
  clearTimer,
  type NodeConnection,
  nodeOfConnection,
  putNodeInStore,
  type RegistryTurn,
  sendToNode,
  setTimer,
} from './registry.ts';
import { endSlowStart } from './slow-start.ts';
import { seeServices } from './unavailability.ts';

const SCHEMA_VERSION = '2.0';
const MINUTE_MS = 60_000;

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fix: string;
}

export type Registration =
  | { readonly kind: 'refused' }
  /** The message named another node than the socket's; dropped [NOD7]. */
  | { readonly kind: 'foreign' }
  /** `orphans`: attempts of the socket that was taken over; their answers may come on the new one [JOB24]. */
  | { readonly kind: 'registered'; readonly node: NodeRecord; readonly orphans: readonly Slot[] };

/** The first check that fails, in the order schema, GPU, identity [NOD1]; null = welcome. */
const refusalOf = (
  turn: RegistryTurn,
  { principal }: NodeConnection,
  message: NodeRegister,
  known: NodeRecord | undefined,
): Refusal | null => {
  if (message.capability_schema_version !== SCHEMA_VERSION) {
    return {
      code: 'INVALID_CAPABILITY_SCHEMA',
      message: 'capability_schema_version 2.0 is required',
      fix: 'Update the agent to one that sends capability_schema_version "2.0".',
    };
  }
  if (turn.settings.requireGpu && (message.hardware.gpus?.length ?? 0) === 0) {
    return {
      code: 'NO_GPU_AVAILABLE',
      message: 'a node needs a GPU',
      fix: 'List the GPU in hardware.gpus, or set nodes.require_gpu = false on the server.',
    };
  }
  if (principal.kind !== 'node') {
    return {
      code: 'NODE_REFUSED',
      message: 'this identity may not register a node',
      fix: 'Connect with a token for nodes.',
    };
  }
  if (known !== undefined && known.tenant !== principal.tenant) {
    return {
      code: 'NODE_ID_CONFLICT',
      message: 'this node id belongs to someone else',
      fix: 'Give the node an id of its own, or none.',
    };
  }
  return null;
};

/** Agents stay connected and idle after an error, and retry soon after a close: so the close comes late [NOD2]. */
const refuse = (turn: RegistryTurn, connection: NodeConnection, refusal: Refusal): Registration => {
  const { connectionId } = connection;
  const { code, message, fix } = refusal;
  const { refusedCloseMinMs, refusedCloseMaxMs } = turn.settings;
  turn.effects.push(
    { kind: 'sendNode', connectionId, message: { type: 'error', code, message, fix } },
    count('nodes_refused_total', { code }),
    { kind: 'log', level: 'warn', event: 'node refused', fields: { connectionId, code } },
  );
  if (connection.refusedCode === null) {
    const jitterMs = turn.chance() * (refusedCloseMaxMs - refusedCloseMinMs);
    setTimer(turn, { kind: 'refused', connectionId }, refusedCloseMinMs + jitterMs);
  }
  connection.refusedCode = code;
  return { kind: 'refused' };
};

export const closeRefused = (turn: RegistryTurn, connection: NodeConnection): void => {
  if (connection.refusedCode === null) return;
  turn.effects.push({
    kind: 'closeNode',
    connectionId: connection.connectionId,
    code: CLOSE_CODES.nodeRefused,
    reason: closeReason(connection.refusedCode, turn.settings.refusedCloseMinMs),
  });
};

type Arrival = 'new' | 'return' | 'again' | 'takeover';

const arrivalOf = (connection: NodeConnection, known: NodeRecord | undefined): Arrival => {
  if (known === undefined) return 'new';
  if (known.connectionId === null) return 'return';
  return known.connectionId === connection.connectionId ? 'again' : 'takeover';
};

/** Within the last minute; the list stays as short as `takeoversPerMinute`. */
const recentTakeovers = (turn: RegistryTurn, node: NodeRecord): readonly number[] =>
  node.takeoverAtMs.filter((atMs) => turn.now.atMs - atMs < MINUTE_MS);

const takeOver = (turn: RegistryTurn, node: NodeRecord): void => {
  node.takeoverAtMs = [...recentTakeovers(turn, node), turn.now.atMs];
  if (node.connectionId === null) return;
  turn.effects.push({
    kind: 'closeNode',
    connectionId: node.connectionId,
    code: CLOSE_CODES.replaced,
    reason: closeReason('IDENTITY_REPLACED'),
  });
};

const bear = (
  turn: RegistryTurn,
  nodeId: NodeId,
  connection: NodeConnection,
  message: NodeRegister,
): NodeRecord => {
  const node = newNode({
    nodeId,
    tenant: connection.principal.tenant,
    // Begins at the wall clock, so that a registry that starts anew is never behind what the store knows.
    generation: turn.now.wallMs,
    declared: declarationOf(message, turn.settings.maxConcurrentJobsPerNode),
  });
  turn.registry.nodes.set(nodeId, node);
  return node;
};

const acknowledge = (turn: RegistryTurn, node: NodeRecord, message: NodeRegister): void => {
  sendToNode(turn, node, {
    type: 'node_register_ack',
    node_id: node.nodeId,
    message: 'registered',
    status: 'registering',
    ...(message.advanced_features === undefined ? {} : { features: node.declared.features }),
    ...(hasFeature(node, 'job_ack') ? { ack_timeout_ms: turn.settings.ackTimeoutMs } : {}),
  });
};

/** The socket is the node from now on, in status registering. */
const settle = (turn: RegistryTurn, node: NodeRecord, connection: NodeConnection): void => {
  const { connectionId } = connection;
  const { nodeId } = node;
  if (connection.refusedCode !== null) {
    connection.refusedCode = null;
    clearTimer(turn, { kind: 'refused', connectionId });
  }
  if (turn.registry.goneNodes.delete(node)) clearTimer(turn, { kind: 'gone', nodeId });
  forgetOwnDrain(turn, node);
  connection.nodeId = nodeId;
  node.connectionId = connectionId;
  node.goneSinceAtMs = null;
  node.status = 'registering';
  node.statusReason = 'Registered';
  node.idleCode = null;
  endSlowStart(turn, node);
  if (node.faults.ejectedUntilAtMs !== null) turn.registry.ejected.add(node);
  node.healthyInARow = 0;
  node.unhealthyInARow = 0;
  node.hangsInARow = 0;
  node.foreignJobs = 0;
  node.lastHeartbeatAtMs = null;
  node.registeredAtMs = turn.now.atMs;
  node.registeredWallMs = turn.now.wallMs;
  setTimer(turn, { kind: 'heartbeat', nodeId }, turn.settings.heartbeatTimeoutMs);
  beginWarmup(turn, node);
};

/** A `node_register`: a new node, one that comes back, one that says it again, or one on a second socket. */
export const registerNode = (
  turn: RegistryTurn,
  connection: NodeConnection,
  message: NodeRegister,
): Registration => {
  const { registry, settings } = turn;
  const held = nodeOfConnection(registry, connection);
  const given = message.node_id === undefined || message.node_id === '' ? null : asNodeId(message.node_id);
  if (connection.nodeId !== null && (held === null || (given !== null && given !== held.nodeId))) {
    return { kind: 'foreign' };
  }
  const nodeId = given ?? held?.nodeId ?? newNodeId(turn.ids);
  const known = registry.nodes.get(nodeId);
  const refusal = refusalOf(turn, connection, message, known);
  if (refusal !== null) return refuse(turn, connection, refusal);

  const arrival = arrivalOf(connection, known);
  if (
    arrival === 'takeover' &&
    known !== undefined &&
    recentTakeovers(turn, known).length >= settings.takeoversPerMinute
  ) {
    known.idConflicts += 1;
    return refuse(turn, connection, {
      code: 'NODE_ID_CONFLICT',
      message: 'two nodes use this node id in turn',
      fix: 'Give each node an id of its own.',
    });
  }
  const node = known ?? bear(turn, nodeId, connection, message);
  const orphans = arrival === 'takeover' ? [...node.slots.values()] : [];
  if (arrival === 'takeover') takeOver(turn, node);
  if (arrival === 'takeover' || arrival === 'return') node.generation += 1;
  node.declared = declarationOf(message, settings.maxConcurrentJobsPerNode);
  settle(turn, node, connection);
  refreshMemberships(registry.pools, node);
  seeServices(turn, node);
  acknowledge(turn, node, message);
  putNodeInStore(turn, node);
  turn.effects.push(count('nodes_registered_total', { how: arrival }), {
    kind: 'log',
    level: 'info',
    event: 'node registered',
    fields: { nodeId, how: arrival },
  });
  return { kind: 'registered', node, orphans };
};
