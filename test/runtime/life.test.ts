import { describe, expect, it } from 'vitest';
import { asJobId, asNodeId, asSessionId } from '#protocol/ids.ts';
import type { Script } from './runtime-stage.ts';
import {
  connection,
  heartbeat,
  opening,
  PRINCIPAL,
  RecordedLink,
  runtimeStage,
  startedStage,
} from './runtime-stage.ts';

const nodeMessage = { type: 'node_error', node_id: asNodeId('n'), code: 'X', message: '' } as const;

describe('start and stop', () => {
  it('[RUN21] before the start nothing runs; what was told by then runs first', () => {
    const { driver, events, openSession, runtime } = runtimeStage();
    openSession('s-1');
    driver.advanceTo(10_000);
    expect(events).toEqual([]);
    expect(runtime.view.hasDispatcher).toBe(false);
    runtime.start();
    driver.runUntilIdle();
    expect([...events].sort()).toEqual(['dispatcher started', 's-1 opened']);
    expect(runtime.view.hasDispatcher).toBe(true);
  });

  it('[RUN21] after the stop nothing runs and nothing rings', () => {
    const { driver, events, openSession, runtime } = startedStage({
      onSession: () => [{ kind: 'setTimer', key: 'a', atMs: 100 }],
    });
    openSession('s-1');
    driver.runUntilIdle();
    let rings = 0;
    runtime.timerAt(50, () => {
      rings += 1;
    });
    events.length = 0;
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    runtime.stop();
    driver.advanceTo(10_000);
    expect(events).toEqual([]);
    expect(rings).toBe(0);
    expect(runtime.openSession(opening('s-2'), new RecordedLink())).toBe('draining');
  });

  it('[RUN22] at the limit of sessions a new one is refused until one ends', () => {
    const { driver, openSession, runtime, script } = startedStage();
    for (const name of ['s-1', 's-2', 's-3']) openSession(name);
    expect(runtime.openSession(opening('s-4'), new RecordedLink())).toBe('full');
    script.onSession = () => [{ kind: 'ended', reason: 'socket_lost' }];
    runtime.loseSocket(asSessionId('s-2'), connection('conn-s-2'));
    driver.runUntilIdle();
    expect(runtime.openSession(opening('s-5'), new RecordedLink())).toBe('opened');
  });
});

describe('timers of the edges', () => {
  it('[RUN23] ring once at their time, and not when cancelled', () => {
    const { clock, driver, runtime } = startedStage();
    const rung: string[] = [];
    runtime.timerAt(70, () => rung.push(`a@${clock.atMs}`));
    runtime.timerAt(30.5, () => rung.push(`b@${clock.atMs}`));
    runtime.timerAt(20, () => rung.push('cancelled')).cancel();
    driver.advanceTo(1000);
    expect(rung).toEqual(['b@30.5', 'a@70']);
  });

  it('[RUN23] one that throws is logged and no other is lost', () => {
    const { driver, logs, runtime } = startedStage();
    const rung: string[] = [];
    runtime.timerAt(10, () => {
      throw new Error('broken edge');
    });
    runtime.timerAt(10, () => rung.push('next'));
    driver.advanceTo(10);
    expect(rung).toEqual(['next']);
    expect(logs.map(({ event }) => event)).toEqual(['a timer failed']);
  });
});

describe('turns', () => {
  it('[RUN3] the platform gets its turn after every budget, timers included', () => {
    const { driver, events, openSession, runtime } = startedStage({}, { settings: { turnBudget: 2 } });
    openSession('s-1');
    for (let count = 0; count < 3; count += 1) runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    expect(driver.runUntilIdle()).toBe(2);
    expect(events.length).toBe(4);
  });

  it('[RUN8] one alarm serves all timers and is set anew only when it must ring earlier', () => {
    const { driver, runtime } = startedStage();
    runtime.timerAt(500, () => {});
    expect(driver.nextAlarmAtMs).toBe(500);
    runtime.timerAt(900, () => {});
    expect(driver.nextAlarmAtMs).toBe(500);
    runtime.timerAt(200, () => {});
    expect(driver.nextAlarmAtMs).toBe(200);
    driver.advanceTo(300);
    expect(driver.nextAlarmAtMs).toBe(500);
    driver.advanceTo(900);
    expect(driver.nextAlarmAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('[RUN10] after a stall of ours, what has arrived is handled before the timers that fell due meanwhile', () => {
    const { clock, driver, events, openSession, runtime } = startedStage({
      onSession: (event) =>
        event.kind === 'opened' || event.kind === 'clientMessage'
          ? [{ kind: 'setTimer', key: 'silent for 100', atMs: clock.atMs + 100 }]
          : [],
    });
    openSession('s-1');
    driver.runUntilIdle();
    // The process stands still; when it goes on, the alarm rings first and the socket is read after it.
    clock.advanceTo(5000);
    events.length = 0;
    driver.ringAlarm();
    runtime.tellClientMessage(asSessionId('s-1'), heartbeat);
    driver.runUntilIdle();
    expect(events).toEqual(['s-1 clientMessage']);
    driver.advanceTo(5100);
    expect(events).toEqual(['s-1 clientMessage', 's-1 timerFired']);
  });
});

describe('drain', () => {
  /** Sessions finish on `drainStarted` when `finishes`, and on a lost socket always. */
  const scene = (finishes: boolean, script: Script = {}) => {
    const stage = startedStage({
      onSession: (event) => {
        if (event.kind === 'socketLost') return [{ kind: 'ended', reason: 'socket_lost' }];
        if (event.kind !== 'drainStarted' || !finishes) return [];
        return [
          { kind: 'closeClient', code: 1012, reason: '{"code":"DRAINING"}' },
          { kind: 'ended', reason: 'drained' },
        ];
      },
      onDispatcher: (event) =>
        event.kind === 'nodeSocketClosed'
          ? [{ kind: 'store', request: { verb: 'releaseJob', jobId: asJobId('lease'), owner: 'o' as never } }]
          : [],
      ...script,
    });
    const client = stage.openSession('s-1');
    const node = stage.attachNode('n-1');
    stage.driver.runUntilIdle();
    const drained = { isDone: false };
    const drain = (deadlineMs: number): void => {
      void stage.runtime.drain(deadlineMs).then(() => {
        drained.isDone = true;
      });
    };
    return { ...stage, client, node, drained, drain };
  };

  it('[RUN20] [W94] nobody new is admitted, sessions finish, then nodes are sent away and their leases given back', async () => {
    const { attachNode, client, drain, drained, driver, events, node, runtime } = scene(true);
    events.length = 0;
    drain(20_000);
    expect(runtime.view.isDraining).toBe(true);
    expect(runtime.openSession(opening('s-2'), new RecordedLink())).toBe('draining');
    expect(runtime.attachNode(connection('n-2'), PRINCIPAL, new RecordedLink())).toBe('draining');
    expect(attachNode('n-3').said).toEqual([]);
    driver.runUntilIdle();
    expect(client.said).toEqual(['close 1012 DRAINING', 'ended']);
    expect(node.said).toEqual(['close 1012 DRAINING']);
    expect(drained.isDone).toBe(false);
    await driver.settle();
    expect(drained.isDone).toBe(true);
    await driver.settleTo(60_000);
    expect(events).toEqual(['s-1 drainStarted', 'dispatcher nodeSocketClosed', 'dispatcher storeSettled']);
    expect(driver.nextAlarmAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('[RUN20] messages still reach a session while it finishes', () => {
    const { drain, driver, events, runtime } = scene(false);
    drain(20_000);
    expect(runtime.tellClientMessage(asSessionId('s-1'), heartbeat)).toBe('queued');
    expect(runtime.tellNodeMessage(connection('n-1'), nodeMessage)).toBe('queued');
    driver.runUntilIdle();
    expect(events.slice(-2)).toEqual(['s-1 clientMessage', 'dispatcher nodeMessage']);
  });

  it('[RUN20] at the deadline the rest are told to end; those that do not lose their sockets', async () => {
    const { client, drain, drained, driver, events, node } = scene(false);
    drain(20_000);
    await driver.settleTo(19_999);
    expect([client.said, node.said, drained.isDone]).toEqual([[], [], false]);
    await driver.settleTo(20_000);
    expect(events.at(-1)).toBe('s-1 drainEnded');
    expect([client.said, node.said]).toEqual([[], []]);
    await driver.settleTo(20_250);
    expect(client.said).toEqual(['close 1012 DRAINING', 'ended']);
    expect(node.said).toEqual(['close 1012 DRAINING']);
    expect(events).toContain('s-1 socketLost');
    expect(drained.isDone).toBe(true);
  });

  it('[RUN20] neither a session that will not end nor a store that hangs holds it up for ever', async () => {
    const store = { perform: () => new Promise(() => {}) } as never;
    const stage = startedStage(
      {
        onSession: () => [
          { kind: 'store', request: { verb: 'releaseJob', jobId: asJobId('a'), owner: 'o' as never } },
        ],
      },
      { store },
    );
    stage.openSession('s-1');
    const node = stage.attachNode('n-1');
    let isDone = false;
    void stage.runtime.drain(1000).then(() => {
      isDone = true;
    });
    await stage.driver.settleTo(1499);
    expect(isDone).toBe(false);
    await stage.driver.settleTo(1500);
    expect(isDone).toBe(true);
    expect(node.said).toEqual(['close 1012 DRAINING']);
  });

  it('[RUN20] [W94] it waits for the last words to the store, also of a session that is gone by then', async () => {
    const answers: (() => void)[] = [];
    const store = { perform: () => new Promise((resolve) => answers.push(() => resolve('done'))) } as never;
    const stage = startedStage(
      {
        onSession: (event) =>
          event.kind === 'drainStarted'
            ? [
                { kind: 'store', request: { verb: 'releaseJob', jobId: asJobId('a'), owner: 'o' as never } },
                { kind: 'ended', reason: 'drained' },
              ]
            : [],
      },
      { store },
    );
    stage.openSession('s-1');
    let isDone = false;
    void stage.runtime.drain(1000).then(() => {
      isDone = true;
    });
    await stage.driver.settle();
    expect([stage.runtime.view.sessionCount, isDone]).toEqual([0, false]);
    answers[0]?.();
    await stage.driver.settle();
    expect(isDone).toBe(true);
  });

  it('[RUN20] a second call waits for the first', async () => {
    const { drain, driver, events, runtime } = scene(true);
    drain(20_000);
    const again = runtime.drain(1);
    await driver.settle();
    await again;
    expect(events.filter((event) => event === 's-1 drainStarted').length).toBe(1);
  });

  it('[RUN20] with nothing open it ends at once, also after the stop', async () => {
    const { driver, runtime } = startedStage();
    const drained = runtime.drain(20_000);
    await driver.settle();
    await drained;
    const stopped = runtimeStage().runtime;
    stopped.stop();
    await stopped.drain(20_000);
  });

  it('[RUN20] a dispatcher that is down does not hold it up', async () => {
    const { drain, drained, driver, runtime, script } = scene(true);
    script.onDispatcher = () => {
      throw new Error('impossible state');
    };
    runtime.tellNodeMessage(connection('n-1'), nodeMessage);
    driver.runUntilIdle();
    drain(20_000);
    await driver.settle();
    expect(drained.isDone).toBe(true);
  });

  it('[RUN20] a stop in the middle of a drain ends it', async () => {
    const { drain, drained, driver, runtime } = scene(false);
    drain(20_000);
    driver.runUntilIdle();
    runtime.stop();
    await driver.settle();
    expect(drained.isDone).toBe(true);
  });
});
