import type { ResultQueue, ResultSlot } from './results.ts';

/** What a queue remembers of its hold between two looks at it. */
export interface HoldState {
  /** When it is looked at next; null = nothing waits for an open slot. */
  lookAtMs: number | null;
  /** Until then nothing is given up, because we stood still ourselves. */
  spareUntilAtMs: number;
}

/** What is to be done about open slots that ready ones wait for. */
export interface HoldDue {
  /** One that is to be hastened twice stands here twice. */
  readonly hasten: readonly ResultSlot[];
  /** Their time is up: they end as missing(`order_timeout`). */
  readonly giveUp: readonly ResultSlot[];
  /** When to look again; null = nothing waits for an open slot. */
  readonly nextAtMs: number | null;
}

/**
 * The jobs in front are hastened after a third of the hold, and once more after two; one that is old by then is hastened at
 * once besides. Source: design 6.4, decisions 0005 and 0007.
 */
const HASTEN_SHARES = [1 / 3, 2 / 3] as const;
const HASTEN_SHARES_OLD = [0, ...HASTEN_SHARES] as const;

/** It has been under way for as long as it would be given if it had just begun to hold up others. */
const isOld = ({ openedAtMs }: ResultSlot, sinceAtMs: number, holdMs: number): boolean =>
  sinceAtMs - openedAtMs >= holdMs / 3;

/** A look that comes later than this was kept from coming by our own stall. */
const LATE_MS = 250;
/**
 * Of the hold: so long at most what lies in our queues after a stall has a chance to be read, and those that were to be
 * hastened meanwhile to be answered [RES8].
 */
const SPARED_SHARE_MAX = 1 / 3;

const spareAfterStall = (hold: HoldState, holdMs: number, nowAtMs: number): void => {
  // A process that is always late would spare for ever: the look at the end of a spare gives no other.
  if (hold.lookAtMs === null || hold.lookAtMs <= hold.spareUntilAtMs) return;
  const lateMs = nowAtMs - hold.lookAtMs;
  if (lateMs > LATE_MS) hold.spareUntilAtMs = nowAtMs + Math.min(lateMs, holdMs * SPARED_SHARE_MAX);
};

/**
 * A ready slot waits for the open ones before it: at most `holdMs` from the moment it became ready, and after a third of
 * that they are hastened, and after two, and at once if they are old [RES3, RES4].
 */
export const holdDue = (queue: ResultQueue, holdMs: number, nowAtMs: number): HoldDue => {
  const { hold, openByJob, slots } = queue;
  spareAfterStall(hold, holdMs, nowAtMs);
  const hasten: ResultSlot[] = [];
  const giveUp: ResultSlot[] = [];
  let nextAtMs = Number.POSITIVE_INFINITY;
  // Where nothing is ready behind an open slot, all slots are open.
  const isBlocked = openByJob.size > 0 && openByJob.size < slots.size;
  /** Since when the slot that is looked at holds up a later one. */
  let sinceAtMs = Number.POSITIVE_INFINITY;
  for (const slot of isBlocked ? [...slots.values()].reverse() : []) {
    if (slot.ending !== null) {
      sinceAtMs = Math.min(sinceAtMs, slot.ending.readyAtMs);
      continue;
    }
    if (sinceAtMs === Number.POSITIVE_INFINITY) continue;
    const endAtMs = Math.max(sinceAtMs + holdMs, hold.spareUntilAtMs);
    if (nowAtMs >= endAtMs) {
      giveUp.unshift(slot);
      continue;
    }
    const shares = isOld(slot, sinceAtMs, holdMs) ? HASTEN_SHARES_OLD : HASTEN_SHARES;
    const dueAtMs = shares.map((share) => sinceAtMs + holdMs * share);
    const hastenings = dueAtMs.filter((atMs) => nowAtMs >= atMs).length;
    // A look that came late has missed some: each is said.
    for (; slot.hastenings < hastenings; slot.hastenings += 1) hasten.unshift(slot);
    nextAtMs = Math.min(nextAtMs, dueAtMs[slot.hastenings] ?? endAtMs);
  }
  hold.lookAtMs = Number.isFinite(nextAtMs) ? nextAtMs : null;
  return { hasten, giveUp, nextAtMs: hold.lookAtMs };
};
