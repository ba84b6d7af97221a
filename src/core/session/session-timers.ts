import type { Now } from '../clock.ts';
import type { SessionEffect } from './session-contract.ts';

/** Every timer of a session, in one place [SES15]. */
export const SESSION_TIMERS = [
  /** Speech has paused, or a hangover ends. */
  'segment',
  /** An `utterance` message has waited long enough for lower indices. */
  'jump',
  /** A ready result has waited for an earlier one: hasten its job, or give it up. */
  'hold',
  /** Playback was reported to begin and not to end. */
  'playback',
  /** We hold the client in `PAUSE`. */
  'held',
  /** Audio was dropped, and no speech has followed it. */
  'shed',
  /** A client that lost its socket has not come back. */
  'away',
  /** What other instances know of the session is said again. */
  'record',
  /** The session ends without the results that are still missing. */
  'close',
] as const;
export type SessionTimer = (typeof SESSION_TIMERS)[number];

/** Which timers are set, and for when (monotonic): so that only changes become effects. */
export type SetTimers = Map<SessionTimer, number>;

interface TimerTurn {
  readonly state: { readonly timers: SetTimers };
  readonly effects: SessionEffect[];
  readonly now: Now;
}

/** Null = the timer is not needed. */
export const keepTimer = ({ state, effects }: TimerTurn, key: SessionTimer, atMs: number | null): void => {
  const setAtMs = state.timers.get(key);
  if (atMs === null) {
    if (setAtMs === undefined) return;
    state.timers.delete(key);
    effects.push({ kind: 'clearTimer', key });
    return;
  }
  if (setAtMs === atMs) return;
  state.timers.set(key, atMs);
  effects.push({ kind: 'setTimer', key, atMs });
};

/**
 * As `keepTimer`, for a time that mostly moves away: a timer that is set for earlier stays as it is. It fires too early
 * then, and whoever it belongs to looks again; that is rarer than to set it anew with every chunk of audio.
 */
export const keepTimerBy = (turn: TimerTurn, key: SessionTimer, atMs: number | null): void => {
  const setAtMs = turn.state.timers.get(key);
  if (atMs === null || setAtMs === undefined || setAtMs > atMs) keepTimer(turn, key, atMs);
};

export const clearAllTimers = (turn: TimerTurn): void => {
  for (const key of SESSION_TIMERS) keepTimer(turn, key, null);
};

/** The timer that a firing belongs to; it is no longer set then. Null for a key that is none of ours. */
export const firedTimer = ({ state }: TimerTurn, key: string): SessionTimer | null => {
  const timer = SESSION_TIMERS.find((name) => name === key);
  if (timer === undefined) return null;
  state.timers.delete(timer);
  return timer;
};
