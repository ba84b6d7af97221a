import { count } from '../effects.ts';
import { forgetAnswers, isOutlier, noteAnswer } from './fault-record.ts';
import { tellIdleness } from './idleness.ts';
import { hasFreeSlot, type NodeRecord } from './node.ts';
import { isLastOfAPool, refreshMemberships } from './pools.ts';
import { clearTimer, type Registry, type RegistryTurn, setTimer } from './registry.ts';
import { beginSlowStart } from './slow-start.ts';

const FIRST_MS = 30_000;
const LONGEST_MS = 300_000;
const FORGET_AFTER_MS = 600_000;
/** At most this share of the connected nodes, but one where there are two. */
const EJECTED_SHARE = 1 / 3;

const mayEject = ({ nodes, goneNodes, ejected, pools }: Registry, node: NodeRecord): boolean => {
  const connected = nodes.size - goneNodes.size;
  if (connected < 2) return false;
  const ejectedMax = Math.max(1, Math.floor(connected * EJECTED_SHARE));
  return ejected.size < ejectedMax && !isLastOfAPool(pools, node);
};

const eject = (turn: RegistryTurn, node: NodeRecord): void => {
  const { faults, nodeId } = node;
  if (turn.now.atMs - faults.returnedAtMs >= FORGET_AFTER_MS) faults.ejections = 0;
  const lastsMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** faults.ejections);
  faults.ejections += 1;
  faults.ejectedUntilAtMs = turn.now.atMs + lastsMs;
  forgetAnswers(faults);
  turn.registry.ejected.add(node);
  setTimer(turn, { kind: 'ejection', nodeId }, lastsMs);
  refreshMemberships(turn.registry.pools, node);
  turn.effects.push(count('nodes_ejected_total'), {
    kind: 'log',
    level: 'warn',
    event: 'node ejected',
    fields: { nodeId, lastsMs },
  });
  tellIdleness(turn, node);
};

/** It failed a job, hung or did not acknowledge: by itself, not by what the client sent. */
export const noteFault = (turn: RegistryTurn, node: NodeRecord): void => {
  const { faults } = node;
  noteAnswer(faults, true);
  if (faults.ejectedUntilAtMs !== null || !isOutlier(faults)) return;
  if (mayEject(turn.registry, node)) eject(turn, node);
};

export const noteGoodAnswer = (node: NodeRecord): void => noteAnswer(node.faults, false);

/** It returns by itself, slowly [SEL22]. */
export const ejectionIsOver = (turn: RegistryTurn, node: NodeRecord): void => {
  const { faults } = node;
  if (faults.ejectedUntilAtMs === null) return;
  faults.ejectedUntilAtMs = null;
  faults.returnedAtMs = turn.now.atMs;
  turn.registry.ejected.delete(node);
  if (node.status !== 'ready') return;
  beginSlowStart(turn, node);
  refreshMemberships(turn.registry.pools, node);
  if (hasFreeSlot(node)) turn.gained.add(node);
  tellIdleness(turn, node);
};

/** Its record goes. */
export const forgetEjection = (turn: RegistryTurn, node: NodeRecord): void => {
  if (node.faults.ejectedUntilAtMs === null) return;
  turn.registry.ejected.delete(node);
  clearTimer(turn, { kind: 'ejection', nodeId: node.nodeId });
};
