import { describe, expect, test } from 'vitest';
import { createLog } from '#server/logging.ts';
import { NodeDriver } from '#server/node-driver.ts';
import { randomIds } from '#server/random-ids.ts';
import { endWithSignals, type ProcessPort } from '#server/signals.ts';
import { systemClock } from '#server/system-clock.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';
import { until } from '../gateway/until.ts';

const fakeProcess = () => {
  const listeners = new Map<string, (thrown?: unknown) => void>();
  const exits: number[] = [];
  const port = {
    on: (event: string, listener: () => void) => listeners.set(event, listener),
    exit: (code: number) => exits.push(code),
  } as unknown as ProcessPort;
  return { port, exits, raise: (event: string, thrown?: unknown) => listeners.get(event)?.(thrown) };
};

const recordingLog = () => {
  const lines: { level: string; event: string; fields: unknown }[] = [];
  return {
    lines,
    log: { write: (level: string, event: string, fields?: object) => lines.push({ level, event, fields }) },
  };
};

const deferred = () => {
  let settle: { resolve: () => void; reject: (error: Error) => void } = {
    resolve: () => {},
    reject: () => {},
  };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
};

describe('signals', () => {
  test.each(['SIGTERM', 'SIGINT'])(
    '[CFG20][W94] %s stops in good order, then exits with 0',
    async (signal) => {
      const { port, exits, raise } = fakeProcess();
      const { log } = recordingLog();
      const stop = deferred();
      let stops = 0;
      endWithSignals(
        {
          stop: () => {
            stops += 1;
            return stop.promise;
          },
        },
        log,
        port,
      );
      raise(signal);
      expect(stops).toBe(1);
      expect(exits).toEqual([]);
      stop.resolve();
      await until(() => exits.length > 0);
      expect(exits).toEqual([0]);
    },
  );

  test('[CFG21] a second signal exits with 1 at once', () => {
    const { port, exits, raise } = fakeProcess();
    const { log } = recordingLog();
    endWithSignals({ stop: () => deferred().promise }, log, port);
    raise('SIGTERM');
    raise('SIGINT');
    expect(exits).toEqual([1]);
  });

  test('[CFG21] a stop that fails exits with 1', async () => {
    const { port, exits, raise } = fakeProcess();
    const { log, lines } = recordingLog();
    endWithSignals({ stop: () => Promise.reject(new Error('stuck')) }, log, port);
    raise('SIGTERM');
    await until(() => exits.length > 0);
    expect(exits).toEqual([1]);
    expect(lines.at(-1)).toMatchObject({ level: 'error', event: 'stopping failed' });
  });

  test.each(['uncaughtException', 'unhandledRejection'])(
    '[CFG22][W96] %s is logged with its chain and exits with 1',
    (event) => {
      const { port, exits, raise } = fakeProcess();
      const { log, lines } = recordingLog();
      endWithSignals({ stop: () => Promise.resolve() }, log, port);
      raise(event, new Error('outer', { cause: new TypeError('inner') }));
      expect(exits).toEqual([1]);
      expect(lines).toMatchObject([
        {
          level: 'error',
          fields: {
            error: [
              { name: 'Error', message: 'outer' },
              { name: 'TypeError', message: 'inner' },
            ],
          },
        },
      ]);
    },
  );
});

describe('log', () => {
  const linesOf = (level: 'debug' | 'info' | 'warn', write: (log: ReturnType<typeof createLog>) => void) => {
    const lines: string[] = [];
    write(createLog(level, { write: (line) => lines.push(line) }));
    return lines.map((line) => JSON.parse(line));
  };

  test('[CFG23] a line is JSON with level, time, event and fields', () => {
    expect(
      linesOf('info', (log) => log.write('info', 'listening', { port: 5010, isReady: true, who: null })),
    ).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        event: 'listening',
        port: 5010,
        isReady: true,
        who: null,
      },
    ]);
  });

  test('[CFG23] lines below the level are not written', () => {
    const lines = linesOf('warn', (log) => {
      log.write('debug', 'a');
      log.write('info', 'b');
      log.write('warn', 'c');
      log.write('error', 'd');
    });
    expect(lines.map(({ event }) => event)).toEqual(['c', 'd']);
  });

  test('[CFG23][W89] bytes, texts, audio and tokens never pass, however deep they stand', () => {
    const [line] = linesOf('info', (log) =>
      log.write('info', 'x', {
        text_asr: 'secret words',
        payload: 'c2VjcmV0',
        audio: { bytes: new Uint8Array([115, 101]) },
        chunk: Buffer.from('secret'),
        authorization: 'Bearer secret',
        resume_token: 'secret',
        inner: { list: [{ tts_audio: 'secret', transcript: 'secret' }], plain: 1 },
        action: () => 'secret',
        long: 'x'.repeat(1000),
      }),
    );
    expect(JSON.stringify(line)).not.toContain('secret');
    expect(line).toMatchObject({
      inner: { plain: 1, list: [{ tts_audio: '[redacted]' }] },
      chunk: '[redacted]',
    });
    expect(line.long).toHaveLength(301);
  });

  test('[CFG23] an error is its chain; what nests too deep or without end is cut', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const [line] = linesOf('info', (log) =>
      log.write('error', 'x', { error: new Error('outer', { cause: new Error('inner') }), circle }),
    );
    expect(line.error.map(({ message }: { message: string }) => message)).toEqual(['outer', 'inner']);
    expect(JSON.stringify(line.circle)).toContain('[redacted]');
  });
});

describe('platform', () => {
  test('[CFG24] an alarm rings once, not before its time; a later one replaces it', async () => {
    const driver = new NodeDriver(systemClock);
    const rung: string[] = [];
    const startAtMs = systemClock.now().atMs;
    driver.alarmAt(startAtMs + 60_000, () => rung.push('replaced'));
    driver.alarmAt(startAtMs + 20, () => rung.push('rung'));
    await until(() => rung.length > 0);
    expect(rung).toEqual(['rung']);
    expect(systemClock.now().atMs - startAtMs).toBeGreaterThanOrEqual(19);
    driver.alarmAt(startAtMs, () => rung.push('cleared'));
    driver.clearAlarm();
    let turned = false;
    driver.soon(() => {
      turned = true;
    });
    expect(turned).toBe(false);
    await until(() => turned);
    expect(rung).toEqual(['rung']);
  });

  test('[CFG24] an alarm weeks away does not ring at once', async () => {
    const clock = new SimulatedClock();
    const driver = new NodeDriver(clock);
    let rung = false;
    driver.alarmAt(10 * 2 ** 31, () => {
      rung = true;
    });
    let turns = 0;
    const turn = () => {
      turns += 1;
      if (turns < 50) driver.soon(turn);
    };
    driver.soon(turn);
    await until(() => turns === 50);
    expect(rung).toBe(false);
    driver.clearAlarm();
  });

  test('[CFG24] ids are 128 random bits', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => randomIds.next()));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[0-9A-F]{32}$/);
    expect(randomIds.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });
});
