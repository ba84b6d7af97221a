import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActorHost } from '#runtime/actor-host.ts';
import { ActorTimers } from '#runtime/actor-timers.ts';
import { TimerWheel } from '#runtime/timer-wheel.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';

type Event =
  | { readonly kind: 'timerFired'; readonly key: string }
  | { readonly kind: 'set'; readonly key: string; readonly atMs: number }
  | { readonly kind: 'clear'; readonly key: string };

/** One actor that sets and clears its timers as it is told, and writes down which firings reach it. */
const stage = () => {
  const clock = new SimulatedClock();
  const host = new ActorHost(clock, () => {});
  const wheel = new TimerWheel(0);
  const fired: string[] = [];
  const kind = host.kind<string, string, Event, Event>(
    {
      step: (_state, event) => {
        if (event.kind !== 'timerFired') return [event];
        fired.push(`${event.key}@${clock.atMs}`);
        return [];
      },
      perform: (_state, effect) => {
        if (effect.kind === 'set') timers.set(effect.key, effect.atMs);
        if (effect.kind === 'clear') timers.clear(effect.key);
      },
      died: () => {},
    },
    { sheddable: 1, control: 100, request: 1 },
  );
  const actor = kind.spawn('a', 'a');
  const timers = new ActorTimers(wheel, (key, firing) => {
    actor.tell({ kind: 'timerFired', key }, 'certain', firing);
  });
  return {
    fired,
    timers,
    wheel,
    tell: (event: Event) => actor.tell(event, 'control'),
    run: () => host.runTurn(1_000_000),
    /** The clock moves and timers ring into the mailbox, where they wait. */
    passTo: (atMs: number) => {
      clock.advanceTo(atMs);
      wheel.advance(atMs);
    },
  };
};

describe('one timer per key', () => {
  it('[RUN6] [W41] setting a key again replaces its timer', () => {
    const { fired, passTo, run, timers } = stage();
    timers.set('pause', 100);
    timers.set('pause', 300);
    timers.set('other', 200);
    expect(timers.size).toBe(2);
    for (const atMs of [100, 200, 300]) {
      passTo(atMs);
      run();
    }
    expect(fired).toEqual(['other@200', 'pause@300']);
    expect(timers.size).toBe(0);
  });

  it('[RUN6] when the actor goes, all its timers go', () => {
    const { fired, passTo, run, timers, wheel } = stage();
    timers.set('a', 100);
    timers.set('b', 200);
    timers.clearAll();
    expect([timers.size, wheel.size]).toEqual([0, 0]);
    passTo(500);
    run();
    expect(fired).toEqual([]);
  });
});

describe('stale firings', () => {
  it('[RUN5] a firing whose timer is set anew before it is handled never reaches the actor (case 20)', () => {
    const { fired, passTo, run, tell, timers } = stage();
    timers.set('pause', 100);
    tell({ kind: 'set', key: 'pause', atMs: 400 });
    passTo(100);
    run();
    expect(fired).toEqual([]);
    passTo(400);
    run();
    expect(fired).toEqual(['pause@400']);
  });

  it('[RUN5] a firing whose timer is cleared, or cleared and set again, never reaches the actor', () => {
    const { fired, passTo, run, tell, timers } = stage();
    timers.set('a', 100);
    timers.set('b', 100);
    tell({ kind: 'clear', key: 'a' });
    tell({ kind: 'clear', key: 'b' });
    tell({ kind: 'set', key: 'b', atMs: 300 });
    passTo(100);
    run();
    expect(fired).toEqual([]);
    passTo(300);
    run();
    expect(fired).toEqual(['b@300']);
  });

  it('[RUN5] of two firings of one key in the mailbox only the one that still counts arrives', () => {
    const { fired, passTo, run, timers } = stage();
    timers.set('pause', 100);
    passTo(100);
    timers.set('pause', 150);
    passTo(150);
    run();
    expect(fired).toEqual(['pause@150']);
    expect(timers.size).toBe(0);
  });

  it('[RUN5] a step that handles a firing may set the same key again', () => {
    const { fired, passTo, run, tell, timers } = stage();
    timers.set('tick', 100);
    passTo(100);
    run();
    tell({ kind: 'set', key: 'tick', atMs: 200 });
    run();
    passTo(200);
    run();
    expect(fired).toEqual(['tick@100', 'tick@200']);
  });

  it('[RUN5] [RUN6] in any order of setting, clearing, passing time and running, only live timers fire', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const move = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, delayMs: fc.integer({ min: 0, max: 60 }) }),
      fc.record({ kind: fc.constant('clear' as const), key }),
      fc.record({ kind: fc.constant('pass' as const), delayMs: fc.integer({ min: 0, max: 60 }) }),
      fc.record({ kind: fc.constant('run' as const) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
        const { fired, passTo, run, timers } = stage();
        const model = new Map<string, number>();
        const expected: string[] = [];
        let nowAtMs = 0;
        for (const step of moves) {
          if (step.kind === 'set') {
            timers.set(step.key, nowAtMs + step.delayMs);
            model.set(step.key, nowAtMs + step.delayMs);
          } else if (step.kind === 'clear') {
            timers.clear(step.key);
            model.delete(step.key);
          } else if (step.kind === 'pass') {
            nowAtMs += step.delayMs;
            passTo(nowAtMs);
          } else {
            passTo(nowAtMs);
            const due = [...model].filter(([, atMs]) => atMs <= nowAtMs).map(([name]) => name);
            for (const name of due) model.delete(name);
            expected.push(...due.map((name) => `${name}@${nowAtMs}`));
            run();
          }
          expect([...fired].sort()).toEqual([...expected].sort());
          expect(timers.size).toBe(model.size);
        }
      }),
    );
  });
});
