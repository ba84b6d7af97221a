import { freezeSegmenter, thawSegmenter } from './segment-clock.ts';
import { segmentDueAtMs } from './segmenter.ts';
import type { SessionTurn } from './session-state.ts';
import { keepTimer } from './session-timers.ts';

/**
 * Why no pause counts: a translation is being played, we hold the client in `PAUSE`, or it has no socket. Each has a timer
 * of its name.
 */
export type FreezeReason = 'playback' | 'held' | 'away';

/** Neither timer nor gap cuts until this reason is over, at the latest at `untilAtMs`. The first end given stays. */
export const freeze = (turn: SessionTurn, why: FreezeReason, untilAtMs: number): void => {
  const { frozenFor, segmenter } = turn.state;
  if (frozenFor.has(why)) return;
  frozenFor.add(why);
  freezeSegmenter(segmenter);
  keepTimer(turn, why, untilAtMs);
  keepTimer(turn, 'segment', segmentDueAtMs(segmenter));
};

/** When no reason is left a pause counts from now. */
export const thaw = (turn: SessionTurn, why: FreezeReason): void => {
  const { frozenFor, segmenter } = turn.state;
  if (!frozenFor.delete(why)) return;
  keepTimer(turn, why, null);
  if (frozenFor.size > 0) return;
  thawSegmenter(segmenter, turn.now);
  keepTimer(turn, 'segment', segmentDueAtMs(segmenter));
};
