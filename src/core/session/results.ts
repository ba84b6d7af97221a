import type { JobId } from '#protocol/ids.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';
import type { Caption } from './caption.ts';
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
  /** A second attempt was asked for already. */
  wasHastened: boolean;
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
  /** Speech of results that wait here for their turn. */
  speechBytes: number;
}

export const newResultQueue = (stream: string): ResultQueue => ({
  stream,
  slots: new Map(),
  openByJob: new Map(),
  speechBytes: 0,
});

/** Indices come from one allocator and only grow. */
export const openSlot = (
  queue: ResultQueue,
  place: Pick<ResultSlot, 'index' | 'jobId' | 'facts' | 'openedAtMs' | 'openedWallMs'>,
): ResultSlot => {
  const slot: ResultSlot = { ...place, ending: null, wasSent: false, wasHastened: false, caption: null };
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

/** The share of the hold after which the jobs in front are hastened. Source: design 6.4. */
const HASTEN_SHARE = 1 / 3;

/** What is to be done about open slots that ready ones wait for. */
export interface HoldDue {
  readonly hasten: readonly ResultSlot[];
  /** Their time is up: they end as missing(`order_timeout`). */
  readonly giveUp: readonly ResultSlot[];
  /** When to look again; null = nothing waits for an open slot. */
  readonly nextAtMs: number | null;
}

const NOTHING_DUE: HoldDue = { hasten: [], giveUp: [], nextAtMs: null };

/** Whose wait is over; everything before it leaves together with it. */
const isOverdue = ({ ending }: ResultSlot, holdMs: number, nowAtMs: number): boolean =>
  ending !== null && nowAtMs >= ending.readyAtMs + holdMs;

/**
 * A ready slot waits for the open ones before it: at most `holdMs` from the moment it became ready, and after a third of
 * that they are hastened, each once [RES3, RES4].
 */
export const holdDue = (queue: ResultQueue, holdMs: number, nowAtMs: number): HoldDue => {
  // Where nothing is ready behind an open slot, all slots are open.
  if (queue.openByJob.size === 0 || queue.openByJob.size === queue.slots.size) return NOTHING_DUE;
  const slots = [...queue.slots.values()];
  const overdueCount = slots.findLastIndex((slot) => isOverdue(slot, holdMs, nowAtMs)) + 1;
  const giveUp = slots.slice(0, overdueCount).filter(({ ending }) => ending === null);
  const hasten: ResultSlot[] = [];
  /** Open ones that were not hastened yet, and whether there are others. */
  let unhastened: ResultSlot[] = [];
  let isBlocked = false;
  let nextAtMs: number | null = null;
  for (const slot of slots.slice(overdueCount)) {
    if (slot.ending === null) {
      isBlocked = true;
      if (!slot.wasHastened) unhastened.push(slot);
      continue;
    }
    if (!isBlocked) continue;
    const hastenAtMs = slot.ending.readyAtMs + holdMs * HASTEN_SHARE;
    if (nowAtMs >= hastenAtMs) {
      for (const open of unhastened) open.wasHastened = true;
      hasten.push(...unhastened);
      unhastened = [];
    }
    const dueAtMs = unhastened.length === 0 ? slot.ending.readyAtMs + holdMs : hastenAtMs;
    nextAtMs = Math.min(nextAtMs ?? dueAtMs, dueAtMs);
  }
  return { hasten, giveUp, nextAtMs };
};
