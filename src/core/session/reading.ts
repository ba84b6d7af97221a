import { jumpDueAtMs, postponeWaiting } from './index-allocator.ts';
import { readOn, stopReading } from './segment-clock.ts';
import { segmentDueAtMs } from './segmenter.ts';
import type { SessionTurn } from './session-state.ts';
import { keepTimer } from './session-timers.ts';
import { awaitAfterShed } from './shedding.ts';

/** The client's socket is not read, or is read again: our own slowness is nobody's pause [SEG42]. */
export const takeReading = (turn: SessionTurn, isRead: boolean): void => {
  if (isRead) hearAgain(turn);
  else hearNothing(turn);
};

const hearNothing = (turn: SessionTurn): void => {
  stopReading(turn.state.segmenter);
  keepTimer(turn, 'segment', segmentDueAtMs(turn.state.segmenter));
  keepTimer(turn, 'jump', null);
  keepTimer(turn, 'shed', null);
};

/** Also when its socket is gone, and with it what was not read. */
export const hearAgain = (turn: SessionTurn): void => {
  const { state, now } = turn;
  const { segmenter, indices, settings } = state;
  if (!segmenter.isUnread) return;
  readOn(segmenter, now);
  postponeWaiting(indices, now.atMs + settings.utteranceJumpWaitMs);
  keepTimer(turn, 'segment', segmentDueAtMs(segmenter));
  keepTimer(turn, 'jump', jumpDueAtMs(indices));
  awaitAfterShed(turn);
};
