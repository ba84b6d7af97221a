import { jobRecordOf } from '#core/jobs/job-history.ts';
import { isUnservedFormat } from '#core/nodes/formats.ts';
import { namesPcm } from '#core/session/format-wish.ts';
import type { SessionState } from '#core/session/session.ts';
import { asJobId, asSessionId } from '#protocol/ids.ts';
import type { Runtime, RuntimePorts, RuntimeSettings } from './contract.ts';
import { DispatcherDesk } from './dispatcher-desk.ts';
import { coreDomain, type Domain } from './domain.ts';
import { Drain } from './drain.ts';
import { EffectPerformer } from './effects.ts';
import { NodeLinks } from './node-links.ts';
import { SessionDesk } from './session-desk.ts';
import { StoreDesk } from './store-desk.ts';
import { TurnLoop } from './turn-loop.ts';

/**
 * One process's sessions and dispatcher over the given ports. Nothing runs before `start`.
 *
 * `domain` is the core; tests and the simulator may give another.
 */
export const createRuntime = (
  ports: RuntimePorts,
  settings: RuntimeSettings,
  domain: Domain = coreDomain,
): Runtime => {
  const { clock, log, meter, store } = ports;
  const nodes = new NodeLinks();
  const loop = new TurnLoop(ports, settings.turnBudget, () => drain.check());
  const afterMs = (delayMs: number, ring: () => void): { cancel(): void } =>
    loop.timerAt(clock.now().atMs + delayMs, ring);
  const storeDesk = new StoreDesk({
    store,
    meter,
    deadlineMs: settings.storeDeadlineMs,
    nowMs: () => clock.now().atMs,
    timerAt: (atMs, ring) => loop.timerAt(atMs, ring),
    // Only a drain waits for it.
    settled: () => {
      if (drain.isUnderWay) loop.askTurn();
    },
  });
  const performer = new EffectPerformer({
    meter,
    log,
    storeDesk,
    nodes,
    sessions: () => sessions.actors,
    tellDispatcher: (event, eventClass) => dispatcher.tell(event, eventClass),
    endTurn: () => loop.host.endTurn(),
    sessionOver: (seat) => sessions.over(seat),
  });
  const sessions = new SessionDesk({
    ports,
    settings,
    domain,
    loop,
    performer,
    cancelJobs: (seat) => dispatcher.cancelJobs(seat),
  });
  const dispatcher = new DispatcherDesk({
    ports,
    settings,
    domain,
    loop,
    performer,
    nodes,
    sessions: () => sessions.actors,
  });
  const drain = new Drain({ sessions, dispatcher, storeDesk, graceMs: settings.storeDeadlineMs, afterMs });

  function* sessionStates(): Generator<SessionState, undefined, undefined> {
    for (const actor of sessions.actors.actors()) yield actor.state.session;
  }

  return {
    ports,
    settings,
    start: () => {
      loop.start();
      dispatcher.start();
    },
    servesFormatOf: (init) =>
      !namesPcm(init) || !isUnservedFormat(dispatcher.state.registry.nodes.values(), 'pcm16'),
    openSession: (open, link) => (drain.isUnderWay ? 'draining' : sessions.open(open, link)),
    tellClientMessage: (sessionId, message, arrivedAtMs) =>
      sessions.tellMessage(sessionId, message, arrivedAtMs),
    resumeSession: (ask, linkFor) => (drain.isUnderWay ? 'draining' : sessions.returns.resume(ask, linkFor)),
    noteReading: (sessionId, isRead) => sessions.tellCertain(sessionId, { kind: 'reading', isRead }),
    loseSocket: (sessionId, connectionId) =>
      sessions.tellCertain(sessionId, { kind: 'socketLost', connectionId }),
    attachNode: (connectionId, principal, link) => {
      if (drain.isUnderWay) return 'draining';
      dispatcher.attachNode(connectionId, principal, link);
      return 'attached';
    },
    tellNodeMessage: (connectionId, message) => dispatcher.tellNodeMessage(connectionId, message),
    detachNode: (connectionId) => dispatcher.detachNode(connectionId),
    drainNode: (nodeId, wish) => dispatcher.askNode({ kind: 'nodeDrainAsked', nodeId, ...wish }),
    undrainNode: (nodeId) => dispatcher.askNode({ kind: 'nodeUndrainAsked', nodeId }),
    noteStall: (durationMs) => {
      dispatcher.tell({ kind: 'stalled', durationMs }, 'certain');
    },
    timerAt: (atMs, ring) => loop.timerAt(atMs, ring),
    view: {
      get dispatcher() {
        return dispatcher.state;
      },
      sessions: sessionStates,
      session: (sessionId) => sessions.actors.find(asSessionId(sessionId))?.state.session ?? null,
      job: (jobId) => jobRecordOf(dispatcher.state, asJobId(jobId)),
      get sessionCount() {
        return sessions.actors.count;
      },
      get audioBytes() {
        return sessions.audioBytes;
      },
      get resultSpeechBytes() {
        return sessions.resultSpeechBytes;
      },
      get mailboxHighWater() {
        return { session: sessions.actors.highWater, dispatcher: dispatcher.highWater };
      },
      get isDraining() {
        return drain.isUnderWay;
      },
      get hasDispatcher() {
        return dispatcher.isRunning;
      },
    },
    drain: (deadlineMs) => drain.begin(deadlineMs),
    stop: () => {
      loop.stop();
      drain.end();
    },
  };
};
