import type { SessionServerMessage } from '#protocol/messages.ts';
import { deliveredAfter } from './outbox.ts';
import type { SessionState, SessionTurn } from './session-state.ts';

/** What the client was told last of its audio, and a gap that it is still to be told. */
export interface AudioAckMarks {
  ackedAudioMs: number;
  ackedDeliverySeq: number;
  gap: { readonly fromSeq: number; readonly toSeq: number } | null;
}

export const newAudioAckMarks = (): AudioAckMarks => ({ ackedAudioMs: 0, ackedDeliverySeq: 0, gap: null });

const ACK_EVERY_MS = 1000;

/**
 * All audio before this offset is behind the client: spoken in utterances whose outcome it has, or silence that was
 * discarded. `deliveredSeq`: the last outcome that it is known, or bound, to have.
 */
const coveredMsOf = (
  { acceptedAudioMs, segmenter, results, indices, outbox }: SessionState,
  deliveredSeq: number,
) => {
  let coveredMs = segmenter.growing?.audioStartMs ?? acceptedAudioMs - segmenter.paddingMs;
  for (const { facts } of results.slots.values()) coveredMs = Math.min(coveredMs, facts.audioStartMs);
  for (const { item } of indices.waiting) coveredMs = Math.min(coveredMs, item.audioStartMs);
  if (deliveredSeq < outbox.deliverySeq) {
    for (const { message } of deliveredAfter(outbox, deliveredSeq)) {
      coveredMs = Math.min(coveredMs, message.audio_start_ms ?? coveredMs);
    }
  }
  return Math.max(0, Math.floor(coveredMs));
};

/** How far the client's audio has come. Without `received_seq` no chunk has been taken yet. */
export const audioProgress = (state: SessionState, deliveredSeq: number = state.outbox.sentSeq) => ({
  session_id: state.sessionId,
  ...(state.seqs.last < 0 ? {} : { received_seq: state.seqs.last }),
  received_ms: Math.floor(state.acceptedAudioMs),
  covered_ms: coveredMsOf(state, deliveredSeq),
});

/** Numbers that never came, right before the chunk that did. */
export const noteGap = ({ state }: SessionTurn, fromSeq: number, toSeq: number): void => {
  state.audioAck.gap = { fromSeq: state.audioAck.gap?.fromSeq ?? fromSeq, toSeq };
};

/** From here on counts what comes; called when the client was told in another way. */
export const markAcknowledged = ({ audioAck, acceptedAudioMs, outbox }: SessionState): void => {
  audioAck.ackedAudioMs = acceptedAudioMs;
  audioAck.ackedDeliverySeq = outbox.sentSeq;
  audioAck.gap = null;
};

/** At the end of every step: a second of audio was taken, an outcome has left, or a gap was seen [SES47]. */
export const acknowledgeAudio = ({ state, effects }: SessionTurn): void => {
  const { audioAck, away, outbox, terms } = state;
  const { gap } = audioAck;
  const isDue =
    gap !== null ||
    audioAck.ackedDeliverySeq !== outbox.sentSeq ||
    state.acceptedAudioMs - audioAck.ackedAudioMs >= ACK_EVERY_MS;
  if (!isDue || away !== null || !terms.granted.includes('ack')) return;
  const message: SessionServerMessage = {
    type: 'audio_ack',
    ...audioProgress(state),
    ...(gap === null ? {} : { missing_from_seq: gap.fromSeq, missing_to_seq: gap.toSeq }),
  };
  markAcknowledged(state);
  effects.push({ kind: 'sendClient', message });
};
