import type { NodeAsrPartial } from '#protocol/node-agent-messages.ts';

/**
 * Text of a job that still runs, as one attempt tells it.
 *
 * shape: `settled` and `tentative` make up what the attempt has recognised so far; `text` is the node's own word for it.
 * units: `revision` counts within the attempt; null = its node counts none.
 */
export interface PartialText {
  readonly attemptId: number;
  readonly revision: number | null;
  readonly text: string;
  /** The node will not change it any more; all of the text once it is final. */
  readonly settled: string;
  readonly tentative: string;
  readonly isFinal: boolean;
}

/** A node that tells nothing apart has settled nothing before its final text [SES60]. */
export const partialTextOf = (message: NodeAsrPartial, attemptId: number): PartialText => {
  const { text, is_final: isFinal, revision = null, settled } = message;
  const whole = settled === undefined ? text : settled + (message.tentative ?? '');
  const stays = isFinal ? whole : (settled ?? '');
  return { attemptId, revision, text, settled: stays, tentative: whole.slice(stays.length), isFinal };
};
