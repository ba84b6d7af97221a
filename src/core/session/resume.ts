import type { ConnectionId } from '#protocol/ids.ts';
import { count } from '../effects.ts';
import { audioProgress, markAcknowledged } from './audio-ack.ts';
import { indexOfNextCut } from './captions.ts';
import { thaw } from './freezing.ts';
import { acknowledgeDelivery } from './outbox.ts';
import { passResultsOn } from './outcomes.ts';
import { forgetPortion } from './portions.ts';
import { hearAgain } from './reading.ts';
import type { SessionTurn } from './session-state.ts';

/** A client on a new socket, with the token of this session. */
export interface Return {
  readonly connectionId: ConnectionId;
  readonly lastDeliverySeq: number;
  /** For the next time. */
  readonly resumeToken: string;
}

/**
 * The session goes on where it was: the ack, every outcome that the client has not seen, in order, and then what comes
 * [SES42]. Its pauses count from now: what it says first is a replay and comes all at once.
 */
export const resumeSession = (
  turn: SessionTurn,
  { connectionId, lastDeliverySeq, resumeToken }: Return,
): void => {
  const { state, effects, now } = turn;
  const { outbox, settings } = state;
  state.connectionId = connectionId;
  state.lastActivityAtMs = now.atMs;
  state.away = null;
  hearAgain(turn);
  thaw(turn, 'away');
  outbox.sentSeq = 0;
  acknowledgeDelivery(outbox, lastDeliverySeq);
  forgetPortion(state);
  effects.push(
    count('sessions_resumed_total'),
    { kind: 'attachClient', connectionId },
    {
      kind: 'sendClient',
      message: {
        type: 'session_resume_ack',
        ...audioProgress(state, lastDeliverySeq),
        resume_token: resumeToken,
        resume_window_ms: settings.resumeWindowMs,
        next_utterance_index: indexOfNextCut(state),
      },
    },
  );
  passResultsOn(turn);
  markAcknowledged(state);
};
