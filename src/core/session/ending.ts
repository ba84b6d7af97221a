import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import { count } from '../effects.ts';
import { settleSegmenter } from './audio-intake.ts';
import { cancelOpenUtterance } from './captions.ts';
import { discardPadding, dropBuffered } from './growing-speech.ts';
import { takeAllWaiting } from './index-allocator.ts';
import { notify } from './notices.ts';
import { giveUp, passResultsOn } from './outcomes.ts';
import { dropSlots } from './results.ts';
import { cutNow, NO_CUTS } from './segmenter.ts';
import type { SessionTurn } from './session-state.ts';
import { clearAllTimers, keepTimer } from './session-timers.ts';
import { endShed } from './shedding.ts';
import { openAllotted } from './utterances.ts';

/** What a client is told that is to come back after a restart. */
const RETRY_AFTER_MS = 1000;

/** Nobody owns anything of the session any more. Always the last effect of a session [SES7]. */
const endWith = (turn: SessionTurn, reason: 'closed' | 'socket_lost' | 'drained'): void => {
  const { state, effects } = turn;
  state.phase = 'ended';
  clearAllTimers(turn);
  effects.push(
    { kind: 'store', request: { verb: 'dropSession', sessionId: state.sessionId, owner: state.owner } },
    count('sessions_ended_total', { reason }),
    { kind: 'ended', reason },
  );
};

/** All that was said becomes jobs now, without a hangover; nothing more is taken [SES5, SES6, W2]. */
const stopListening = (turn: SessionTurn, phase: 'closing' | 'draining'): void => {
  const { state, now } = turn;
  state.phase = phase;
  openAllotted(turn, takeAllWaiting(state.indices));
  keepTimer(turn, 'jump', null);
  settleSegmenter(turn, cutNow(state.segmenter, 'close'));
  discardPadding(state.segmenter);
  settleSegmenter(turn, NO_CUTS);
  endShed(turn);
  keepTimer(turn, 'close', now.atMs + state.settings.closeWaitMs);
};

export const closeSession = (turn: SessionTurn): void => {
  const { state, effects } = turn;
  if (state.isCloseAsked) {
    effects.push(count('messages_ignored_total', { type: 'session_close' }));
    return;
  }
  state.isCloseAsked = true;
  if (state.phase === 'live') stopListening(turn, 'closing');
};

export const drainSession = (turn: SessionTurn): void => {
  const { state } = turn;
  notify(turn, { kind: 'draining', reason: 'restart', retry_after_ms: RETRY_AFTER_MS });
  if (state.phase === 'live') stopListening(turn, 'draining');
  else state.phase = 'draining';
};

/** Results that are still missing will not be waited for. */
export const closeWaitIsOver = (turn: SessionTurn): void => {
  const { state } = turn;
  if (state.phase === 'live') return;
  for (const slot of [...state.results.openByJob.values()]) giveUp(turn, slot, 'session_closed');
  passResultsOn(turn);
};

/** The process goes: what is left is said now, or never. */
export const drainIsOver = (turn: SessionTurn): void => {
  turn.state.portions.isHurried = true;
  passResultsOn(turn);
  closeWaitIsOver(turn);
};

/** Called at the end of every step: a session that is to end does so as soon as nothing is open. */
export const finishIfDone = (turn: SessionTurn): void => {
  const { state, effects } = turn;
  const isEnding = state.phase === 'closing' || state.phase === 'draining';
  if (!isEnding || state.results.slots.size > 0 || state.away !== null) return;
  if (state.outbox.sentSeq < state.outbox.deliverySeq) return;
  if (state.isCloseAsked) {
    effects.push({ kind: 'sendClient', message: { type: 'session_close_ack', session_id: state.sessionId } });
  }
  const isDraining = state.phase === 'draining';
  if (isDraining) {
    const reason = closeReason('DRAINING', RETRY_AFTER_MS);
    effects.push({ kind: 'closeClient', code: CLOSE_CODES.restart, reason });
  }
  endWith(turn, isDraining ? 'drained' : 'closed');
};

/** Nobody is there to hear: all ends as cancelled, counted and delivered to nobody. Source: small print 39 [SES10, W3]. */
export const loseSocket = (turn: SessionTurn): void => {
  const { state, effects } = turn;
  const { results, segmenter, indices } = state;
  for (const { jobId } of results.openByJob.values()) {
    effects.push({ kind: 'cancelJob', jobId, reason: 'cancelled' });
  }
  cancelOpenUtterance(turn);
  const missingCount = results.slots.size;
  if (missingCount > 0) effects.push(count('results_missing_total', { reason: 'cancelled' }, missingCount));
  dropSlots(results);
  const waitingMs = indices.waiting.reduce((sum, { item }) => sum + item.audioMs, 0);
  indices.waiting = [];
  const droppedMs = dropBuffered(segmenter) + waitingMs;
  if (droppedMs > 0) effects.push(count('audio_discarded_ms_total', { reason: 'cancelled' }, droppedMs));
  endWith(turn, 'socket_lost');
};
