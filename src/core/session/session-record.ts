import type { SessionState, SessionTurn } from './session-state.ts';
import { keepTimer } from './session-timers.ts';

/** How long other instances remember a session whose process died without a word. */
const RECORD_TTL_MS = 24 * 60 * 60 * 1000;
/** Long before it is over, so that one answer of the store that is lost loses nothing. */
const RENEW_EVERY_MS = RECORD_TTL_MS / 3;

/** What another instance may know of a session: neither audio nor text [SES12]. */
const recordOf = ({ tenant, traceId, wish: { srcLang, tgtLang }, openedWallMs }: SessionState): string =>
  JSON.stringify({ version: 1, tenant, traceId, srcLang, tgtLang, openedWallMs });

/** At the opening, and again before the store forgets it, as long as the session lives [SES91]. */
export const putRecord = (turn: SessionTurn): void => {
  const { state, effects, now } = turn;
  const { sessionId, owner } = state;
  effects.push({
    kind: 'store',
    request: { verb: 'putSession', sessionId, owner, record: recordOf(state), ttlMs: RECORD_TTL_MS },
  });
  keepTimer(turn, 'record', now.atMs + RENEW_EVERY_MS);
};
