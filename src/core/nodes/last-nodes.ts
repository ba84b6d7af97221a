import type { NodeId, SessionId } from '#protocol/ids.ts';
import type { DispatchSettings } from '../settings.ts';

/** What the last node of a session means for its next job [SEL23, SEL24]. */
export interface LastNode {
  readonly nodeId: NodeId;
  /** `stay`: among equals it is the best. `spread`: it is taken only when no other fits. */
  readonly wish: 'stay' | 'spread';
}

/** Where each session's last job went; in order of last use, bounded. */
export type LastNodes = Map<SessionId, { readonly nodeId: NodeId; readonly sentAtMs: number }>;

/** Sessions remembered; at the bound the one unused longest is forgotten. */
const SESSIONS_MAX = 10_000;
/** What a node may still know of a session is worth less after this. */
const STAY_MS = 60_000;

export const noteLastNode = (
  lastNodes: LastNodes,
  sessionId: SessionId,
  nodeId: NodeId,
  sentAtMs: number,
): void => {
  lastNodes.delete(sessionId);
  lastNodes.set(sessionId, { nodeId, sentAtMs });
  if (lastNodes.size <= SESSIONS_MAX) return;
  const oldest = lastNodes.keys().next().value;
  if (oldest !== undefined) lastNodes.delete(oldest);
};

/** The node failed the session: nothing binds them any more. */
export const forgetLastNode = (lastNodes: LastNodes, sessionId: SessionId, nodeId: NodeId): void => {
  if (lastNodes.get(sessionId)?.nodeId === nodeId) lastNodes.delete(sessionId);
};

export const lastNodeOf = (
  lastNodes: LastNodes,
  sessionId: SessionId,
  atMs: number,
  { isSpread, spreadWindowMs }: Pick<DispatchSettings, 'isSpread' | 'spreadWindowMs'>,
): LastNode | null => {
  const last = lastNodes.get(sessionId);
  if (last === undefined || atMs - last.sentAtMs > (isSpread ? spreadWindowMs : STAY_MS)) return null;
  return { nodeId: last.nodeId, wish: isSpread ? 'spread' : 'stay' };
};
