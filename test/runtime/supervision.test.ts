import { describe, expect, it } from 'vitest';
import type { DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { asJobId, asNodeId, asSessionId, type JobId } from '#protocol/ids.ts';
import { errorChain } from '#runtime/error-chain.ts';
import { RestartPause } from '#runtime/restart-pause.ts';
import {
  connection,
  heartbeat,
  jobRequest,
  opening,
  RecordedLink,
  type RuntimeStage,
  type Script,
  startedStage,
} from './runtime-stage.ts';

const nodeMessage = {
  type: 'node_error',
  node_id: asNodeId('n'),
  code: 'TROUBLE',
  message: 'somebody said this',
} as const;

/** A session that submits these jobs as it opens. */
const submitting =
  (jobs: Readonly<Record<string, readonly string[]>>) =>
  (event: SessionEvent, sessionId: string): readonly SessionEffect[] =>
    event.kind === 'opened'
      ? (jobs[sessionId] ?? []).map((name) => ({
          kind: 'submitJob',
          request: jobRequest(sessionId, asJobId(name)),
        }))
      : [];

const submittedIn = (events: readonly DispatcherEvent[]): JobId[] =>
  events.flatMap((event) => (event.kind === 'jobSubmitted' ? [event.request.jobId] : []));

describe('a session that throws', () => {
  const failing = (script: Script = {}): RuntimeStage & { link: RecordedLink; other: RecordedLink } => {
    const stage = startedStage({
      onSession: (event, sessionId) => {
        if (event.kind === 'clientMessage' && sessionId === 's-1') {
          throw new Error('impossible state', { cause: new TypeError('deeper') });
        }
        return submitting({ 's-1': ['a', 'b'] })(event, sessionId);
      },
      ...script,
    });
    const link = stage.openSession('s-1');
    const other = stage.openSession('s-2');
    stage.driver.runUntilIdle();
    return { ...stage, link, other };
  };

  it('[RUN17] dies alone: its socket closes with 1011, the others go on', () => {
    const { driver, events, link, other, runtime } = failing();
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    runtime.tellClientMessage(asSessionId('s-2'), heartbeat);
    driver.runUntilIdle();
    expect(link.said).toEqual(['close 1011 INTERNAL_ERROR', 'ended']);
    expect(other.said).toEqual([]);
    expect(events.at(-1)).toBe('dispatcher jobCancelled');
    expect(events.filter((event) => event === 's-2 clientMessage').length).toBe(1);
    expect([...runtime.view.sessions()].map(({ sessionId }) => sessionId)).toEqual(['s-2']);
    expect(runtime.tellClientMessage(asSessionId('s-1'), heartbeat)).toBe('gone');
  });

  it('[RUN17] its jobs are cancelled, its timers ring no more, and what the dispatcher still tells it is dropped', () => {
    const { dispatcherEvents, driver, events, runtime, script } = failing();
    script.onDispatcher = (event) =>
      event.kind === 'jobCancelled'
        ? [
            {
              kind: 'tellSession',
              sessionId: asSessionId('s-1'),
              event: { kind: 'jobAccepted', jobId: event.jobId },
            },
          ]
        : [];
    const failingStep = script.onSession ?? (() => []);
    script.onSession = () => [{ kind: 'setTimer', key: 'pause', atMs: 100 }];
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    driver.runUntilIdle();
    script.onSession = failingStep;
    expect(driver.nextAlarmAtMs).toBe(100);
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    driver.runUntilIdle();
    expect(driver.nextAlarmAtMs).toBe(Number.POSITIVE_INFINITY);
    driver.advanceTo(1000);
    expect(dispatcherEvents.filter(({ kind }) => kind === 'jobCancelled')).toEqual([
      { kind: 'jobCancelled', jobId: 'a', reason: 'cancelled' },
      { kind: 'jobCancelled', jobId: 'b', reason: 'cancelled' },
    ]);
    expect(events).not.toContain('s-1 timerFired');
    expect(events).not.toContain('s-1 jobAccepted');
  });

  it('[RUN17] [W89] is logged with its chain of causes and counted, without anything it worked on', () => {
    const { counts, driver, logs, runtime } = failing();
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    driver.runUntilIdle();
    expect(logs.map(({ level, event }) => [level, event])).toEqual([['error', 'session failed']]);
    expect(logs[0]?.fields).toMatchObject({
      sessionId: 's-1',
      error: [
        { name: 'Error', message: 'impossible state' },
        { name: 'TypeError', message: 'deeper' },
      ],
    });
    expect(counts.get('sessions_ended_total{failed}')).toBe(1);
    expect(counts.get('actor_failures_total{session}')).toBe(1);
  });

  it('[RUN17] also when it cannot even be made', () => {
    const { counts, runtime, script } = startedStage();
    script.newSession = () => {
      throw new Error('impossible');
    };
    const link = new RecordedLink();
    expect(runtime.openSession(opening('s-1'), link)).toBe('opened');
    expect(link.said).toEqual(['close 1011 INTERNAL_ERROR', 'ended']);
    expect(runtime.view.sessionCount).toBe(0);
    expect(counts.get('sessions_ended_total{failed}')).toBe(1);
    expect(counts.get('actor_failures_total{session}')).toBe(1);
  });

  it('[RUN17] what a parser quotes of its input never reaches the log, nor does a value that is thrown', () => {
    const parsed = (() => {
      try {
        return JSON.parse('secret words');
      } catch (error) {
        return error;
      }
    })();
    const chain = JSON.stringify(errorChain(new Error('reading', { cause: parsed })));
    expect(chain).toContain('SyntaxError');
    expect(chain).not.toContain('secret');
    expect(JSON.stringify(errorChain('secret'))).not.toContain('secret');
  });

  it('[RUN17] a chain of causes that goes round ends', () => {
    const error = new Error('round');
    error.cause = error;
    expect(errorChain(error).length).toBe(8);
  });
});

describe('a dispatcher that throws', () => {
  /** Sessions s-1 and s-2 with jobs, two nodes; the dispatcher throws on a node's message. */
  const scene = (script: Script = {}) => {
    const stage = startedStage({
      onSession: submitting({ 's-1': ['a', 'b'], 's-2': ['c'] }),
      onDispatcher: (event) => {
        if (event.kind === 'nodeMessage') throw new Error('impossible state');
        return [];
      },
      ...script,
    });
    const clients = [stage.openSession('s-1'), stage.openSession('s-2')];
    const nodes = [stage.attachNode('n-1'), stage.attachNode('n-2')];
    stage.driver.runUntilIdle();
    stage.dispatcherEvents.length = 0;
    const fail = (): void => {
      stage.runtime.tellNodeMessage(connection('n-1'), nodeMessage);
      stage.driver.runUntilIdle();
    };
    return { ...stage, clients, nodes, fail };
  };

  it('[RUN18] every node socket closes with 1011 and no session notices', () => {
    const { clients, counts, fail, logs, nodes, runtime } = scene();
    fail();
    expect(counts.get('actor_failures_total{dispatcher}')).toBe(1);
    expect(nodes.map(({ said }) => said)).toEqual([
      ['close 1011 INTERNAL_ERROR'],
      ['close 1011 INTERNAL_ERROR'],
    ]);
    expect(clients.map(({ said }) => said)).toEqual([[], []]);
    expect(runtime.view.sessionCount).toBe(2);
    expect(logs.map(({ event }) => event)).toEqual(['dispatcher failed']);
    expect(JSON.stringify(logs)).not.toContain('somebody said this');
  });

  it('[RUN18] between the failure and its return there is none, then a new one with an empty registry runs', () => {
    const { dispatcherEvents, driver, fail, runtime } = scene();
    const before = runtime.view.dispatcher;
    expect(runtime.view.hasDispatcher).toBe(true);
    fail();
    expect(runtime.view.hasDispatcher).toBe(false);
    expect(runtime.view.dispatcher).not.toBe(before);
    dispatcherEvents.length = 0;
    driver.advanceBy(99);
    expect(dispatcherEvents).toEqual([]);
    driver.advanceBy(1);
    expect(runtime.view.hasDispatcher).toBe(true);
    expect(dispatcherEvents[0]).toEqual({ kind: 'started' });
  });

  it('[RUN18] [JOB90] open jobs are submitted again in their order, as outlived; ended ones are not', () => {
    const times = { createdWallMs: 0, endedWallMs: 0, queuedMs: 0, attempts: 1 };
    const { dispatcherEvents, driver, fail } = scene({
      onDispatcher: (event) => {
        if (event.kind === 'nodeMessage') throw new Error('impossible state');
        if (event.kind !== 'jobSubmitted' || event.request.jobId !== 'a') return [];
        const outcome = { kind: 'silence', times } as const;
        const ended = { kind: 'jobEnded', jobId: asJobId('a'), outcome } as const;
        return [{ kind: 'tellSession', sessionId: asSessionId('s-1'), event: ended }];
      },
    });
    fail();
    dispatcherEvents.length = 0;
    driver.advanceBy(100);
    expect(submittedIn(dispatcherEvents)).toEqual(['b', 'c']);
    expect(
      dispatcherEvents.flatMap((event) => (event.kind === 'jobSubmitted' ? [event.outlived] : [])),
    ).toEqual([1, 1]);
  });

  it('[RUN18] [JOB53] a job that was hastened is hastened as often by the new one', () => {
    const { dispatcherEvents, driver, fail, runtime, script } = scene();
    script.onSession = (event) =>
      event.kind === 'clientMessage' ? [{ kind: 'hastenJob', jobId: asJobId('b') }] : [];
    for (let said = 0; said < 2; said += 1) runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    driver.runUntilIdle();
    fail();
    dispatcherEvents.length = 0;
    driver.advanceBy(100);
    const told = dispatcherEvents.flatMap((event) => {
      if (event.kind === 'jobSubmitted') return [event.request.jobId];
      return event.kind === 'jobHastened' ? [`haste ${event.jobId}`] : [];
    });
    expect(told).toEqual(['a', 'b', 'haste b', 'haste b', 'c']);
  });

  it('[RUN18] what sessions and nodes want meanwhile waits for the new one', () => {
    const { attachNode, dispatcherEvents, driver, fail, openSession, runtime, script } = scene();
    fail();
    dispatcherEvents.length = 0;
    script.onSession = submitting({ 's-3': ['d'] });
    openSession('s-3');
    attachNode('n-3');
    driver.runUntilIdle();
    expect(dispatcherEvents).toEqual([]);
    script.onDispatcher = () => [];
    expect(runtime.tellNodeMessage(connection('n-3'), nodeMessage)).toBe('queued');
    expect(runtime.tellNodeMessage(connection('n-1'), nodeMessage)).toBe('gone');
    driver.advanceBy(100);
    expect(dispatcherEvents.map(({ kind }) => kind)).toEqual([
      'started',
      'jobSubmitted',
      'jobSubmitted',
      'jobSubmitted',
      'nodeConnected',
      'jobSubmitted',
      'nodeMessage',
    ]);
  });

  it('[RUN18] a job that was cancelled already ends as cancelled instead of running again', () => {
    const { dispatcherEvents, driver, fail, runtime, script, sessionEvents } = scene();
    script.onSession = (event) =>
      event.kind === 'clientMessage'
        ? [{ kind: 'cancelJob', jobId: asJobId('a'), reason: 'order_timeout' }]
        : [];
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    driver.runUntilIdle();
    fail();
    dispatcherEvents.length = 0;
    driver.advanceBy(100);
    expect(submittedIn(dispatcherEvents)).toEqual(['b', 'c']);
    expect(sessionEvents.at(-1)).toMatchObject({
      kind: 'jobEnded',
      jobId: 'a',
      outcome: { kind: 'missing', reason: 'order_timeout' },
    });
  });

  it('[RUN18] a session hears only once that its job was dispatched and accepted', () => {
    const { attachNode, driver, fail, script, sessionEvents } = scene();
    const throwing = script.onDispatcher ?? (() => []);
    script.onDispatcher = (event) =>
      event.kind === 'jobHastened' || (event.kind === 'jobSubmitted' && event.request.jobId === 'c')
        ? [
            {
              kind: 'tellSession',
              sessionId: asSessionId('s-2'),
              event: { kind: 'jobDispatched', jobId: asJobId('c'), nodeId: asNodeId('n') },
            },
            {
              kind: 'tellSession',
              sessionId: asSessionId('s-2'),
              event: { kind: 'jobAccepted', jobId: asJobId('c') },
            },
          ]
        : throwing(event);
    fail();
    driver.advanceBy(100);
    attachNode('n-1');
    fail();
    driver.advanceBy(10_000);
    const heard = sessionEvents.map(({ kind }) => kind);
    expect(heard.filter((kind) => kind === 'jobDispatched').length).toBe(1);
    expect(heard.filter((kind) => kind === 'jobAccepted').length).toBe(1);
  });

  it('[RUN18] answers and timers of the old one do not reach the new one', async () => {
    const { dispatcherEvents, driver, fail, script, runtime } = scene();
    const throwing = script.onDispatcher ?? (() => []);
    script.onDispatcher = () => [
      { kind: 'setTimer', key: 'old', atMs: 90_000 },
      { kind: 'store', request: { verb: 'releaseJob', jobId: asJobId('a'), owner: 'o' as never } },
    ];
    runtime.tellNodeMessage(connection('n-2'), nodeMessage);
    driver.runUntilIdle();
    script.onDispatcher = throwing;
    fail();
    dispatcherEvents.length = 0;
    await driver.settleBy(5000);
    expect(driver.nextAlarmAtMs).toBe(Number.POSITIVE_INFINITY);
    await driver.settleBy(100_000);
    expect(dispatcherEvents.map(({ kind }) => kind)).toEqual([
      'started',
      'jobSubmitted',
      'jobSubmitted',
      'jobSubmitted',
    ]);
  });

  it('[RUN19] a job that was open in three failures ends as missing(node_failed) and is tried no more', () => {
    const { dispatcherEvents, driver, sessionEvents } = scene({
      onDispatcher: (event) => {
        if (event.kind === 'jobSubmitted' && event.request.jobId === 'b') throw new Error('poison');
        return [];
      },
    });
    driver.advanceBy(60_000);
    expect(submittedIn(dispatcherEvents).filter((jobId) => jobId === 'b').length).toBeLessThanOrEqual(3);
    const ended = sessionEvents.flatMap((event) => (event.kind === 'jobEnded' ? [event] : []));
    expect(ended.map(({ jobId }) => jobId).sort()).toEqual(['a', 'b', 'c']);
    expect(ended.every(({ outcome }) => outcome.kind === 'missing' && outcome.reason === 'node_failed')).toBe(
      true,
    );
  });

  it('[RUN19] each failure soon after the last makes the pause longer, up to a limit; a good run makes it short', () => {
    const pause = new RestartPause();
    const pauses: number[] = [];
    let nowAtMs = 0;
    for (let count = 0; count < 8; count += 1) {
      const pauseMs = pause.next(nowAtMs);
      pauses.push(pauseMs);
      nowAtMs += pauseMs + 1000;
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(pause.next(nowAtMs + 60_000)).toBe(100);
  });
});
