import { count } from '../effects.ts';
import { notify } from './notices.ts';
import { giveUpKeptSpeech } from './outbox.ts';
import { giveUpWaitingSpeech } from './results.ts';
import type { SessionTurn } from './session-state.ts';

/** So much more speech of results is held than there is room for. */
export interface SpeechExcess {
  /** Above the high-water mark: what is kept for a return makes room for what people say. */
  readonly keptBytes: number;
  /** Above the bound itself. */
  readonly waitingBytes: number;
}

/**
 * Speech of results makes room, their texts stay: first what is kept for a client that may come back, and which has had
 * it or cannot be heard at present; at the bound also what waits for its turn, which is announced [GAT57].
 */
export const giveUpSpeech = (turn: SessionTurn, { keptBytes, waitingBytes }: SpeechExcess): void => {
  const { results, outbox } = turn.state;
  const keptBeforeBytes = outbox.speechBytes;
  const kept = giveUpKeptSpeech(outbox, keptBytes);
  if (kept > 0) turn.effects.push(count('result_speech_shed_total', { where: 'kept' }, kept));
  const waiting = giveUpWaitingSpeech(results, waitingBytes - (keptBeforeBytes - outbox.speechBytes));
  if (waiting.length === 0) return;
  turn.effects.push(count('result_speech_shed_total', { where: 'waiting' }, waiting.length));
  for (const { index } of waiting) {
    notify(turn, { kind: 'shed', reason: 'speech_backlog', utterance_index: index });
  }
};
