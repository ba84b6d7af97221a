import type { JobId } from '#protocol/ids.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';
import type { Caption } from './caption.ts';
import type { HoldState } from './hold.ts';
import type { UtteranceFacts } from './spoken-utterance.ts';

/**
 * The place of one utterance in the results of one listener stream: open until its job ends, then ready until all
 * before it have left.
 */
export interface ResultSlot {
  readonly index: number;
  readonly jobId: JobId;
  readonly facts: UtteranceFacts;
  readonly openedAtMs: number;
  readonly openedWallMs: number;
  /** Set once. */
  ending: SlotEnding | null;
  /** A node got its job. */
  wasSent: boolean;
  /** How often more attempts were asked for. */
  hastenings: number;
  /** Text that was shown of it so far. */
  caption: Caption | null;
}

interface SlotEnding {
  readonly outcome: JobOutcome;
  readonly readyAtMs: number;
}

/**
 * The results of one speaker on their way to one listener, in index order [I2]. A slot's key is (stream, index):
 * further listeners of the same speech are further queues, and none waits for another's.
 */
export interface ResultQueue {
  readonly stream: string;
  /** By index; in the order of indices, because slots are opened in it. */
  readonly slots: Map<number, ResultSlot>;
  readonly openByJob: Map<JobId, ResultSlot>;
  readonly hold: HoldState;
}

export const newResultQueue = (stream: string): ResultQueue => ({
  stream,
  slots: new Map(),
  openByJob: new Map(),
  hold: { lookAtMs: null, spareUntilAtMs: 0 },
});

/** Indices come from one allocator and only grow. */
export const openSlot = (
  queue: ResultQueue,
  place: Pick<ResultSlot, 'index' | 'jobId' | 'facts' | 'openedAtMs' | 'openedWallMs'>,
): ResultSlot => {
  const slot: ResultSlot = { ...place, ending: null, wasSent: false, hastenings: 0, caption: null };
  queue.slots.set(slot.index, slot);
  queue.openByJob.set(slot.jobId, slot);
  return slot;
};

/** The first ending counts. Null: there is no such open slot, because it was given up or never was [RES5]. */
export const endSlot = (
  queue: ResultQueue,
  jobId: JobId,
  outcome: JobOutcome,
  nowAtMs: number,
): ResultSlot | null => {
  const slot = queue.openByJob.get(jobId);
  if (slot === undefined) return null;
  queue.openByJob.delete(jobId);
  slot.ending = { outcome, readyAtMs: nowAtMs };
  return slot;
};

/** A slot that left the queue, with how it ended. */
export interface Released {
  readonly slot: ResultSlot;
  readonly outcome: JobOutcome;
  readonly heldMs: number;
}

/** Takes out what no open slot stands before, in index order, each exactly once. */
export const releaseReady = (queue: ResultQueue, nowAtMs: number): readonly Released[] => {
  const released: Released[] = [];
  for (const slot of queue.slots.values()) {
    if (slot.ending === null) break;
    queue.slots.delete(slot.index);
    const { outcome, readyAtMs } = slot.ending;
    released.push({ slot, outcome, heldMs: nowAtMs - readyAtMs });
  }
  return released;
};
