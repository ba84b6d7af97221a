import { describe, expect, it } from 'vitest';
import { givenLately, newFairShares, noteGiven, TENANTS_MAX, takeBack } from '#core/jobs/fair-shares.ts';

describe('fair shares', () => {
  it('[JOB50] what a tenant was given adds up and fades by half in 5 s; a short job counts as a second', () => {
    const shares = newFairShares();
    expect(givenLately(shares, 'a', 0)).toBe(0);
    noteGiven(shares, 'a', 4000, 0);
    noteGiven(shares, 'a', 10, 0);
    expect(givenLately(shares, 'a', 0)).toBe(5000);
    expect(givenLately(shares, 'a', 5000)).toBe(2500);
    expect(givenLately(shares, 'a', 10_000)).toBe(1250);
  });

  it('[JOB50] what nobody took is taken back, and never makes less than nothing', () => {
    const shares = newFairShares();
    noteGiven(shares, 'a', 4000, 0);
    takeBack(shares, 'a', 4000, 0);
    takeBack(shares, 'a', 4000, 0);
    expect(givenLately(shares, 'a', 0)).toBe(0);
  });

  it('[JOB50] of more than 1 024 tenants the one that was noted longest ago counts as new', () => {
    const shares = newFairShares();
    for (let n = 0; n < TENANTS_MAX; n += 1) noteGiven(shares, `t${n}`, 1000, 0);
    noteGiven(shares, 't0', 1000, 0);
    noteGiven(shares, 'one more', 1000, 0);
    expect(shares.given.size).toBe(TENANTS_MAX);
    expect(givenLately(shares, 't0', 0)).toBe(2000);
    expect(givenLately(shares, 't1', 0)).toBe(0);
  });
});
