import type { JobId } from '#protocol/ids.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';
import type { Caption } from './caption.ts';
import type { HoldState } from './hold.ts';
import { endingSpeechBytes } from './outcome-bytes.ts';
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
  /** Speech of results that wait here for their turn. */
  speechBytes: number;
}

export const newResultQueue = (stream: string): ResultQueue => ({
  stream,
  slots: new Map(),
  openByJob: new Map(),
  hold: { lookAtMs: null, spareUntilAtMs: 0 },
  speechBytes: 0,
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
  queue.speechBytes += endingSpeechBytes(outcome);
  return slot;
};

/** A slot that left the queue, with how it ended. */
export interface Released {
  readonly slot: ResultSlot;
  readonly outcome: JobOutcome;
  readonly heldMs: number;
}

/**
 * Takes out what no open slot stands before, in index order, each exactly once. `mayLeave` is asked of each, until it says
 * no.
 */
export const releaseReady = (
  queue: ResultQueue,
  nowAtMs: number,
  mayLeave: (outcome: JobOutcome) => boolean = () => true,
): readonly Released[] => {
  const released: Released[] = [];
  for (const slot of queue.slots.values()) {
    if (slot.ending === null || !mayLeave(slot.ending.outcome)) break;
    queue.slots.delete(slot.index);
    const { outcome, readyAtMs } = slot.ending;
    queue.speechBytes -= endingSpeechBytes(outcome);
    released.push({ slot, outcome, heldMs: nowAtMs - readyAtMs });
  }
  return released;
};

/** Nobody is there to hear them. */
export const dropSlots = (queue: ResultQueue): void => {
  queue.slots.clear();
  queue.openByJob.clear();
  queue.speechBytes = 0;
};

/** A result that waits for its turn gives up its speech; its texts stay. Returns how much that was. */
const giveUpSpeechOf = (queue: ResultQueue, slot: ResultSlot): number => {
  if (slot.ending?.outcome.kind !== 'result') return 0;
  const { outcome, readyAtMs } = slot.ending;
  const bytes = endingSpeechBytes(outcome);
  if (bytes === 0) return 0;
  const { tts_audio: _speech, ...result } = outcome.result;
  slot.ending = { outcome: { ...outcome, result }, readyAtMs };
  queue.speechBytes -= bytes;
  return bytes;
};

/** At least so much, as far as there is any: those that will wait longest first. Returns whose speech it was. */
export const giveUpWaitingSpeech = (queue: ResultQueue, bytes: number): readonly ResultSlot[] => {
  const poorer: ResultSlot[] = [];
  let leftBytes = bytes;
  for (const slot of [...queue.slots.values()].reverse()) {
    if (leftBytes <= 0 || queue.speechBytes === 0) break;
    const given = giveUpSpeechOf(queue, slot);
    if (given > 0) poorer.push(slot);
    leftBytes -= given;
  }
  return poorer;
};
