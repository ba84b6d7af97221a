import type { NodeId } from '#protocol/ids.ts';
import { beginWarmup, judgeHealth } from './health.ts';
import { hasFeature, type NodeDrain, type NodeRecord } from './node.ts';
import { changeStatus, type IdleCause } from './node-status.ts';
import { clearTimer, type RegistryTurn, sendToNode, setTimer } from './registry.ts';

const DAY_MS = 86_400_000;
const REASON_CHARS_MAX = 200;

export interface DrainWish {
  /** How long from now; null = until it is taken back. At most a day. */
  readonly deadlineMs: number | null;
  readonly reason: string;
}

const CAUSES: Readonly<Record<NodeDrain['by'], IdleCause>> = {
  admin: {
    code: 'DRAINED_BY_OPERATOR',
    reason: 'Drained by the operator',
    fix: 'Finish what runs; jobs come again when the operator undrains the node or the deadline passes.',
  },
  node: {
    code: 'DRAINED_BY_NODE',
    reason: 'The node asked for no more jobs',
    fix: 'Register again to take jobs before the deadline of node_drain.',
  },
};

/** Legacy agents know no drain: they are just not chosen [NOD42]. */
const control = (turn: RegistryTurn, node: NodeRecord, command: 'drain' | 'undrain'): void => {
  if (node.drain === null || node.drain.by === 'node' || !hasFeature(node, 'drain')) return;
  const { endsAtMs, reason } = node.drain;
  sendToNode(turn, node, {
    type: 'node_control',
    command,
    ...(command === 'undrain' || endsAtMs === null ? {} : { deadline_ms: endsAtMs - turn.now.atMs }),
    ...(reason === '' ? {} : { reason }),
  });
};

const rest = (turn: RegistryTurn, node: NodeRecord, { by, reason }: NodeDrain): void => {
  changeStatus(turn, node, 'draining', reason === '' ? CAUSES[by].reason : reason, CAUSES[by]);
  control(turn, node, 'drain');
};

const beginDrain = (turn: RegistryTurn, node: NodeRecord, by: NodeDrain['by'], wish: DrainWish): void => {
  const { nodeId } = node;
  const afterMs = wish.deadlineMs === null ? null : Math.min(Math.max(0, wish.deadlineMs), DAY_MS);
  const reason = wish.reason.slice(0, REASON_CHARS_MAX);
  node.drain = { by, endsAtMs: afterMs === null ? null : turn.now.atMs + afterMs, reason };
  if (afterMs === null) clearTimer(turn, { kind: 'drain', nodeId });
  else setTimer(turn, { kind: 'drain', nodeId }, afterMs);
  turn.effects.push({ kind: 'log', level: 'info', event: 'node drains', fields: { nodeId, by } });
  // A silent node gets its status when it speaks again.
  if (node.connectionId !== null && node.status !== 'offline') rest(turn, node, node.drain);
};

/** The operator's wish: no new jobs, what runs may end. Also for a node that is away; a later wish replaces it [NOD40]. */
export const drainByAdmin = (turn: RegistryTurn, nodeId: NodeId, wish: DrainWish): void => {
  const node = turn.registry.nodes.get(nodeId);
  if (node !== undefined) beginDrain(turn, node, 'admin', wish);
};

/** `node_drain`. The operator's word stands above it [NOD43]. */
export const drainByNode = (turn: RegistryTurn, node: NodeRecord, wish: DrainWish): void => {
  if (node.drain?.by !== 'admin') beginDrain(turn, node, 'node', wish);
};

/** A heartbeat came. True: the node is drained, and its health does not matter meanwhile [NOD41]. */
export const stayDrained = (turn: RegistryTurn, node: NodeRecord): boolean => {
  if (node.drain === null) return false;
  if (node.status !== 'draining') rest(turn, node, node.drain);
  return true;
};

/** Taken back, or over by its deadline: the node goes through registering, by what it last said of itself [NOD44]. */
export const endDrain = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.drain === null) return;
  const { nodeId } = node;
  control(turn, node, 'undrain');
  node.drain = null;
  clearTimer(turn, { kind: 'drain', nodeId });
  turn.effects.push({ kind: 'log', level: 'info', event: 'node drains no more', fields: { nodeId } });
  if (node.status !== 'draining') return;
  changeStatus(turn, node, 'registering', 'Drain is over');
  beginWarmup(turn, node);
  if (node.lastHeartbeatAtMs !== null) judgeHealth(turn, node);
};

/** It registers: a process that starts anew has no wish to rest any more, whatever the last one said [NOD43]. */
export const forgetOwnDrain = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.drain?.by !== 'node') return;
  node.drain = null;
  clearTimer(turn, { kind: 'drain', nodeId: node.nodeId });
};
