import { describe, expect, it } from 'vitest';
import type { TurnDriver } from '#runtime/contract.ts';
import { HandDriver, ManualClockDriver } from '#testing/hand-driver.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';

describe('simulated clock', () => {
  it('[RUN30] goes only when told, and never back', () => {
    const clock = new SimulatedClock(1000);
    expect(clock.now()).toEqual({ atMs: 0, wallMs: 1000 });
    clock.advanceBy(2.5);
    clock.advanceTo(10);
    expect(clock.now()).toEqual({ atMs: 10, wallMs: 1010 });
    expect(() => clock.advanceTo(9)).toThrow(RangeError);
    expect(() => clock.advanceTo(Number.NaN)).toThrow(RangeError);
  });

  it('[RUN30] a step of the wall leaves monotonic time alone', () => {
    const clock = new SimulatedClock(1000);
    clock.stepWall(-600);
    clock.advanceBy(5);
    expect(clock.now()).toEqual({ atMs: 5, wallMs: 405 });
  });
});

describe('hand driver', () => {
  it('[RUN31] nothing runs unless it is turned, and never inside the call that asked', () => {
    const driver: HandDriver & TurnDriver = new HandDriver(new SimulatedClock());
    const ran: string[] = [];
    driver.soon(() => {
      ran.push('first');
      driver.soon(() => ran.push('second'));
    });
    expect(ran).toEqual([]);
    expect(driver.runUntilIdle()).toBe(2);
    expect(ran).toEqual(['first', 'second']);
  });

  it('[RUN31] time goes from alarm to alarm, each at its very time; a later alarm replaces an earlier one', () => {
    const clock = new SimulatedClock();
    const driver = new HandDriver(clock);
    const rung: string[] = [];
    const again = (): void => {
      rung.push(`@${clock.atMs}`);
      if (clock.atMs < 90) driver.alarmAt(clock.atMs + 30, again);
    };
    driver.alarmAt(5, () => rung.push('replaced'));
    driver.alarmAt(30, again);
    driver.advanceTo(75);
    expect(rung).toEqual(['@30', '@60']);
    driver.advanceBy(1000);
    expect(rung).toEqual(['@30', '@60', '@90']);
    expect(clock.atMs).toBe(1075);
    driver.alarmAt(1100, again);
    driver.clearAlarm();
    driver.advanceBy(1000);
    expect(rung.length).toBe(3);
  });

  it('[RUN31] an alarm in the past rings at once', () => {
    const clock = new SimulatedClock();
    const driver = new HandDriver(clock);
    clock.advanceTo(100);
    let rings = 0;
    driver.alarmAt(40, () => {
      rings += 1;
    });
    driver.runUntilIdle();
    expect([rings, clock.atMs]).toEqual([1, 100]);
  });

  it('[RUN31] turns that never come to rest are a fault, not an endless test', () => {
    const driver = new HandDriver(new SimulatedClock());
    const turn = (): void => driver.soon(turn);
    driver.soon(turn);
    expect(() => driver.runUntilIdle()).toThrow('without rest');
  });

  it('[RUN32] completions wait for settling, then run in order, each followed by the turns it causes', async () => {
    const driver = new HandDriver(new SimulatedClock());
    const seen: string[] = [];
    const ask = async (name: string): Promise<void> => {
      await new Promise<void>((resolve) => driver.completeLater(resolve));
      seen.push(`${name} answered`);
      driver.soon(() => {
        seen.push(`${name} handled`);
        if (name === 'b') void ask('c');
      });
    };
    const asked = [ask('a'), ask('b')];
    driver.runUntilIdle();
    expect(seen).toEqual([]);
    expect(driver.hasCompletions).toBe(true);
    await driver.settle();
    await Promise.all(asked);
    expect(seen).toEqual(['a answered', 'b answered', 'a handled', 'b handled', 'c answered', 'c handled']);
  });

  it('[RUN32] settling through time settles at every alarm', async () => {
    const clock = new SimulatedClock();
    const driver = new HandDriver(clock);
    const seen: string[] = [];
    const beat = (): void => {
      driver.completeLater(() => seen.push(`@${clock.atMs}`));
      driver.alarmAt(clock.atMs + 10, beat);
    };
    driver.alarmAt(10, beat);
    await driver.settleTo(35);
    expect(seen).toEqual(['@10', '@20', '@30']);
    await driver.settleBy(5);
    expect(seen.at(-1)).toBe('@40');
  });
});

describe('manual clock driver', () => {
  it('[RUN33] turns run by themselves, alarms ring when the clock was moved past them, never inside the move', async () => {
    const clock = new SimulatedClock();
    const driver: ManualClockDriver & TurnDriver = new ManualClockDriver(clock);
    const seen: string[] = [];
    driver.soon(() => seen.push('turn'));
    driver.alarmAt(100, () => seen.push('alarm'));
    expect(seen).toEqual([]);
    await driver.settle();
    expect(seen).toEqual(['turn']);
    clock.advanceTo(100);
    expect(seen).toEqual(['turn']);
    await driver.settle();
    expect(seen).toEqual(['turn', 'alarm']);
  });

  it('[RUN33] time passes alarm by alarm, with room between them for what is not in our hands', async () => {
    const clock = new SimulatedClock();
    const driver = new ManualClockDriver(clock);
    const seen: string[] = [];
    const beat = (): void => {
      driver.soon(() => {
        seen.push(`@${clock.atMs}`);
        driver.alarmAt(clock.atMs + 20_000, beat);
      });
    };
    driver.alarmAt(20_000, beat);
    await driver.advanceBy(50_000, async () => {
      seen.push('between');
    });
    expect(seen).toEqual(['@20000', 'between', '@40000', 'between']);
    expect(clock.atMs).toBe(50_000);
    driver.clearAlarm();
    await driver.advanceBy(50_000);
    expect(seen.length).toBe(4);
  });
});
