import { expect, test } from 'vitest';
import { HandTimers } from '#testing/hand-timers.ts';

test('[SDK46] timers fire in order of time, then of setting, those set on the way included', () => {
  const timers = new HandTimers();
  const fired: string[] = [];
  const note = (name: string) => () => {
    fired.push(`${name}@${timers.atMs}`);
  };
  timers.set(20, note('late'));
  timers.set(10, note('first'));
  timers.set(10, () => {
    note('second')();
    timers.set(5, note('nested'));
  });
  const cleared = timers.set(12, note('cleared'));
  timers.clear(cleared);
  timers.advance(9);
  expect(fired).toEqual([]);
  timers.advance(11);
  expect(fired).toEqual(['first@10', 'second@10', 'nested@15', 'late@20']);
  expect(timers.pendingCount).toBe(0);
  expect(timers.atMs).toBe(20);
});
