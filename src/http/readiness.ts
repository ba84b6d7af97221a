import type { Runtime } from '#runtime/contract.ts';

/** Why a process is not ready, or ready and not accepting. */
export type UnreadyReason = 'draining' | 'no_dispatcher' | 'no_ready_node' | 'sessions_full';

/** Three answers in one: alive (there is an answer), ready (may get traffic), accepting (a new session is served now). */
export interface Readiness {
  readonly ready: boolean;
  readonly accepting: boolean;
  readonly reasons: readonly UnreadyReason[];
}

/** Source: small print 22. */
export const readinessOf = (runtime: Runtime, isAdmitting: boolean): Readiness => {
  const { view, settings } = runtime;
  const unready: UnreadyReason[] = [];
  if (!isAdmitting || view.isDraining) unready.push('draining');
  if (!view.hasDispatcher) unready.push('no_dispatcher');
  const reasons = [...unready];
  if (view.sessionCount >= settings.sessionsMax) reasons.push('sessions_full');
  if (!hasReadyNode(runtime)) reasons.push('no_ready_node');
  return { ready: unready.length === 0, accepting: reasons.length === 0, reasons };
};

const hasReadyNode = ({ view }: Runtime): boolean => {
  for (const { status, connectionId } of view.dispatcher.registry.nodes.values()) {
    if (status === 'ready' && connectionId !== null) return true;
  }
  return false;
};
