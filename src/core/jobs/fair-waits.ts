import type { JobId } from '#protocol/ids.ts';
import { clearTimer, setTimer } from '../nodes/registry.ts';
import type { DispatcherTurn } from './dispatcher-state.ts';
import type { Attempt } from './job.ts';

/** What we wait for of an attempt that was sent; one timer each. */
export type WaitKind = 'ack' | 'deadline' | 'progress' | 'overtaken';

export interface FairWait {
  /** When the timer is due. */
  dueAtMs: number;
  readonly beganAtMs: number;
  /** Our stalls until it began. */
  stalledBeforeMs: number;
  /** Of our stalls since then, what was added to the node's time. */
  grantedMs: number;
}

/** Timers are a little late in any process; that is no stall. */
const LATENESS_MS = 50;

/**
 * We stood still until about now. What was read right afterwards may have begun waits before this was told: of the stall
 * they have only what came after their beginning.
 */
export const noteStall = (turn: DispatcherTurn, durationMs: number): void => {
  const { state, now } = turn;
  state.stalledMs += durationMs;
  for (const { attempts } of state.jobs.values()) {
    for (const { waits } of attempts) {
      for (const wait of waits.values()) {
        wait.stalledBeforeMs += Math.max(0, durationMs - (now.atMs - wait.beganAtMs));
      }
    }
  }
};

/** Waits from now on; a wait of the same kind begins again. */
export const startWait = (
  turn: DispatcherTurn,
  jobId: JobId,
  attempt: Attempt,
  kind: WaitKind,
  durationMs: number,
): void => {
  attempt.waits.set(kind, {
    dueAtMs: turn.now.atMs + durationMs,
    beganAtMs: turn.now.atMs,
    stalledBeforeMs: turn.state.stalledMs,
    grantedMs: 0,
  });
  setTimer(turn, { kind, jobId, attemptId: attempt.attemptId }, durationMs);
};

export const endWait = (turn: DispatcherTurn, jobId: JobId, attempt: Attempt, kind: WaitKind): void => {
  if (attempt.waits.delete(kind)) clearTimer(turn, { kind, jobId, attemptId: attempt.attemptId });
};

export const endWaits = (turn: DispatcherTurn, jobId: JobId, attempt: Attempt): void => {
  for (const kind of [...attempt.waits.keys()]) endWait(turn, jobId, attempt, kind);
};

/**
 * The timer fired: is the node's time really over? While we stood still its answer may have come and not been read, so
 * that time is given back first: what the runtime told of, or what this very timer came late by [JOB46].
 */
export const isWaitOver = (turn: DispatcherTurn, jobId: JobId, attempt: Attempt, kind: WaitKind): boolean => {
  const wait = attempt.waits.get(kind);
  if (wait === undefined) return false;
  const { atMs } = turn.now;
  const latenessMs = atMs - wait.dueAtMs;
  const toldMs = turn.state.stalledMs - wait.stalledBeforeMs;
  let dueAtMs = wait.dueAtMs + toldMs - wait.grantedMs;
  let grantedMs = toldMs;
  if (latenessMs > LATENESS_MS && wait.grantedMs === 0) {
    // Lateness counts once: the runtime tells of it a little later, and a process that is always late must still decide.
    grantedMs = Math.max(toldMs, latenessMs);
    dueAtMs = atMs + grantedMs;
  }
  if (dueAtMs > atMs) {
    wait.grantedMs = grantedMs;
    wait.dueAtMs = dueAtMs;
    setTimer(turn, { kind, jobId, attemptId: attempt.attemptId }, dueAtMs - atMs);
    return false;
  }
  attempt.waits.delete(kind);
  return true;
};
