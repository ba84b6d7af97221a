import type { Now } from '../clock.ts';
import type { CutReason } from '../jobs/job-request.ts';
import {
  begin,
  cut,
  discardPadding,
  type GrowingUtterance,
  grow,
  isSameForm,
  keepAsPadding,
  type Segmenter,
  utteranceBytes,
} from './growing-speech.ts';
import {
  type BehindFinal,
  followFinal,
  type HeardPiece,
  isNextSentence,
  newBehindFinal,
} from './hangover.ts';
import type { SpeechWish, SpokenUtterance } from './spoken-utterance.ts';

/** Cuts in the order of speech; mostly there is none, and then nothing is made. */
export type Cuts = readonly SpokenUtterance[];
export const NO_CUTS: Cuts = [];

/** When the segmenter wants to be asked again; null = not without a new piece. */
export const segmentDueAtMs = (segmenter: Segmenter): number | null => {
  const { hangover, isUnread } = segmenter;
  if (hangover !== null) return isUnread && hangover.anewMs > 0 ? null : hangover.endsAtMs;
  if (segmenter.growing === null || segmenter.isFrozen || isUnread) return null;
  return segmenter.mergeUntilAtMs ?? segmenter.quietAtMs;
};

/** A short utterance that a pause would end waits for more speech, at most so long. */
const MERGE_WAIT_MS = 10_000;

const isShort = ({ limits }: Segmenter, { audioMs }: GrowingUtterance): boolean =>
  audioMs < limits.minUtteranceMs;

/** A cut that was decided before keeps its reason, and takes what was kept apart for it. */
const cutAtOnce = (segmenter: Segmenter, reason: CutReason): SpokenUtterance | null => {
  const { growing, hangover } = segmenter;
  if (growing === null) return null;
  for (const { heard } of hangover?.behind?.pieces ?? []) grow(growing, heard.piece);
  return cut(segmenter, growing, hangover?.cut ?? reason);
};

const isSameWish = (a: SpeechWish, b: SpeechWish): boolean =>
  a === b || (a.srcLang === b.srcLang && a.tgtLang === b.tgtLang && a.dialect === b.dialect);

/**
 * Whether this piece cannot belong to what is growing, and why. A gap is judged first, so that it closes the utterance
 * before it and never takes the new piece along [SEG5]; after a final it is not judged, for the piece that follows a
 * final belongs to it.
 */
const seamBefore = (segmenter: Segmenter, { piece, wish, arrivedAtMs }: HeardPiece): CutReason | null => {
  const { growing, hangover, quietAtMs, limits, isFrozen, isUnread } = segmenter;
  const isLate = quietAtMs !== null && arrivedAtMs > quietAtMs && !isFrozen && !isUnread;
  if (growing === null) {
    if (isLate) discardPadding(segmenter);
    return null;
  }
  if (isLate && hangover?.cut !== 'manual' && !isShort(segmenter, growing)) return 'gap';
  if (!isSameForm(growing.first, piece) || !isSameWish(growing.wish, wish)) return 'gap';
  if (growing.audioMs + piece.durationMs > (hangover?.audioMsMax ?? Number.POSITIVE_INFINITY))
    return 'max_duration';
  return utteranceBytes(segmenter) + piece.bytes.byteLength > limits.utteranceMaxBytes ? 'max_length' : null;
};

/** What came behind the final is a sentence of its own: the cut is where the final stood [SEG40, SEG41]. */
const cutAtFinal = (segmenter: Segmenter): Cuts => {
  const { growing, hangover } = segmenter;
  if (growing === null || hangover?.behind?.isApart !== true) return NO_CUTS;
  const cuts = [cut(segmenter, growing, hangover.cut)];
  for (const { heard, now } of hangover.behind.pieces) cuts.push(...takePiece(segmenter, heard, now));
  return cuts;
};

/** A piece behind a final that met speech. */
const keepApart = (segmenter: Segmenter, behind: BehindFinal, heard: HeardPiece, now: Now): Cuts => {
  followFinal(behind, heard, now);
  return isNextSentence(behind) && !segmenter.isFrozen ? cutAtFinal(segmenter) : NO_CUTS;
};

/** The final met no speech, and what follows is more than it can have overtaken: it closed nothing [SEG41]. */
const forgetEmptyFinal = (segmenter: Segmenter): void => {
  segmenter.hangover = null;
  segmenter.emptyFinals += 1;
};

/** A piece of what is growing. Null, or the utterance that it made too large. */
const growBy = (
  segmenter: Segmenter,
  growing: GrowingUtterance,
  { piece }: HeardPiece,
  now: Now,
): SpokenUtterance | null => {
  const { limits } = segmenter;
  grow(growing, piece);
  if (growing.audioBytes > limits.utteranceMaxBytes) return cutAtOnce(segmenter, 'max_length');
  if (limits.maxDurationMs > 0 && growing.audioMs >= limits.maxDurationMs) {
    segmenter.hangover ??= {
      cut: 'max_duration',
      endsAtMs: now.atMs + limits.hangoverAutoMs,
      anewMs: limits.hangoverAutoMs,
      audioMsMax: growing.audioMs + limits.hangoverAutoMs,
    };
  }
  return null;
};

/** A piece was accepted. Does a bounded amount of work, and allocates nothing unless an utterance begins or ends. */
export const takePiece = (segmenter: Segmenter, heard: HeardPiece, now: Now): Cuts => {
  const { piece } = heard;
  const seam = seamBefore(segmenter, heard);
  const before = seam === null ? null : cutAtOnce(segmenter, seam);
  const { limits } = segmenter;
  segmenter.mergeUntilAtMs = null;
  segmenter.quietAtMs = limits.pauseMs > 0 ? now.atMs + piece.durationMs + limits.pauseMs : null;
  if (segmenter.growing === null && piece.isSilent) {
    keepAsPadding(segmenter, piece);
    return before === null ? NO_CUTS : [before];
  }
  const behind = segmenter.hangover?.behind;
  // No seam was before it then: that would have ended the hangover.
  if (segmenter.growing !== null && behind?.isApart === true) return keepApart(segmenter, behind, heard, now);
  const growing = segmenter.growing ?? begin(segmenter, heard, now);
  if (behind !== undefined) {
    followFinal(behind, heard, now);
    if (isNextSentence(behind) && !segmenter.isFrozen) forgetEmptyFinal(segmenter);
  }
  const after = growBy(segmenter, growing, heard, now);
  if (before === null) return after === null ? NO_CUTS : [after];
  return after === null ? [before] : [before, after];
};

/**
 * The client ends its utterance. A final that meets no speech takes what comes within the hangover: clients send the
 * final before the audio it is meant to close [SEG7, SEG8]. Speech that came behind an earlier final has its own in this
 * one [SEG40].
 */
export const takeFinal = (segmenter: Segmenter, now: Now): Cuts => {
  const { hangover, limits } = segmenter;
  if (segmenter.growing === null && hangover !== null) segmenter.emptyFinals += 1;
  const isRepeat = segmenter.growing !== null && hangover?.cut === 'manual';
  if (isRepeat && hangover.behind?.hasSpeech !== true) return NO_CUTS;
  const cuts = isRepeat ? cutAtFinal(segmenter) : NO_CUTS;
  const earlierEndAtMs = limits.hangoverManualMs === 0 ? 0 : (hangover?.endsAtMs ?? 0);
  const endsAtMs = Math.max(earlierEndAtMs, now.atMs + limits.hangoverManualMs);
  // What a client keeps back while we ask it to comes in one heap behind its final, and belongs to it.
  const lateMsMax = segmenter.isFrozen ? Number.POSITIVE_INFINITY : limits.hangoverManualMs;
  const behind = newBehindFinal(segmenter.growing !== null, lateMsMax);
  segmenter.hangover = { cut: 'manual', endsAtMs, anewMs: limits.hangoverManualMs, behind };
  return cuts;
};

/** The time that `segmentDueAtMs` named has come; earlier it does nothing. */
export const segmentTimerFired = (segmenter: Segmenter, now: Now): Cuts => {
  const dueAtMs = segmentDueAtMs(segmenter);
  if (dueAtMs === null || now.atMs < dueAtMs) return NO_CUTS;
  const { growing, hangover, mergeUntilAtMs } = segmenter;
  if (hangover === null) {
    if (growing !== null && mergeUntilAtMs === null && isShort(segmenter, growing)) {
      segmenter.mergeUntilAtMs = now.atMs + MERGE_WAIT_MS;
      return NO_CUTS;
    }
    const { hangoverAutoMs } = segmenter.limits;
    segmenter.hangover = { cut: 'pause', endsAtMs: now.atMs + hangoverAutoMs, anewMs: hangoverAutoMs };
    return NO_CUTS;
  }
  return cutNow(segmenter, hangover.cut);
};

/** Ends what is growing without a hangover: the session closes, or a whole utterance comes after it. */
export const cutNow = (segmenter: Segmenter, reason: CutReason): Cuts => {
  const done = cutAtOnce(segmenter, reason);
  if (done !== null) return [done];
  if (segmenter.hangover !== null) {
    segmenter.hangover = null;
    segmenter.emptyFinals += 1;
  }
  return NO_CUTS;
};
