import { expect, test } from 'vitest';
import { FairArrival } from '#gateway/fair-arrival.ts';
import { contextOf } from './desk.ts';
import { HandRuntime } from './hand-runtime.ts';

test('[GAT50] a frame came when it may first have come: our own stalls since the frame before do not count', () => {
  const hand = new HandRuntime();
  let stalledMs = 400;
  const arrival = new FairArrival(contextOf(hand, {}, { stalledMs: () => stalledMs }));
  hand.nowMs = 2000;
  expect(arrival.stampMs(hand.nowMs)).toBe(2000);
  hand.nowMs = 8000;
  stalledMs += 5000;
  expect(arrival.stampMs(hand.nowMs)).toBe(3000);
  expect(arrival.stampMs(hand.nowMs)).toBe(8000);
  hand.nowMs = 8001;
  stalledMs += 900;
  expect(arrival.stampMs(hand.nowMs), 'never before the frame before').toBe(8000);
});
