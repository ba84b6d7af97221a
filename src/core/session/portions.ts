import { count } from '../effects.ts';
import type { SessionTurn } from './session-state.ts';

/**
 * Outcomes leave in portions: what a client was given must be on its way before it is given more [RES21]. So many that
 * become free at once never look like a client that does not read, and wait where they are counted.
 */
export interface Portions {
  /** Given since all was known to be on its way. */
  givenBytes: number;
  /** The socket was asked to say when it is. */
  isAsked: boolean;
  /** Counts the questions: the answer to an earlier one, as of an earlier socket, is no news. */
  question: number;
  /** There is no more time to wait for the client. */
  isHurried: boolean;
}

export const newPortions = (): Portions => ({ givenBytes: 0, isAsked: false, question: 0, isHurried: false });

/** Whether so much may leave now; if not, the socket will say when. A portion takes one outcome of any size. */
export const mayGive = ({ state, effects }: SessionTurn, bytes: number): boolean => {
  const { portions, away, settings } = state;
  // What is told to nobody is only kept.
  if (away !== null || portions.isHurried) return true;
  if (portions.givenBytes === 0 || portions.givenBytes + bytes <= settings.portionBytesMax) {
    portions.givenBytes += bytes;
    return true;
  }
  if (!portions.isAsked) {
    portions.isAsked = true;
    portions.question += 1;
    effects.push({ kind: 'askTaken', question: portions.question });
  }
  return false;
};

/** True when the next portion may leave. */
export const portionTaken = ({ portions }: SessionTurn['state'], question: number): boolean => {
  if (!portions.isAsked || question !== portions.question) return false;
  portions.givenBytes = 0;
  portions.isAsked = false;
  return true;
};

/** The socket is gone; the next one begins with nothing on its way. */
export const forgetPortion = ({ portions }: SessionTurn['state']): void => {
  portions.givenBytes = 0;
  portions.isAsked = false;
};

/** To a client that came back: what it was not sent on this socket yet. True when nothing of it is left [SES42]. */
export const sendKept = (turn: SessionTurn): boolean => {
  const { state, effects } = turn;
  const { outbox } = state;
  if (state.away !== null || outbox.sentSeq === outbox.deliverySeq) return true;
  for (const { deliverySeq, message, form, bytes } of outbox.entries) {
    if (deliverySeq <= outbox.sentSeq) continue;
    if (!mayGive(turn, bytes)) return false;
    outbox.sentSeq = deliverySeq;
    effects.push({ kind: 'sendClient', message, isAgain: true }, count('results_resent_total', { form }));
  }
  outbox.sentSeq = outbox.deliverySeq;
  return true;
};
