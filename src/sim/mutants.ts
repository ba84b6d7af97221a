import type { DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { SessionEffect } from '#core/session/session-contract.ts';
import type { Domain } from '#runtime/domain.ts';
import type { Sabotage } from './world.ts';

const isOutcome = (effect: SessionEffect): boolean =>
  effect.kind === 'sendClient' &&
  (effect.message.type === 'translation_result' || effect.message.type === 'missing_result');

/** Changes what sessions cause. */
const effectsOf =
  (change: (effects: readonly SessionEffect[], roll: () => number) => readonly SessionEffect[]): Sabotage =>
  (domain, random) => ({
    ...domain,
    stepSession: (state, event, now) => change(domain.stepSession(state, event, now), random.chance),
  });

/** Changes what the dispatcher is told. */
const eventsOf =
  (
    change: (
      event: DispatcherEvent,
      domain: Domain,
      state: Parameters<Domain['stepDispatcher']>[0],
    ) => DispatcherEvent,
  ): Sabotage =>
  (domain) => ({
    ...domain,
    stepDispatcher: (state, event, now) => domain.stepDispatcher(state, change(event, domain, state), now),
  });

/**
 * Ways to break the main decisions, one each, at the seam between core and runtime: production code has no hooks for
 * them. A test proves that every one is caught within its seeds [SIM7].
 */
export const MUTANTS: Readonly<Record<string, Sabotage>> = {
  /** Two outcomes change places. */
  orderOff: (domain, random) => {
    const kept = new Map<string, SessionEffect>();
    return {
      ...domain,
      stepSession: (state, event, now) =>
        domain.stepSession(state, event, now).flatMap((effect): SessionEffect[] => {
          if (!isOutcome(effect)) return [effect];
          const earlier = kept.get(state.sessionId);
          if (earlier !== undefined) {
            kept.delete(state.sessionId);
            return [effect, earlier];
          }
          if (random.happens(0.7)) return [effect];
          kept.set(state.sessionId, effect);
          return [];
        }),
    };
  },
  duplicateDelivery: effectsOf((effects, roll) =>
    effects.flatMap((effect) => (isOutcome(effect) && roll() < 0.05 ? [effect, effect] : [effect])),
  ),
  lostOutcome: effectsOf((effects, roll) => effects.filter((effect) => !isOutcome(effect) || roll() > 0.02)),
  /** Nobody gives up on what blocks the others. */
  holdOff: effectsOf((effects) =>
    effects.filter((effect) => effect.kind !== 'setTimer' || effect.key !== 'hold'),
  ),
  /** Any node's answer counts for any attempt. */
  fencingOff: eventsOf((event, _domain, state) => {
    if (event.kind !== 'nodeMessage' || event.message.type !== 'job_result') return event;
    const { message } = event;
    for (const job of state.jobs.values()) {
      const live = job.attempts.find(
        ({ phase, wireJobId }) => phase !== 'ended' && wireJobId === message.job_id,
      );
      const node = live === undefined ? undefined : state.registry.nodes.get(live.nodeId);
      if (live === undefined || node?.connectionId == null) continue;
      return {
        ...event,
        connectionId: node.connectionId,
        message: { ...message, node_id: node.nodeId, attempt_id: live.attemptId },
      };
    }
    return event;
  }),
  /** A node is given more than it said it can hold. */
  capacityOff: eventsOf((event) =>
    event.kind === 'nodeMessage' && event.message.type === 'node_register'
      ? { ...event, message: { ...event.message, max_concurrent_jobs: 50 } }
      : event,
  ),
  /** Deadlines, failover and zombies never come due. */
  dispatcherTimersOff: (domain) => ({
    ...domain,
    stepDispatcher: (state, event, now) =>
      domain.stepDispatcher(state, event, now).filter((effect) => effect.kind !== 'setTimer'),
  }),
};
