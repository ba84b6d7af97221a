import type { ConnectionId } from '#protocol/ids.ts';
import { count } from '../effects.ts';
import { loseSocket } from './ending.ts';
import { freeze } from './freezing.ts';
import { canComeBack } from './negotiation.ts';
import { passResultsOn } from './outcomes.ts';
import { playbackRanOut } from './playback.ts';
import { forgetPortion } from './portions.ts';
import { hearAgain } from './reading.ts';
import type { SessionTurn } from './session-state.ts';

/** A client that lost its socket and is waited for. */
export interface Away {
  /** The last outcome before it went. */
  readonly deliverySeq: number;
}

/** Jobs go on, outcomes are kept, and a pause in a silence that we cannot hear is none [SES41]. */
const goAway = (turn: SessionTurn): void => {
  const { state, effects, now } = turn;
  if (state.frozenFor.has('playback')) playbackRanOut(turn);
  hearAgain(turn);
  freeze(turn, 'away', now.atMs + state.settings.resumeWindowMs);
  state.away = { deliverySeq: state.outbox.sentSeq };
  forgetPortion(state);
  passResultsOn(turn);
  effects.push(count('sessions_away_total'));
};

/** `connectionId`: whose end it is; an earlier socket's is no news. Absent = the present one's. */
export const socketLost = (turn: SessionTurn, connectionId: ConnectionId | undefined): void => {
  const { state } = turn;
  if (state.away !== null) return;
  if (connectionId !== undefined && connectionId !== state.connectionId) return;
  // A process that goes down takes no new sockets, so nobody can come back to it.
  if (canComeBack(state.terms) && state.phase !== 'draining') goAway(turn);
  else loseSocket(turn);
};

/** The client did not come back: as on any lost socket, with what it never saw [SES44]. */
export const giveUpAway = (turn: SessionTurn): void => {
  const { away, outbox } = turn.state;
  if (away === null) return;
  const unseen = outbox.deliverySeq - away.deliverySeq;
  if (unseen > 0) turn.effects.push(count('outcomes_never_fetched_total', undefined, unseen));
  loseSocket(turn);
};
