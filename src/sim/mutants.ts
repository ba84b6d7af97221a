import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionEffect } from '#core/session/session-contract.ts';
import type { DispatchSettings } from '#core/settings.ts';
import { isOutcome } from './habitat.ts';
import type { Sabotage } from './world.ts';

type SessionEffects = readonly SessionEffect[];
type DispatcherEffects = readonly DispatcherEffect[];

/** Changes what sessions cause. */
const sessionEffects =
  (change: (effects: SessionEffects, roll: () => number, state: SessionState) => SessionEffects): Sabotage =>
  (domain, random) => ({
    ...domain,
    stepSession: (state, event, now) => change(domain.stepSession(state, event, now), random.chance, state),
  });

/** Changes what the dispatcher causes, or what it holds after a step. */
const dispatcherEffects =
  (
    change: (effects: DispatcherEffects, state: DispatcherState, roll: () => number) => DispatcherEffects,
  ): Sabotage =>
  (domain, random) => ({
    ...domain,
    stepDispatcher: (state, event, now) =>
      change(domain.stepDispatcher(state, event, now), state, random.chance),
  });

/** Changes what the dispatcher is told. */
const dispatcherEvents =
  (change: (event: DispatcherEvent, state: DispatcherState) => DispatcherEvent): Sabotage =>
  (domain) => ({
    ...domain,
    stepDispatcher: (state, event, now) => domain.stepDispatcher(state, change(event, state), now),
  });

/** Changes what a client gets that comes back. */
const onReturn =
  (change: (effects: SessionEffects) => SessionEffects): Sabotage =>
  (domain) => ({
    ...domain,
    stepSession: (state, event, now) => {
      const effects = domain.stepSession(state, event, now);
      return event.kind === 'resumed' ? change(effects) : effects;
    },
  });

const dispatchSettings =
  (change: Partial<DispatchSettings>): Sabotage =>
  (domain) => ({
    ...domain,
    newDispatcher: (settings, deps) => domain.newDispatcher({ ...settings, ...change }, deps),
  });

const isSentOutcome = (effect: SessionEffect): boolean =>
  effect.kind === 'sendClient' && isOutcome(effect.message);

/** Keeps one outcome of a session back until the next one has gone. */
const swapOutcomes: Sabotage = (domain, random) => {
  const kept = new Map<string, SessionEffect>();
  return {
    ...domain,
    stepSession: (state, event, now) =>
      domain.stepSession(state, event, now).flatMap((effect): SessionEffect[] => {
        if (!isSentOutcome(effect)) return [effect];
        const earlier = kept.get(state.sessionId);
        kept.delete(state.sessionId);
        if (earlier !== undefined) return [effect, earlier];
        if (random.happens(0.7)) return [effect];
        kept.set(state.sessionId, effect);
        return [];
      }),
  };
};

/** Shows what a node says after its job has ended as well. */
const showLateResults: Sabotage = (domain) => {
  const requests = new Map<string, { readonly sessionId: string; readonly index: number }>();
  return {
    ...domain,
    stepDispatcher: (state, event, now) => {
      if (event.kind === 'jobSubmitted') {
        const { jobId, sessionId, utteranceIndex } = event.request;
        requests.set(jobId, { sessionId, index: utteranceIndex });
      }
      const effects = domain.stepDispatcher(state, event, now);
      if (event.kind !== 'nodeMessage' || event.message.type !== 'job_result') return effects;
      const { message } = event;
      const ended = [...state.endedJobs.values()].find(({ jobId }) => jobId === message.job_id);
      const isDropped = effects.some(
        (effect) => effect.kind === 'count' && effect.name === 'results_dropped_total',
      );
      if (ended === undefined || !isDropped || !message.success) return effects;
      const times = { createdWallMs: 0, endedWallMs: now.wallMs, queuedMs: 0, attempts: 1 };
      const node = [...state.registry.nodes.values()][0];
      const request = requests.get(ended.jobId);
      if (node === undefined || request === undefined) return effects;
      return [
        ...effects,
        {
          kind: 'tellSession',
          sessionId: request.sessionId as SessionState['sessionId'],
          event: {
            kind: 'jobEnded',
            jobId: ended.jobId,
            outcome: { kind: 'result', result: message, nodeId: node.nodeId, times },
          },
        },
      ];
    },
  };
};

/** Takes the audio of one speaker's job for the next speaker's. */
const mixAudio: Sabotage = (domain) => {
  let last: { readonly sessionId: string; readonly audio: readonly unknown[] } | null = null;
  return {
    ...domain,
    stepSession: (state, event, now) =>
      domain.stepSession(state, event, now).map((effect): SessionEffect => {
        if (effect.kind !== 'submitJob') return effect;
        const { request } = effect;
        const other = last;
        last = { sessionId: request.sessionId, audio: request.audio };
        if (other === null || other.sessionId === request.sessionId) return effect;
        return { ...effect, request: { ...request, audio: other.audio as typeof request.audio } };
      }),
  };
};

/**
 * Ways to break the main decisions, one each, at the seam between core and runtime: production code has no hooks for them. A
 * test proves that every one is caught within its seeds [SIM7].
 */
export const MUTANTS: Readonly<Record<string, Sabotage>> = {
  /** I1 */
  lostOutcome: sessionEffects((effects, roll) =>
    effects.filter((one) => !isSentOutcome(one) || roll() > 0.02),
  ),
  lostCut: sessionEffects((effects, roll) =>
    effects.filter((one) => one.kind !== 'submitJob' || roll() > 0.02),
  ),
  lostEnding: dispatcherEffects((effects, _state, roll) =>
    effects.filter((one) => one.kind !== 'tellSession' || one.event.kind !== 'jobEnded' || roll() > 0.02),
  ),
  twiceDelivered: sessionEffects((effects, roll) =>
    effects.flatMap((one) => (isSentOutcome(one) && roll() < 0.05 ? [one, one] : [one])),
  ),
  /** I2 */
  orderOff: swapOutcomes,
  holdOff: sessionEffects((effects) =>
    effects.filter((one) => one.kind !== 'setTimer' || one.key !== 'hold'),
  ),
  hasteOff: sessionEffects((effects) => effects.filter((one) => one.kind !== 'hastenJob')),
  /** R2 */
  hedgeOff: dispatcherEvents((event) =>
    event.kind === 'jobHastened' ? { kind: 'timerFired', key: 'nothing' } : event,
  ),
  /** Nobody misses a sign of life. */
  progressOff: dispatcherEffects((effects) =>
    effects.filter((one) => one.kind !== 'setTimer' || !one.key.startsWith('progress:')),
  ),
  rejectionsOff: dispatcherEvents((event) =>
    event.kind === 'nodeMessage' && event.message.type === 'job_reject'
      ? { kind: 'timerFired', key: 'nothing' }
      : event,
  ),
  /** I3 */
  capacityOff: dispatcherEvents((event) =>
    event.kind === 'nodeMessage' && event.message.type === 'node_register'
      ? { ...event, message: { ...event.message, max_concurrent_jobs: 50 } }
      : event,
  ),
  zombiesOff: dispatchSettings({ zombieMaxMs: 1, hangZombieMs: 1, takeoverGraceMs: 1 }),
  /** A slot stays taken after its attempt has been answered. */
  slotLeak: dispatcherEffects((effects, state, roll) => {
    const isOver = effects.some(({ kind }) => kind === 'tellSession') && roll() < 0.1;
    const node = isOver
      ? [...state.registry.nodes.values()].find(({ slots }) => slots.size === 0)
      : undefined;
    const ended = [...state.endedJobs.values()].at(-1);
    if (node === undefined || ended === undefined) return effects;
    const key = `${ended.jobId}/1` as const;
    node.slots.set(key, {
      key,
      jobId: ended.jobId,
      attemptId: 1,
      audioMs: 0,
      sentAtMs: null,
      isRead: false,
      zombieUntilAtMs: null,
    });
    return effects;
  }),
  /** I4: any node's answer counts for any attempt. */
  fencingOff: dispatcherEvents((event, state) => {
    if (event.kind !== 'nodeMessage' || event.message.type !== 'job_result') return event;
    const { message } = event;
    for (const job of state.jobs.values()) {
      const live = job.attempts.find(
        ({ phase, wireJobId }) => phase !== 'ended' && wireJobId === message.job_id,
      );
      const node = live === undefined ? undefined : state.registry.nodes.get(live.nodeId);
      if (live === undefined || node?.connectionId == null) continue;
      const { connectionId, nodeId } = node;
      return { ...event, connectionId, message: { ...message, node_id: nodeId, attempt_id: live.attemptId } };
    }
    return event;
  }),
  /** CAP6: nobody looks whether the node has heard the end. */
  endUnheard: dispatcherEffects((effects, state) => {
    for (const { attempts } of state.jobs.values()) {
      for (const { feed } of attempts) if (feed !== null) feed.isEnded = true;
    }
    return effects;
  }),
  lateResultsShown: showLateResults,
  /** I5 */
  audioMixed: mixAudio,
  /** What is being spoken reaches the node twice. */
  audioRepeated: dispatcherEffects((effects) =>
    effects.map((one) =>
      one.kind === 'sendNode' && one.message.type === 'audio_append'
        ? { ...one, message: { ...one.message, audio: [...one.message.audio, ...one.message.audio] } }
        : one,
    ),
  ),
  audioUncounted: sessionEffects((effects, roll) =>
    effects.filter((one) => one.kind !== 'count' || one.name !== 'audio_discarded_ms_total' || roll() > 0.1),
  ),
  /** A client is told to forget all that has arrived. */
  coveredTooEarly: sessionEffects((effects) =>
    effects.map((one) =>
      one.kind === 'sendClient' && one.message.type === 'audio_ack'
        ? { ...one, message: { ...one.message, covered_ms: one.message.received_ms } }
        : one,
    ),
  ),
  /** What came while a client was away is not sent to it. */
  heldForgotten: onReturn((effects) => effects.filter((one) => !isSentOutcome(one))),
  /** What it has is sent to it once more. */
  seenAgain: (domain) => ({
    ...domain,
    stepSession: (state, event, now) =>
      domain.stepSession(
        state,
        event.kind === 'resumed'
          ? { ...event, lastDeliverySeq: Math.max(0, event.lastDeliverySeq - 1) }
          : event,
        now,
      ),
  }),
  /** Nobody waits for a client that is away, and nobody notices. */
  awayForEver: sessionEffects((effects) =>
    effects.filter((one) => one.kind !== 'setTimer' || one.key !== 'away'),
  ),
  /** I6: deadlines, failover and zombies never come due. */
  dispatcherTimersOff: dispatcherEffects((effects) => effects.filter(({ kind }) => kind !== 'setTimer')),
  /** The store is not told that a job is over. */
  leaseKept: dispatcherEffects((effects, _state, roll) =>
    effects.filter((one) => one.kind !== 'store' || one.request.verb !== 'releaseJob' || roll() > 0.05),
  ),
  neverEnds: sessionEffects((effects) => effects.filter(({ kind }) => kind !== 'ended')),
  /** I7 */
  waitingUnbounded: dispatchSettings({ waitingJobsMax: 1000 }),
  /** I8: whatever node a message names, it is taken to come from there. */
  identityOff: dispatcherEvents((event, state) => {
    if (event.kind !== 'nodeMessage' || !('node_id' in event.message)) return event;
    const { node_id } = event.message;
    const named = [...state.registry.nodes.values()].find(({ nodeId }) => nodeId === node_id);
    return named?.connectionId == null || event.message.type === 'node_register'
      ? event
      : { ...event, connectionId: named.connectionId };
  }),
  /** NOD40: a drain does not outlive the node's next word. */
  drainForgotten: dispatcherEffects((effects, state) => {
    for (const node of state.registry.nodes.values()) if (node.drain?.by === 'admin') node.drain = null;
    return effects;
  }),
  /** SIM9 */
  ackLate: (domain) => ({
    ...domain,
    stepSession: (state, event, now) => {
      const effects = domain.stepSession(state, event, now);
      const isAck = (one: SessionEffect): boolean =>
        one.kind === 'sendClient' && one.message.type === 'session_init_ack';
      return event.kind === 'opened' ? effects.filter((one) => !isAck(one)) : effects;
    },
  }),
  /** SES61: what was settled is taken back. */
  settledChanges: sessionEffects((effects, roll) =>
    effects.map((one) =>
      one.kind === 'sendClient' && one.message.type === 'asr_partial' && roll() < 0.5
        ? { ...one, message: { ...one.message, settled: '', tentative: one.message.text } }
        : one,
    ),
  ),
  sameNodeAgain: dispatcherEffects((effects) =>
    effects.map((one) =>
      one.kind === 'sendNode' && one.message.type === 'job_assign'
        ? { ...one, message: { ...one.message, job_id: one.message.job_id.split('~', 1)[0] ?? '' } }
        : one,
    ),
  ),
  /** SIM13 */
  throwsNowAndThen: (domain, random) => ({
    ...domain,
    stepSession: (state, event, now) => {
      if (random.happens(0.001)) throw new Error('sabotaged');
      return domain.stepSession(state, event, now);
    },
  }),
};
