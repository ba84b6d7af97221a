import type { JobId } from '#protocol/ids.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import { count } from '../effects.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';
import { messagesOf } from './delivery.ts';
import { type GroupPlace, joinGroup } from './groups.ts';
import { holdDue } from './hold.ts';
import { hasDeliveryFields } from './negotiation.ts';
import { notify, notifyCapacity } from './notices.ts';
import { keepDelivered, nextDeliverySeq } from './outbox.ts';
import { endingBytes } from './outcome-bytes.ts';
import { mayGive, sendKept } from './portions.ts';
import { qualityCounts } from './result-quality.ts';
import { endSlot, type Released, type ResultSlot, releaseReady } from './results.ts';
import type { SessionTurn } from './session-state.ts';
import { keepTimer } from './session-timers.ts';

/** An ending that we decided on, not the dispatcher. */
export const missingOutcome = (turn: SessionTurn, slot: ResultSlot, reason: MissingReason): JobOutcome => ({
  kind: 'missing',
  reason,
  wasSent: slot.wasSent,
  times: {
    createdWallMs: slot.openedWallMs,
    endedWallMs: turn.now.wallMs,
    queuedMs: 0,
    attempts: slot.wasSent ? 1 : 0,
  },
});

/** Gives up an open slot whose job is with the dispatcher; what the job still brings is dropped there or here. */
export const giveUp = (turn: SessionTurn, slot: ResultSlot, reason: MissingReason): void => {
  const { state, effects, now } = turn;
  endSlot(state.results, slot.jobId, missingOutcome(turn, slot, reason), now.atMs);
  effects.push({ kind: 'cancelJob', jobId: slot.jobId, reason });
};

const groupPlaceOf = (turn: SessionTurn, { slot, outcome }: Released): GroupPlace | null => {
  if (outcome.kind !== 'result') return null;
  const { text_asr: textAsr = '', text_translated: textTranslated = '' } = outcome.result;
  const { sessionId, groups } = turn.state;
  const speech = { sessionId, spokenAtMs: slot.facts.firstArrivedAtMs, textAsr, textTranslated };
  return joinGroup(groups, speech, turn.now);
};

const countOutcome = (turn: SessionTurn, { outcome, heldMs }: Released): void => {
  const { effects } = turn;
  if (outcome.kind === 'result') {
    effects.push(count('results_delivered_total'), ...qualityCounts(outcome.result));
  } else {
    const reason = outcome.kind === 'silence' ? 'silence' : outcome.reason;
    effects.push(count('results_missing_total', { reason }));
  }
  if (heldMs > 0) effects.push({ kind: 'observe', name: 'result_hold_ms', value: heldMs });
};

const deliver = (turn: SessionTurn, released: Released): void => {
  const { state, effects, now } = turn;
  const { slot, outcome } = released;
  const place = groupPlaceOf(turn, released);
  const deliverySeq = nextDeliverySeq(state.outbox);
  if (state.away === null) state.outbox.sentSeq = deliverySeq;
  const messages = messagesOf(
    {
      sessionId: state.sessionId,
      slot,
      outcome,
      place,
      isLegacy: state.terms.isLegacy,
      wantsErrors: state.terms.granted.includes('errors'),
      deliverySeq: hasDeliveryFields(state.terms) ? deliverySeq : null,
    },
    now,
  );
  if (outcome.kind === 'result' && outcome.result.asr_quality_level === 'bad') {
    notify(turn, { kind: 'quality', reason: 'bad_recognition', utterance_index: slot.index });
  }
  for (const message of messages) effects.push({ kind: 'sendClient', message });
  const last = messages.at(-1);
  if (last?.type === 'translation_result' || last?.type === 'missing_result')
    keepDelivered(state.outbox, last);
  countOutcome(turn, released);
};

/** Everything that may leave leaves, in order; what blocks it is hastened or given up when its time has come [I2]. */
export const passResultsOn = (turn: SessionTurn): void => {
  const { state, effects, now } = turn;
  const due = holdDue(state.results, state.settings.holdMs, now.atMs);
  for (const { jobId } of due.hasten) effects.push({ kind: 'hastenJob', jobId });
  for (const slot of due.giveUp) giveUp(turn, slot, 'order_timeout');
  if (sendKept(turn)) {
    const mayLeave = (outcome: JobOutcome): boolean => mayGive(turn, endingBytes(outcome));
    for (const released of releaseReady(state.results, now.atMs, mayLeave)) deliver(turn, released);
  }
  keepTimer(turn, 'hold', due.nextAtMs);
};

/** The one ending of a job. One whose slot was given up meanwhile has had its outcome already [RES5]. */
export const takeJobEnded = (turn: SessionTurn, jobId: JobId, outcome: JobOutcome): void => {
  const { state, effects, now } = turn;
  const slot = endSlot(state.results, jobId, outcome, now.atMs);
  if (slot === null) {
    effects.push(
      outcome.kind === 'result'
        ? count('results_dropped_total', { why: 'late' })
        : count('messages_ignored_total', { type: 'job_ended' }),
    );
    return;
  }
  // At once, though the outcome may have to wait for its turn.
  if (outcome.kind === 'missing' && outcome.reason === 'no_capacity') notifyCapacity(turn, slot.index);
  passResultsOn(turn);
  if (state.results.slots.has(slot.index)) effects.push(count('results_held_total'));
};
