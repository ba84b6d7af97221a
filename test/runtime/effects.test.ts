import { describe, expect, it } from 'vitest';
import type { JobOutcome } from '#core/jobs/job-outcome.ts';
import type { Store, StoreOutcome } from '#core/ports.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { asJobId, asNodeId, asSessionId } from '#protocol/ids.ts';
import { chunk, connection, heartbeat, JOB, jobRequest, type Script, startedStage } from './runtime-stage.ts';

/** On a heartbeat the session does that; everything else it takes in silence. */
const onHeartbeat =
  (...effects: readonly SessionEffect[]) =>
  (event: SessionEvent): readonly SessionEffect[] =>
    event.kind === 'clientMessage' && event.message.type === 'client_heartbeat' ? effects : [];

const submit: SessionEffect = { kind: 'submitJob', request: jobRequest('s-1') };
const times = { createdWallMs: 0, endedWallMs: 1, queuedMs: 0, attempts: 1 };
const silence: JobOutcome = { kind: 'silence', times };

const act = (script: Script, ...args: readonly never[]) => {
  const stage = startedStage(script, ...args);
  const link = stage.openSession('s-1');
  stage.driver.runUntilIdle();
  stage.events.length = 0;
  stage.runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
  return { ...stage, link };
};

describe('effects of a session', () => {
  it('[RUN11] are performed in their order, and what they tell others is handled after the step', () => {
    const { driver, events, link } = act({
      onSession: onHeartbeat(
        { kind: 'sendClient', message: { type: 'session_close_ack', session_id: 's-1' } },
        submit,
        { kind: 'hastenJob', jobId: JOB },
        { kind: 'cancelJob', jobId: JOB, reason: 'order_timeout' },
        { kind: 'closeClient', code: 1012, reason: '{"code":"DRAINING"}' },
        { kind: 'ended', reason: 'drained' },
      ),
    });
    driver.runUntilIdle();
    expect(link.said).toEqual(['send session_close_ack', 'close 1012 DRAINING', 'ended']);
    expect(events).toEqual([
      's-1 clientMessage',
      'dispatcher jobSubmitted',
      'dispatcher jobHastened',
      'dispatcher jobCancelled',
    ]);
  });

  it('[RUN11] counts, observations and log lines reach their ports as they are', () => {
    const { counts, driver, logs } = act({
      onSession: onHeartbeat(
        { kind: 'count', name: 'empty_finals_total' },
        { kind: 'count', name: 'utterances_cut_total', by: 3, labels: { reason: 'pause' } },
        { kind: 'observe', name: 'result_hold_ms', value: 17 },
        { kind: 'log', level: 'warn', event: 'something', fields: { index: 1 } },
      ),
    });
    driver.runUntilIdle();
    expect(Object.fromEntries(counts)).toEqual({
      empty_finals_total: 1,
      'utterances_cut_total{pause}': 3,
      result_hold_ms: 17,
    });
    expect(logs).toEqual([{ level: 'warn', event: 'something', fields: { index: 1 } }]);
  });

  it('[RUN11] timers come back as events at their time, and end with the session', () => {
    const { driver, events, clock } = act({
      onSession: (event) => {
        if (event.kind === 'timerFired') return [{ kind: 'ended', reason: 'closed' }];
        return onHeartbeat(
          { kind: 'setTimer', key: 'a', atMs: 300 },
          { kind: 'setTimer', key: 'b', atMs: 100 },
          { kind: 'clearTimer', key: 'b' },
          { kind: 'setTimer', key: 'c', atMs: 400 },
        )(event);
      },
    });
    driver.advanceTo(299);
    expect(events).toEqual(['s-1 clientMessage']);
    driver.advanceTo(1000);
    expect(events).toEqual(['s-1 clientMessage', 's-1 timerFired']);
    expect(clock.atMs).toBe(1000);
  });

  it('[RUN11] a session that says it ended is gone, its open jobs are cancelled, its socket is free for another', () => {
    const { dispatcherEvents, driver, link, runtime } = act({
      onSession: onHeartbeat(submit, { kind: 'ended', reason: 'closed' }),
    });
    driver.runUntilIdle();
    expect(runtime.view.sessionCount).toBe(0);
    expect(runtime.tellClientMessage(asSessionId('s-1'), heartbeat)).toBe('gone');
    expect(dispatcherEvents.at(-1)).toEqual({ kind: 'jobCancelled', jobId: JOB, reason: 'cancelled' });
    expect(link.said).toEqual(['ended']);
    runtime.loseSocket(asSessionId('s-1'), connection('conn-s-1'));
    driver.runUntilIdle();
    expect(link.said).toEqual(['ended']);
  });
});

describe('between session and dispatcher', () => {
  it('[RUN12] a job that the dispatcher has no room for ends as missing(no_capacity) at once', () => {
    const { counts, dispatcherEvents, driver, sessionEvents } = act({
      onSession: onHeartbeat(
        ...['1', '2', '3', '4', '5'].map(
          (name): SessionEffect => ({ kind: 'submitJob', request: jobRequest('s-1', asJobId(name)) }),
        ),
      ),
    });
    driver.runUntilIdle();
    expect(
      dispatcherEvents.map((event) => (event.kind === 'jobSubmitted' ? event.request.jobId : null)),
    ).toEqual(['1', '2', '3', '4']);
    expect(sessionEvents.at(-1)).toMatchObject({
      kind: 'jobEnded',
      jobId: '5',
      outcome: { kind: 'missing', reason: 'no_capacity', wasSent: false },
    });
    expect(counts.size).toBe(0);
  });

  it('[RUN12] cancels, hastening and endings fit into full mailboxes', () => {
    const jobs = Array.from({ length: 50 }, (_, place) => asJobId(`${place}`));
    const { dispatcherEvents, driver, sessionEvents } = act({
      onSession: onHeartbeat(
        ...jobs.flatMap((jobId): SessionEffect[] => [
          { kind: 'hastenJob', jobId },
          { kind: 'cancelJob', jobId, reason: 'cancelled' },
        ]),
      ),
      onDispatcher: (event) =>
        event.kind === 'jobCancelled' && event.jobId === '49'
          ? jobs.map((jobId) => ({
              kind: 'tellSession',
              sessionId: asSessionId('s-1'),
              event: { kind: 'jobEnded', jobId, outcome: silence },
            }))
          : [],
    });
    driver.runUntilIdle();
    expect(dispatcherEvents.length).toBe(100);
    expect(sessionEvents.filter(({ kind }) => kind === 'jobEnded').length).toBe(50);
  });

  it('[RUN12] partial texts above the bound are shed and counted, a session that is gone is told nothing', () => {
    const partial = (sessionId: string) =>
      ({
        kind: 'tellSession',
        sessionId: asSessionId(sessionId),
        event: {
          kind: 'jobPartial',
          jobId: JOB,
          attemptId: 1,
          revision: null,
          text: 'text',
          settled: '',
          tentative: 'text',
          isFinal: false,
        },
      }) as const;
    const { counts, driver, sessionEvents } = act({
      onSession: onHeartbeat(submit),
      onDispatcher: (event) =>
        event.kind === 'jobSubmitted'
          ? [partial('gone'), ...Array.from({ length: 6 }, () => partial('s-1'))]
          : [],
    });
    driver.runUntilIdle();
    expect(sessionEvents.filter(({ kind }) => kind === 'jobPartial').length).toBe(4);
    expect(counts.get('messages_ignored_total{asr_partial}')).toBe(2);
  });

  it('[RUN13] an offer is answered by what the link did with it, and refused when there is no link', () => {
    const { attachNode, dispatcherEvents, driver, runtime, script } = startedStage();
    const open = attachNode('open');
    const full = attachNode('full');
    full.hasRoom = false;
    driver.runUntilIdle();
    const cancel = { type: 'job_cancel', job_id: 'job-1', trace_id: 't', reason: 'r' } as const;
    script.onDispatcher = (event) =>
      event.kind === 'nodeMessage'
        ? (['open', 'full', 'nobody'] as const).flatMap((name, place) => [
            { kind: 'sendNode', connectionId: connection(name), message: cancel },
            {
              kind: 'sendNode',
              connectionId: connection(name),
              message: cancel,
              offer: { jobId: JOB, attemptId: place + 1 },
            },
          ])
        : [];
    runtime.tellNodeMessage(connection('open'), {
      type: 'node_error',
      node_id: asNodeId('n'),
      code: 'X',
      message: '',
    });
    driver.runUntilIdle();
    expect(dispatcherEvents.filter(({ kind }) => kind === 'offerAnswered')).toEqual([
      { kind: 'offerAnswered', jobId: JOB, attemptId: 1, answer: 'accepted' },
      { kind: 'offerAnswered', jobId: JOB, attemptId: 2, answer: 'refused' },
      { kind: 'offerAnswered', jobId: JOB, attemptId: 3, answer: 'refused' },
    ]);
    expect(open.said).toEqual(['send job_cancel', 'send job_cancel']);
  });

  it.each([
    ['a job that its node got ends the turn: its answer is taken in the next', true, 2],
    ['one that it did not get does not', false, 1],
  ])('[RUN24] [RUN3] %s', (_what, hasRoom, turns) => {
    const { attachNode, dispatcherEvents, driver, runtime, script } = startedStage();
    const link = attachNode('n');
    link.hasRoom = hasRoom;
    driver.runUntilIdle();
    const message = { type: 'job_cancel', job_id: 'job-1', trace_id: 't', reason: 'r' } as const;
    const offer = { jobId: JOB, attemptId: 1 };
    script.onDispatcher = (event) =>
      event.kind === 'nodeMessage'
        ? [{ kind: 'sendNode', connectionId: connection('n'), message, offer }]
        : [];
    runtime.tellNodeMessage(connection('n'), {
      type: 'node_error',
      node_id: asNodeId('n'),
      code: 'X',
      message: '',
    });
    expect(driver.runUntilIdle()).toBe(turns);
    expect(dispatcherEvents.at(-1)?.kind).toBe('offerAnswered');
  });

  it('[RUN13] closing a node reaches its link; the dispatcher hears of the end from the socket, once', () => {
    const { attachNode, driver, events, runtime, script } = startedStage();
    const link = attachNode('n');
    script.onDispatcher = (event) =>
      event.kind === 'nodeConnected'
        ? [
            {
              kind: 'closeNode',
              connectionId: connection('n'),
              code: 4012,
              reason: '{"code":"NODE_REFUSED"}',
            },
            {
              kind: 'closeNode',
              connectionId: connection('x'),
              code: 4012,
              reason: '{"code":"NODE_REFUSED"}',
            },
          ]
        : [];
    driver.runUntilIdle();
    expect(link.said).toEqual(['close 4012 NODE_REFUSED']);
    runtime.detachNode(connection('n'));
    runtime.detachNode(connection('n'));
    driver.runUntilIdle();
    expect(events).toEqual(['dispatcher nodeConnected', 'dispatcher nodeSocketClosed']);
  });
});

describe('the store', () => {
  const releaseJob = { verb: 'releaseJob', jobId: JOB, owner: 'inst-test' } as never;
  const storing: Script = { onSession: onHeartbeat({ kind: 'store', request: releaseJob }) };

  /** A store that answers when and what the test says. */
  const handStore = () => {
    const open: { resolve(outcome: StoreOutcome): void; reject(error: Error): void }[] = [];
    const store = {
      perform: () => new Promise<StoreOutcome>((resolve, reject) => open.push({ resolve, reject })),
    } as unknown as Store;
    return { open, store };
  };

  const storeStage = (store?: Store) => {
    const stage = startedStage(storing, store === undefined ? {} : { store });
    stage.openSession('s-1');
    stage.runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    return stage;
  };
  const settledIn = (events: readonly SessionEvent[]) => events.filter(({ kind }) => kind === 'storeSettled');

  it('[RUN14] a verb settles as an event in the same mailbox, never within the turn that asked', async () => {
    const { counts, driver, events, sessionEvents } = storeStage();
    driver.runUntilIdle();
    expect(events).not.toContain('s-1 storeSettled');
    await driver.settle();
    expect(settledIn(sessionEvents)).toEqual([
      { kind: 'storeSettled', request: releaseJob, outcome: 'absent' },
    ]);
    expect(counts.size).toBe(0);
  });

  it('[RUN14] an answer past the deadline counts no more: the verb was refused, once, and is counted', async () => {
    const { open, store } = handStore();
    const { counts, driver, sessionEvents } = storeStage(store);
    await driver.settleTo(499);
    expect(settledIn(sessionEvents)).toEqual([]);
    await driver.settleTo(500);
    open[0]?.resolve('done');
    await driver.settleTo(2000);
    expect(settledIn(sessionEvents)).toEqual([
      { kind: 'storeSettled', request: releaseJob, outcome: 'refused' },
    ]);
    expect(counts.get('store_failures_total{releaseJob}')).toBe(1);
  });

  it('[RUN14] an answer in time settles once, and its deadline is over', async () => {
    const { open, store } = handStore();
    const { counts, driver, sessionEvents } = storeStage(store);
    await driver.settle();
    expect(driver.nextAlarmAtMs).toBe(500);
    open[0]?.resolve('taken');
    await driver.settle();
    const told = [{ kind: 'storeSettled', request: releaseJob, outcome: 'taken' }];
    expect(settledIn(sessionEvents)).toEqual(told);
    await driver.settleTo(5000);
    expect(driver.nextAlarmAtMs, 'no timer is left').toBe(Number.POSITIVE_INFINITY);
    expect(settledIn(sessionEvents)).toEqual(told);
    expect(counts.size).toBe(0);
  });

  it('[RUN14] what was done is told to nobody and asks for no turn', async () => {
    const { open, store } = handStore();
    const { counts, driver, sessionEvents } = storeStage(store);
    await driver.settle();
    open[0]?.resolve('done');
    await driver.settleTo(5000);
    expect(settledIn(sessionEvents)).toEqual([]);
    expect(counts.size).toBe(0);
  });

  it('[RUN14] each verb has its own deadline, also of several that are open', async () => {
    const { open, store } = handStore();
    const stage = storeStage(store);
    await stage.driver.settleTo(300);
    stage.runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    await stage.driver.settleTo(500);
    expect(settledIn(stage.sessionEvents)).toHaveLength(1);
    await stage.driver.settleTo(799);
    expect(open).toHaveLength(2);
    expect(settledIn(stage.sessionEvents)).toHaveLength(1);
    await stage.driver.settleTo(800);
    expect(settledIn(stage.sessionEvents)).toHaveLength(2);
    expect(stage.counts.get('store_failures_total{releaseJob}')).toBe(2);
  });

  it.each([
    ['refuses', { perform: async () => 'refused' }],
    ['rejects', { perform: () => Promise.reject(new Error('gone')) }],
    [
      'throws',
      {
        perform: () => {
          throw new Error('gone');
        },
      },
    ],
  ])('[RUN14] a store that %s is counted and harms no session', async (_how, store) => {
    const { counts, driver, runtime, sessionEvents } = storeStage(store as unknown as Store);
    await driver.settle();
    expect(settledIn(sessionEvents)).toEqual([
      { kind: 'storeSettled', request: releaseJob, outcome: 'refused' },
    ]);
    expect(counts.get('store_failures_total{releaseJob}')).toBe(1);
    expect(runtime.view.sessionCount).toBe(1);
  });

  it('[RUN14] an answer for a session that is gone meanwhile is dropped', async () => {
    const { open, store } = handStore();
    const { driver, events, runtime, script } = storeStage(store);
    await driver.settle();
    script.onSession = () => [{ kind: 'ended', reason: 'socket_lost' }];
    runtime.loseSocket(asSessionId('s-1'), connection('conn-s-1'));
    await driver.settle();
    open[0]?.resolve('done');
    await driver.settle();
    expect(events).not.toContain('s-1 storeSettled');
  });
});

describe('what sockets say', () => {
  it('[RUN15] [I5] audio at the bound is shed and its duration counted; finals and control are not shed', () => {
    const { counts, openSession, runtime } = startedStage();
    openSession('s-1');
    const tell = (message: ReturnType<typeof chunk>) =>
      runtime.tellClientMessage(asSessionId('s-1'), message);
    expect([1, 2, 3, 4].map(() => tell(chunk(false)))).toEqual(['queued', 'queued', 'queued', 'queued']);
    expect([tell(chunk(false, 30)), tell(chunk(false, 12.5))]).toEqual(['shed', 'shed']);
    expect(counts.get('audio_discarded_ms_total{shed}')).toBe(42.5);
    expect([tell(chunk(true)), tell(heartbeat), tell(heartbeat), tell(heartbeat)]).toEqual([
      'queued',
      'queued',
      'queued',
      'queued',
    ]);
    expect([tell(chunk(true)), tell(heartbeat)]).toEqual(['full', 'full']);
  });

  it('[RUN44] above a quarter of its mailbox further frames of a client are left in the network', () => {
    const { openSession, runtime } = startedStage({}, { settings: { mailboxMax: 8 } });
    const link = openSession('s-1');
    const tell = () => runtime.tellClientMessage(asSessionId('s-1'), chunk(false));
    expect([tell(), link.restCount]).toEqual(['queued', 0]);
    expect([tell(), link.restCount]).toEqual(['queued', 1]);
    expect([tell(), link.restCount]).toEqual(['queued', 2]);
    expect(link.said).toEqual([]);
  });

  it('[RUN15] [W8] a session that is behind takes again once it has caught up', () => {
    const { driver, openSession, runtime } = startedStage();
    openSession('s-1');
    for (let count = 0; count < 5; count += 1) runtime.tellClientMessage(asSessionId('s-1'), chunk(false));
    driver.runUntilIdle();
    expect(runtime.tellClientMessage(asSessionId('s-1'), chunk(false))).toBe('queued');
  });

  it('[RUN16] a node that floods is refused at the bound, and no other node is for it', () => {
    const { attachNode, driver, events, runtime } = startedStage();
    attachNode('loud');
    attachNode('quiet');
    driver.runUntilIdle();
    const tell = (name: string) =>
      runtime.tellNodeMessage(connection(name), {
        type: 'node_error',
        node_id: asNodeId(name),
        code: 'X',
        message: '',
      });
    expect([1, 2, 3, 4, 5].map(() => tell('loud'))).toEqual(['queued', 'queued', 'queued', 'queued', 'full']);
    expect([1, 2, 3].map(() => tell('quiet'))).toEqual(['queued', 'queued', 'full']);
    expect(tell('unknown')).toBe('gone');
    driver.runUntilIdle();
    expect(events.filter((event) => event === 'dispatcher nodeMessage').length).toBe(6);
    for (let count = 0; count < 4; count += 1) expect(tell('loud')).toBe('queued');
    expect(tell('quiet')).toBe('queued');
  });

  it('[RUN16] a node that goes takes up no share any more', () => {
    const { attachNode, driver, runtime } = startedStage();
    attachNode('loud');
    attachNode('quiet');
    driver.runUntilIdle();
    const partial = {
      type: 'asr_partial',
      node_id: 'loud',
      session_id: 's',
      utterance_index: 0,
      job_id: 'j',
      text: '',
      is_final: false,
      trace_id: 't',
    } as const;
    const told = [1, 2, 3, 4, 5].map(() => runtime.tellNodeMessage(connection('loud'), partial));
    expect(told).toEqual(['queued', 'queued', 'queued', 'queued', 'shed']);
    runtime.detachNode(connection('loud'));
    expect(runtime.tellNodeMessage(connection('loud'), partial)).toBe('gone');
    driver.runUntilIdle();
    expect(runtime.tellNodeMessage(connection('quiet'), { ...partial, node_id: 'quiet' })).toBe('queued');
  });
});
