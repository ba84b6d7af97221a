import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Agenda } from '#sim/agenda.ts';
import { Random } from '#sim/random.ts';
import { Trace } from '#sim/trace.ts';

describe('the one queue of a world', () => {
  test('[SIM1] everything happens in order of time, then of when it was written down', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), (times) => {
        const agenda = new Agenda();
        const happened: [number, number][] = [];
        times.forEach((atMs, order) => {
          agenda.at(atMs, 'event', () => happened.push([agenda.nowMs, order]));
        });
        while (agenda.step(Number.POSITIVE_INFINITY) !== null);
        const expected = times.map((atMs, order) => [atMs, order] as const);
        expect(happened).toEqual(expected.toSorted(([a, i], [b, j]) => a - b || i - j));
      }),
    );
  });

  test('[SIM1] what is cancelled does not happen, and time stops where it was told to', () => {
    const agenda = new Agenda();
    const happened: string[] = [];
    agenda.at(5, 'a', () => happened.push('a')).cancel();
    agenda.at(20, 'b', () => happened.push('b'));
    expect(agenda.step(10)).toBeNull();
    expect([agenda.nowMs, agenda.nextAtMs, happened]).toEqual([10, 20, []]);
    expect(agenda.step(20)).toBe('b');
  });

  test('[SIM1] who stands still gets its events in order when it goes on', () => {
    const agenda = new Agenda();
    const sleeper = { stalledUntilMs: 100 };
    const happened: string[] = [];
    agenda.at(10, 'a', () => happened.push(`a ${agenda.nowMs}`), sleeper);
    agenda.at(20, 'b', () => happened.push(`b ${agenda.nowMs}`), sleeper);
    agenda.at(30, 'c', () => happened.push(`c ${agenda.nowMs}`));
    while (agenda.step(Number.POSITIVE_INFINITY) !== null);
    expect(happened).toEqual(['c 30', 'a 100', 'b 100']);
  });
});

test('[SIM2] one seed gives one stream; forks of different names differ and do not disturb each other', () => {
  const draw = (random: Random): number[] => Array.from({ length: 8 }, () => random.below(1000));
  const one = new Random(7);
  const other = new Random(7);
  other.fork('network').below(10);
  expect(draw(one)).toEqual(draw(other));
  expect(draw(new Random(7).fork('a'))).not.toEqual(draw(new Random(7).fork('b')));
  expect(draw(new Random(8))).not.toEqual(draw(new Random(7)));
});

test('[SIM2] the hash of a trace is over every line, while only the last are kept', () => {
  const trace = new Trace(() => 1);
  const other = new Trace(() => 1);
  for (let at = 0; at < 1000; at++) {
    trace.note(`line ${at}`);
    other.note(at === 0 ? 'another' : `line ${at}`);
  }
  expect(trace.last(2)).toEqual(['1.0 line 998', '1.0 line 999']);
  expect(other.last(400)).toEqual(trace.last(400));
  expect(other.hash).not.toBe(trace.hash);
});
