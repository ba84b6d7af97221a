import { expect, test } from 'vitest';
import { edgeFiguresOf } from '#http/edge-figures.ts';
import { RequestRate } from '#http/request-rate.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';

test('[HTT43] a burst of 10 s of the rate, then so many a second, each address by itself', () => {
  const clock = new SimulatedClock();
  const rate = new RequestRate(clock, 4);
  const taken = (address: string) => Array.from({ length: 50 }, () => rate.take(address));
  expect(taken('a').filter((waitMs) => waitMs === 0)).toHaveLength(40);
  expect(rate.take('a')).toBe(250);
  expect(rate.take('b')).toBe(0);
  clock.advanceTo(clock.now().atMs + 500);
  expect([rate.take('a'), rate.take('a'), rate.take('a')]).toEqual([0, 0, 250]);
});

test('[HTT43] of more addresses than are remembered the one that asked longest ago starts anew', () => {
  const rate = new RequestRate(new SimulatedClock(), 1);
  for (let at = 0; at < 10_000; at += 1) for (let count = 0; count < 10; count += 1) rate.take(`${at}`);
  expect(rate.take('0')).toBeGreaterThan(0);
  expect(rate.take('new')).toBe(0);
  expect(rate.take('2')).toBeGreaterThan(0);
  expect(rate.take('1')).toBe(0);
});

test('[GAT56] ten thousand sockets are counted in slices', async () => {
  const sockets = Array.from({ length: 10_000 }, (_, at) => ({
    side: at % 10 === 0 ? ('node' as const) : ('session' as const),
    waitingBytes: 2,
  }));
  let breaths = 0;
  const figures = await edgeFiguresOf(sockets, () => {
    breaths += 1;
    return Promise.resolve();
  });
  expect(figures).toEqual({ session: 9000, node: 1000, outboundBytes: 20_000 });
  expect(breaths).toBe(20);
});
