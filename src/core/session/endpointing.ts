import type { Endpointing } from '#protocol/shapes.ts';
import type { SessionSettings } from '../settings.ts';
import type { SegmentLimits } from './growing-speech.ts';

/** What a client may wish for at most; shorter pauses would cut inside words. */
const PAUSE_MS_MIN = 200;
const PAUSE_MS_MAX = 10_000;
const DURATION_MS_MIN = 1000;
/** A sentence may be short; what is longer than this is one. */
const MIN_UTTERANCE_MS_MAX = 5000;

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

const pauseMsOf = (wish: Endpointing, settings: SessionSettings): number => {
  if (wish.manual_only === true) return 0;
  if (wish.pause_ms === undefined) return settings.pauseMs;
  return clamp(wish.pause_ms, PAUSE_MS_MIN, Math.max(PAUSE_MS_MAX, settings.pauseMs));
};

/** The server's limit stays one: a wish can only shorten it, and 0 (none) is not granted where there is one. */
const maxDurationMsOf = ({ max_duration_ms }: Endpointing, { maxDurationMs }: SessionSettings): number => {
  if (max_duration_ms === undefined || max_duration_ms === 0) return maxDurationMs;
  const longest = maxDurationMs === 0 ? Number.POSITIVE_INFINITY : maxDurationMs;
  return Math.min(Math.max(max_duration_ms, DURATION_MS_MIN), longest);
};

/** Never above the longest utterance: that is cut in any case. */
const minUtteranceMsOf = ({ min_utterance_ms = 0 }: Endpointing, maxDurationMs: number): number =>
  clamp(min_utterance_ms, 0, Math.min(MIN_UTTERANCE_MS_MAX, maxDurationMs || MIN_UTTERANCE_MS_MAX));

/** A client's wishes within the server's limits [SES4]. */
export const limitsFor = (wish: Endpointing, settings: SessionSettings): SegmentLimits => ({
  pauseMs: pauseMsOf(wish, settings),
  maxDurationMs: maxDurationMsOf(wish, settings),
  minUtteranceMs: minUtteranceMsOf(wish, maxDurationMsOf(wish, settings)),
  hangoverAutoMs: settings.hangoverAutoMs,
  hangoverManualMs: settings.hangoverManualMs,
  leadingSilenceMs: settings.leadingSilenceMs,
  utteranceMaxBytes: settings.utteranceMaxBytes,
});

/** What is in effect, as the client is told. */
export const effectiveEndpointing = (wish: Endpointing, limits: SegmentLimits): Endpointing => ({
  pause_ms: limits.pauseMs,
  max_duration_ms: limits.maxDurationMs,
  min_utterance_ms: limits.minUtteranceMs,
  manual_only: wish.manual_only ?? false,
});
