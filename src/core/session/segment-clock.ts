import type { Now } from '../clock.ts';
import type { Segmenter } from './growing-speech.ts';

const countPauseFrom = (segmenter: Segmenter, now: Now): void => {
  if (segmenter.quietAtMs === null) return;
  segmenter.quietAtMs = Math.max(segmenter.quietAtMs, now.atMs + segmenter.limits.pauseMs);
  segmenter.mergeUntilAtMs = null;
};

/** Playback begins: neither the pause timer nor a gap cuts [SEG13]. */
export const freezeSegmenter = (segmenter: Segmenter): void => {
  segmenter.isFrozen = true;
};

/** Playback is over: a pause counts from now. */
export const thawSegmenter = (segmenter: Segmenter, now: Now): void => {
  segmenter.isFrozen = false;
  countPauseFrom(segmenter, now);
};

/** From here on nothing the speaker sends is read: no time that passes says anything [SEG42]. */
export const stopReading = (segmenter: Segmenter): void => {
  segmenter.isUnread = true;
};

/** What was sent meanwhile comes now: a pause counts from here, and so does, once, a hangover. */
export const readOn = (segmenter: Segmenter, now: Now): void => {
  if (!segmenter.isUnread) return;
  segmenter.isUnread = false;
  countPauseFrom(segmenter, now);
  const { hangover } = segmenter;
  if (hangover === null || hangover.anewMs === 0) return;
  const endsAtMs = Math.max(hangover.endsAtMs, now.atMs + hangover.anewMs);
  segmenter.hangover = { ...hangover, endsAtMs, anewMs: 0 };
};
