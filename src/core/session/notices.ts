import type { Notice } from '#protocol/session-server-messages.ts';
import type { SessionTurn } from './session-state.ts';

/** When a client should try again that met a full system. */
const RETRY_AFTER_MS = 5000;

/** What goes on behind the scenes, to clients granted `notices` and to nobody else [SES70]. */
export const notify = (
  { state, effects }: SessionTurn,
  notice: Omit<Notice, 'type' | 'session_id'>,
): void => {
  if (!state.terms.granted.includes('notices')) return;
  effects.push({ kind: 'sendClient', message: { type: 'notice', session_id: state.sessionId, ...notice } });
};

/** No room for this utterance: it ends without a result, and a later one may fare better [SES71]. */
export const notifyCapacity = (turn: SessionTurn, utteranceIndex: number): void => {
  notify(turn, {
    kind: 'capacity',
    reason: 'no_capacity',
    utterance_index: utteranceIndex,
    retry_after_ms: RETRY_AFTER_MS,
  });
};

/** An utterance met a limit of the server; which one is the reason. */
export const notifyLimit = (turn: SessionTurn, utteranceIndex: number, reason: string): void => {
  notify(turn, { kind: 'limit', reason, utterance_index: utteranceIndex });
};
