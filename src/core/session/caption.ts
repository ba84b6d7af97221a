import type { PartialText } from '../jobs/partial-text.ts';

/** What of an utterance's text a listener saw while its job ran. */
export interface Caption {
  readonly attemptId: number;
  /** The node's count within that attempt. */
  readonly nodeRevision: number;
  /** Ours, over all attempts: 1, 2, 3… */
  readonly revision: number;
  readonly settled: string;
  readonly tentative: string;
  readonly isFinal: boolean;
}

/** Longer partial text is not shown: it is kept per open utterance, so it has a bound. */
export const CAPTION_CHARS_MAX = 16_384;

const isOutOfOrder = (shown: Caption, { attemptId, revision }: PartialText): boolean =>
  attemptId < shown.attemptId ||
  (attemptId === shown.attemptId && revision !== null && revision <= shown.nodeRevision);

/**
 * What the listener sees next; null = nothing new, or nothing that may be shown. What was settled once stays the
 * beginning of every later text, whichever attempt tells it: a text that says otherwise is dropped, and the utterance's
 * result will bring the truth. An attempt that began later replaces what the one before it left open, and the earlier
 * one is not heard again [SES61, SES62].
 */
export const nextCaption = (shown: Caption | null, partial: PartialText): Caption | null => {
  const { attemptId, revision, isFinal } = partial;
  const text = partial.settled + partial.tentative;
  if (text.length > CAPTION_CHARS_MAX) return null;
  if (shown !== null && (shown.isFinal || isOutOfOrder(shown, partial))) return null;
  const before = shown?.settled ?? '';
  if (!text.startsWith(before)) return null;
  const settled = partial.settled.length > before.length ? partial.settled : before;
  return {
    attemptId,
    nodeRevision: revision ?? (attemptId === shown?.attemptId ? shown.nodeRevision : 0),
    revision: (shown?.revision ?? 0) + 1,
    settled,
    tentative: text.slice(settled.length),
    isFinal,
  };
};
