import { Compile } from 'typebox/compile';
import { sessionClientSchemas } from '#protocol/messages.ts';
import { TimerWheel, WheelTimer } from '#runtime/timer-wheel.ts';
import { hold, sidesOf } from '../harness/alternate.ts';
import type { Figure } from '../harness/figure.ts';

/**
 * As many sessions, each with two timers that every chunk resets. They speak at one pace, so always in one order, whatever
 * number a call has: else some would fall silent for as long as makes their timers ring.
 */
const SESSION_COUNT = 100_000;
const PAUSE_MS = 600;
const IDLE_MS = 30_000;

const inTurn = <Item>(items: readonly Item[]): (() => Item | undefined) => {
  let next = 0;
  return () => {
    const item = items[next];
    next = next + 1 === items.length ? 0 : next + 1;
    return item;
  };
};

const timeoutsWay = () => {
  const nothing = (): void => undefined;
  const timers = Array.from({ length: SESSION_COUNT }, () => ({
    pause: setTimeout(nothing, PAUSE_MS),
    idle: setTimeout(nothing, IDLE_MS),
  }));
  const nextOne = inTurn(timers);
  return () => {
    const timer = nextOne();
    if (timer === undefined) return null;
    clearTimeout(timer.pause);
    clearTimeout(timer.idle);
    timer.pause = setTimeout(nothing, PAUSE_MS);
    timer.idle = setTimeout(nothing, IDLE_MS);
    return timer;
  };
};

const wheelWay = () => {
  const wheel = new TimerWheel(0);
  const owner = { ring: (): void => undefined };
  const timers = Array.from({ length: SESSION_COUNT }, () => ({
    pause: new WheelTimer(owner),
    idle: new WheelTimer(owner),
  }));
  let nowAtMs = 0;
  for (const { pause, idle } of timers) {
    wheel.set(pause, PAUSE_MS);
    wheel.set(idle, IDLE_MS);
  }
  const nextOne = inTurn(timers);
  return () => {
    const timer = nextOne();
    if (timer === undefined) return null;
    // Every session speaks four times a second.
    nowAtMs += 250 / SESSION_COUNT;
    wheel.set(timer.pause, nowAtMs + PAUSE_MS);
    wheel.set(timer.idle, nowAtMs + IDLE_MS);
    wheel.advance(nowAtMs);
    return timer;
  };
};

/** Finds the timers of a session, and leaves them as they are. */
const neitherWay = () => {
  const nextOne = inTurn(Array.from({ length: SESSION_COUNT }, () => ({ pause: {}, idle: {} })));
  return () => nextOne() ?? null;
};

const FRAME = Buffer.from(
  JSON.stringify({
    type: 'audio_chunk',
    session_id: 's-1',
    seq: 7,
    is_final: false,
    payload: 'A'.repeat(900),
  }),
);

/** P6: a reset of a session's timers, against Node's own; the check of a 1 kB chunk, on top of parsing it. */
export const timerFigures = (rounds: number): readonly Figure[] => {
  const reset = hold(
    { name: 'reset', baseline: wheelWay(), ours: timeoutsWay(), driver: neitherWay() },
    rounds,
  );
  const validator = Compile(sessionClientSchemas.audio_chunk);
  const check = hold(
    {
      name: 'validation',
      baseline: () => validator.Check(JSON.parse(FRAME.toString('utf8'))),
      ours: () => JSON.parse(FRAME.toString('utf8')),
    },
    rounds,
  );
  return [
    {
      id: 'P6',
      what: 'reset of two timers, against clearTimeout and setTimeout',
      ratio: reset.ratio,
      better: 'less',
      floor: 0.15,
      goal: 0.05,
      detail: sidesOf(reset),
    },
    {
      id: 'P6',
      what: 'parsing and checking a 1 kB chunk, against parsing it',
      ratio: check.ratio,
      better: 'less',
      floor: 1.25,
      goal: 1.1,
      detail: sidesOf(check),
    },
  ];
};
