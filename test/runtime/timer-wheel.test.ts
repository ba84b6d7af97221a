import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerWheel, WheelTimer } from '#runtime/timer-wheel.ts';

/** Timers by name, and what rang at what time. */
const bench = (startAtMs = 0) => {
  const wheel = new TimerWheel(startAtMs);
  const rung: string[] = [];
  const timers = new Map<string, WheelTimer>();
  const onRing = new Map<string, () => void>();
  const timer = (name: string): WheelTimer => {
    let found = timers.get(name);
    if (found === undefined) {
      found = new WheelTimer({
        ring: () => {
          rung.push(name);
          onRing.get(name)?.();
        },
      });
      timers.set(name, found);
    }
    return found;
  };
  return {
    wheel,
    rung,
    onRing,
    set: (name: string, atMs: number) => wheel.set(timer(name), atMs),
    clear: (name: string) => wheel.clear(timer(name)),
  };
};

describe('when timers ring', () => {
  it('[RUN7] a timer never rings early, not by a fraction, and rings as soon as its time has come', () => {
    const { wheel, rung, set } = bench(1000.25);
    set('a', 1012.5);
    wheel.advance(1012.4999);
    expect(rung).toEqual([]);
    wheel.advance(1012.5);
    expect(rung).toEqual(['a']);
  });

  it('[RUN7] timers of one tick, and of many, ring in order of deadline, then of setting', () => {
    const { wheel, rung, set } = bench();
    set('c', 18);
    set('late', 900);
    set('tie 1', 15);
    set('a', 11);
    set('tie 2', 15);
    wheel.advance(2000);
    expect(rung).toEqual(['a', 'tie 1', 'tie 2', 'c', 'late']);
  });

  it('[RUN7] a time that has passed already rings at the next advance', () => {
    const { wheel, rung, set } = bench(5000);
    set('a', 10);
    expect(wheel.wakeAtMs).toBe(10);
    wheel.advance(5000);
    expect(rung).toEqual(['a']);
  });

  it('[RUN7] a reset to a later time, and one to an earlier time, both count', () => {
    const { wheel, rung, set } = bench();
    set('later', 100);
    set('earlier', 900);
    set('later', 500);
    set('earlier', 200);
    wheel.advance(199);
    expect(rung).toEqual([]);
    wheel.advance(200);
    expect(rung).toEqual(['earlier']);
    wheel.advance(499);
    expect(rung).toEqual(['earlier']);
    wheel.advance(500);
    expect(rung).toEqual(['earlier', 'later']);
  });

  it('[RUN7] a cleared timer does not ring, and may be set again', () => {
    const { wheel, rung, set, clear } = bench();
    set('a', 100);
    clear('a');
    clear('a');
    expect(wheel.size).toBe(0);
    wheel.advance(1000);
    set('a', 1100);
    wheel.advance(1100);
    expect(rung).toEqual(['a']);
    expect(wheel.size).toBe(0);
  });

  it('[RUN7] a ring may clear, reset and set other timers that are due in the same advance', () => {
    const { wheel, rung, set, clear, onRing } = bench();
    onRing.set('a', () => {
      clear('cleared');
      set('reset', 2000);
      set('new', 5);
    });
    set('a', 10);
    set('cleared', 20);
    set('reset', 30);
    set('b', 40);
    wheel.advance(1000);
    expect(rung).toEqual(['a', 'b']);
    expect(wheel.wakeAtMs).toBeLessThanOrEqual(5);
    wheel.advance(1000);
    expect(rung).toEqual(['a', 'b', 'new']);
    wheel.advance(2000);
    expect(rung).toEqual(['a', 'b', 'new', 'reset']);
  });

  it('[RUN7] a time that is no number is a fault, told where it is made', () => {
    const { set } = bench();
    expect(() => set('a', Number.NaN)).toThrow(RangeError);
    expect(() => set('a', Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });
});

describe('clocks', () => {
  it('[RUN9] a long sleep rings everything that fell due, in order, and nothing else', () => {
    const { wheel, rung, set } = bench();
    set('hours', 3 * 3_600_000);
    set('b', 120_000);
    set('a', 50);
    set('after', 3_600_001);
    wheel.advance(3_600_000);
    expect(rung).toEqual(['a', 'b']);
    wheel.advance(3 * 3_600_000);
    expect(rung).toEqual(['a', 'b', 'after', 'hours']);
  });

  it('[RUN9] a clock that goes back rings nothing twice and nothing early', () => {
    const { wheel, rung, set } = bench();
    set('a', 100);
    wheel.advance(150);
    wheel.advance(20);
    set('b', 160);
    wheel.advance(30);
    expect(rung).toEqual(['a']);
    wheel.advance(160);
    expect(rung).toEqual(['a', 'b']);
  });
});

describe('the next wake', () => {
  it('[RUN8] with one timer it is that deadline, with none there is none', () => {
    const { wheel, set, rung } = bench();
    expect(wheel.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
    set('a', 123.5);
    expect(wheel.wakeAtMs).toBe(123.5);
    wheel.advance(123.5);
    expect(rung).toEqual(['a']);
    expect(wheel.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('[RUN8] a timer that is reset all the time wakes nobody more than once in a tick', () => {
    const { wheel, set, rung } = bench();
    let wakes = 0;
    for (let nowAtMs = 0; nowAtMs < 10_000; nowAtMs += 1) {
      set('pause', nowAtMs + 600);
      if (nowAtMs >= wheel.wakeAtMs) {
        wheel.advance(nowAtMs);
        wakes += 1;
      }
    }
    expect(rung).toEqual([]);
    expect(wakes).toBeLessThanOrEqual(10_000 / 600);
  });

  it('[RUN8] a ring may put off a timer that stands in the present slot', () => {
    const { wheel, set, rung, onRing } = bench(1000);
    onRing.set('first', () => set('put off', 1050));
    set('put off', 1003);
    set('first', 1000);
    set('far', 2000);
    wheel.advance(1000);
    expect(wheel.wakeAtMs).toBeLessThanOrEqual(1050);
    wheel.advance(1050);
    expect(rung).toEqual(['first', 'put off']);
  });

  it('[RUN8] a timer of hours is reached by few wakes, none of them past it', () => {
    const { wheel, set, rung } = bench();
    set('far', 7_200_000);
    let wakes = 0;
    while (rung.length === 0) {
      expect(wheel.wakeAtMs).toBeLessThanOrEqual(7_200_000);
      wheel.advance(wheel.wakeAtMs);
      wakes += 1;
    }
    expect(wakes).toBeLessThan(200);
  });
});

describe('against a naive model', () => {
  const delayMs = fc.oneof(
    fc.integer({ min: -50, max: 200 }),
    fc.double({ min: 0, max: 30, noNaN: true }),
    fc.integer({ min: 0, max: 200_000 }),
  );
  const move = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), name: fc.nat(12), delayMs }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), name: fc.nat(12) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), delayMs }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wake' as const) }) },
  );

  it('[RUN7] [RUN8] [RUN9] the wheel rings what a sorted list rings, and wakes no later', () => {
    fc.assert(
      fc.property(
        fc.array(move, { maxLength: 120 }),
        fc.integer({ min: 0, max: 50_000 }),
        (moves, startAtMs) => {
          const { wheel, rung, set, clear } = bench(startAtMs);
          const model = new Map<string, { atMs: number; order: number }>();
          const expected: string[] = [];
          let nowAtMs = startAtMs;
          const passTo = (atMs: number): void => {
            nowAtMs = Math.max(nowAtMs, atMs);
            const due = [...model].filter(([, timer]) => timer.atMs <= nowAtMs);
            due.sort(([, a], [, b]) => a.atMs - b.atMs || a.order - b.order);
            for (const [name] of due) {
              expected.push(name);
              model.delete(name);
            }
            wheel.advance(atMs);
          };
          for (const [order, step] of moves.entries()) {
            if (step.kind === 'set') {
              set(`${step.name}`, nowAtMs + step.delayMs);
              model.set(`${step.name}`, { atMs: nowAtMs + step.delayMs, order });
            } else if (step.kind === 'clear') {
              clear(`${step.name}`);
              model.delete(`${step.name}`);
            } else if (step.kind === 'pass') {
              passTo(nowAtMs + step.delayMs);
            } else if (wheel.wakeAtMs !== Number.POSITIVE_INFINITY) {
              passTo(wheel.wakeAtMs);
            }
            expect(rung).toEqual(expected);
            expect(wheel.size).toBe(model.size);
            const earliest = Math.min(...[...model.values()].map(({ atMs }) => atMs));
            expect(wheel.wakeAtMs).toBeLessThanOrEqual(earliest);
          }
          // Driven by its wakes alone it rings the rest, each at its very time.
          for (let wakes = 0; wheel.size > 0; wakes += 1) {
            expect(wakes).toBeLessThan(5000);
            passTo(wheel.wakeAtMs);
          }
          expect(rung).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  const act = fc.record({ isSet: fc.boolean(), name: fc.nat(8), delayMs });

  it('[RUN7] [RUN8] and so it does when rings set and clear timers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(act, fc.constant('wake' as const)), { maxLength: 60 }),
        fc.array(fc.array(act, { maxLength: 3 }), { minLength: 9, maxLength: 9 }),
        fc.integer({ min: 0, max: 50_000 }),
        (steps, acts, startAtMs) => {
          const { wheel, set, clear, onRing } = bench(startAtMs);
          const model = new Map<number, number>();
          let nowAtMs = startAtMs;
          let ringsLeft = 40;
          const perform = ({
            isSet,
            name,
            delayMs: inMs,
          }: {
            isSet: boolean;
            name: number;
            delayMs: number;
          }) => {
            if (isSet) set(`${name}`, nowAtMs + inMs);
            else clear(`${name}`);
            if (isSet) model.set(name, nowAtMs + inMs);
            else model.delete(name);
          };
          for (const [name, then] of acts.entries()) {
            onRing.set(`${name}`, () => {
              expect(model.get(name)).toBeLessThanOrEqual(nowAtMs);
              model.delete(name);
              ringsLeft -= 1;
              if (ringsLeft > 0) for (const step of then) perform(step);
            });
          }
          const wake = (): void => {
            nowAtMs = Math.max(nowAtMs, wheel.wakeAtMs);
            wheel.advance(nowAtMs);
          };
          const expectWake = (): void => {
            expect(wheel.size).toBe(model.size);
            expect(wheel.wakeAtMs).toBeLessThanOrEqual(Math.min(...model.values()));
          };
          for (const step of steps) {
            if (step !== 'wake') perform(step);
            else if (wheel.size > 0) wake();
            expectWake();
          }
          for (let wakes = 0; wheel.size > 0; wakes += 1) {
            expect(wakes).toBeLessThan(5000);
            wake();
            expectWake();
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('[RUN7] a hundred thousand timers ring once each, in order', () => {
    const wheel = new TimerWheel(0);
    const rung: number[] = [];
    let seed = 7;
    for (let count = 0; count < 100_000; count += 1) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const atMs = seed % 90_000;
      wheel.set(new WheelTimer({ ring: () => rung.push(atMs) }), atMs);
    }
    for (let nowAtMs = 0; nowAtMs <= 90_000; nowAtMs += 7) wheel.advance(nowAtMs);
    expect(rung.length).toBe(100_000);
    expect(rung.every((atMs, place) => place === 0 || (rung[place - 1] ?? 0) <= atMs)).toBe(true);
    expect(wheel.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
  });
});
