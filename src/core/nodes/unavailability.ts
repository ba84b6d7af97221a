import { count } from '../effects.ts';
import { tellIdleness } from './idleness.ts';
import { hasFreeSlot, type NodeRecord } from './node.ts';
import { refreshMemberships } from './pools.ts';
import { clearTimer, type RegistryTurn, setTimer } from './registry.ts';
import { type ServiceMask, serviceBit } from './service-mask.ts';

/**
 * What is remembered of a service that a node said it lacks. Until `untilAtMs` the node is not asked for it; after
 * that it is remembered a while, because the same again is a repetition [NOD47].
 */
export interface ServiceMark {
  readonly lastsMs: number;
  readonly untilAtMs: number;
  /** A heartbeat showed it not running since: when it runs again, the mark is cleared. */
  readonly wasSeenStopped: boolean;
}

/** Longest mark, and how long after its end the same report still counts as a repetition. Source: small print 35. */
const LASTS_MAX_MS = 600_000;
/** Marks of one node; at the bound the oldest goes. */
const MARKS_MAX = 64;

/** Types that only marked services would serve. */
const lackingTypesOf = ({ declared, marks }: NodeRecord, atMs: number): ServiceMask => {
  let served = 0;
  for (const { service_id, type, status } of declared.services) {
    const mark = marks.get(service_id);
    if (status === 'running' && (mark === undefined || mark.untilAtMs <= atMs)) served |= serviceBit(type);
  }
  return declared.servedTypes & ~served;
};

/** The indexes hear of it only when what the node serves has changed. */
const refreshLacking = (turn: RegistryTurn, node: NodeRecord): void => {
  const lackingTypes = lackingTypesOf(node, turn.now.atMs);
  if (lackingTypes === node.lackingTypes) return;
  node.lackingTypes = lackingTypes;
  refreshMemberships(turn.registry.pools, node);
  if (node.status === 'ready' && hasFreeSlot(node)) turn.gained.add(node);
  tellIdleness(turn, node);
};

/** One timer for each node, at the end of the mark that ends first. */
const setMarkTimer = (turn: RegistryTurn, { nodeId, marks }: NodeRecord): void => {
  const { atMs } = turn.now;
  let firstAtMs = Number.POSITIVE_INFINITY;
  for (const { untilAtMs } of marks.values()) {
    if (untilAtMs > atMs) firstAtMs = Math.min(firstAtMs, untilAtMs);
  }
  if (firstAtMs === Number.POSITIVE_INFINITY) clearTimer(turn, { kind: 'mark', nodeId });
  else setTimer(turn, { kind: 'mark', nodeId }, firstAtMs - atMs);
};

const lastsFor = (turn: RegistryTurn, before: ServiceMark | undefined): number => {
  const { unavailableTtlMs } = turn.settings;
  const isRepetition = before !== undefined && turn.now.atMs < before.untilAtMs + LASTS_MAX_MS;
  return isRepetition
    ? Math.min(2 * before.lastsMs, Math.max(LASTS_MAX_MS, unavailableTtlMs))
    : unavailableTtlMs;
};

/**
 * The node said that it lacks the service. False when it lists no such service, so that nothing can be marked; while
 * a mark lives, further reports change nothing: they are of jobs that were sent before it.
 */
export const markUnavailable = (turn: RegistryTurn, node: NodeRecord, serviceId: string): boolean => {
  const { marks, declared, nodeId } = node;
  if (!declared.services.some(({ service_id }) => service_id === serviceId)) return false;
  const before = marks.get(serviceId);
  if (before !== undefined && turn.now.atMs < before.untilAtMs) {
    turn.effects.push(count('model_na_rate_limited_by_node_total', { node_id: nodeId }));
    return true;
  }
  const lastsMs = lastsFor(turn, before);
  marks.delete(serviceId);
  marks.set(serviceId, { lastsMs, untilAtMs: turn.now.atMs + lastsMs, wasSeenStopped: false });
  if (marks.size > MARKS_MAX) {
    const oldest = marks.keys().next().value;
    if (oldest !== undefined) marks.delete(oldest);
  }
  turn.effects.push(
    count('services_marked_total'),
    count('model_na_marked_by_node_total', { node_id: nodeId }),
    { kind: 'log', level: 'warn', event: 'node lacks a service', fields: { nodeId, serviceId, lastsMs } },
  );
  setMarkTimer(turn, node);
  refreshLacking(turn, node);
  return true;
};

/** The node spoke of its services: a mark goes when its service was shown not running and runs again. */
export const seeServices = (turn: RegistryTurn, node: NodeRecord): void => {
  const { declared, marks } = node;
  if (marks.size > 0) {
    const running = new Set<string>();
    for (const { service_id, status } of declared.services) if (status === 'running') running.add(service_id);
    for (const [serviceId, mark] of marks) {
      if (!running.has(serviceId)) marks.set(serviceId, { ...mark, wasSeenStopped: true });
      else if (mark.wasSeenStopped || turn.now.atMs >= mark.untilAtMs + LASTS_MAX_MS) marks.delete(serviceId);
    }
    setMarkTimer(turn, node);
  }
  refreshLacking(turn, node);
};

export const markRanOut = (turn: RegistryTurn, node: NodeRecord): void => {
  setMarkTimer(turn, node);
  refreshLacking(turn, node);
};
