import type { AudioPiece } from '#protocol/audio.ts';
import type { Now } from '../clock.ts';
import type { CutReason } from '../jobs/job-request.ts';
import type { Writable } from '../writable.ts';
import type { Hangover, HeardPiece } from './hangover.ts';
import type { SpeechWish, SpokenUtterance } from './spoken-utterance.ts';

/** When speech is cut. units: ms and bytes; `pauseMs` and `maxDurationMs` 0 = never cut for that. */
export interface SegmentLimits {
  readonly pauseMs: number;
  readonly maxDurationMs: number;
  /** What a pause ends earlier goes on with the speech that follows [SEG30]. */
  readonly minUtteranceMs: number;
  readonly hangoverAutoMs: number;
  readonly hangoverManualMs: number;
  readonly leadingSilenceMs: number;
  readonly utteranceMaxBytes: number;
}

export interface GrowingUtterance {
  readonly audio: AudioPiece[];
  readonly first: AudioPiece;
  readonly audioStartMs: number;
  readonly firstArrivedAtMs: number;
  readonly speechStartWallMs: number;
  readonly uplinkMs: number | undefined;
  readonly wish: SpeechWish;
  audioMs: number;
  audioBytes: number;
}

/**
 * What one speaker is saying, and where it will be cut. Changed only by the functions of this file and of `segmenter.ts`.
 * Two things are left here for the owner to collect after each call: silence that was discarded, and finals that met no
 * speech.
 */
export interface Segmenter {
  limits: SegmentLimits;
  /** Take the place of `limits` when what is growing has been cut. */
  nextLimits: SegmentLimits | null;
  growing: GrowingUtterance | null;
  /** Without `growing`: a final met no speech and takes what comes until the hangover ends [SEG8]. */
  hangover: Hangover | null;
  /** Silence right before speech that may come. */
  padding: AudioPiece[];
  paddingMs: number;
  /** Later than this, speech has paused: last arrival, its duration and `pauseMs` on top. Null right after a cut. */
  quietAtMs: number | null;
  /** Speech has paused, but the utterance is short and waits until then for more. */
  mergeUntilAtMs: number | null;
  /** Somebody listens to a translation: pauses mean nothing. */
  isFrozen: boolean;
  /** We do not read what the speaker sends: its silence is ours. */
  isUnread: boolean;
  discardedMs: number;
  emptyFinals: number;
}

export const newSegmenter = (limits: SegmentLimits): Segmenter => ({
  limits,
  nextLimits: null,
  growing: null,
  hangover: null,
  padding: [],
  paddingMs: 0,
  quietAtMs: null,
  mergeUntilAtMs: null,
  isFrozen: false,
  isUnread: false,
  discardedMs: 0,
  emptyFinals: 0,
});

/** Audio that is neither in a job nor discarded yet. */
export const bufferedMs = ({ growing, hangover, paddingMs }: Segmenter): number =>
  (growing?.audioMs ?? 0) + apartMs(hangover) + paddingMs;

const apartMs = (hangover: Hangover | null): number =>
  hangover?.behind?.isApart === true ? hangover.behind.audioMs : 0;

/** Bytes of what will be one utterance if it is cut by the end of its hangover. */
export const utteranceBytes = ({ growing, hangover }: Segmenter): number => {
  const apartBytes = hangover?.behind?.isApart === true ? hangover.behind.audioBytes : 0;
  return (growing?.audioBytes ?? 0) + apartBytes;
};

/** Nothing grows any more; wishes for the next utterance are in effect from here on. */
const forgetGrowing = (segmenter: Segmenter): void => {
  segmenter.growing = null;
  segmenter.hangover = null;
  segmenter.quietAtMs = null;
  segmenter.mergeUntilAtMs = null;
  segmenter.limits = segmenter.nextLimits ?? segmenter.limits;
  segmenter.nextLimits = null;
};

/** For the next utterance: at once where none is growing [SES65]. */
export const changeLimits = (segmenter: Segmenter, limits: SegmentLimits): void => {
  if (segmenter.growing === null) segmenter.limits = limits;
  else segmenter.nextLimits = limits;
};

const spokenOf = (growing: GrowingUtterance, reason: CutReason): SpokenUtterance => {
  const spoken: Writable<SpokenUtterance> = {
    audio: growing.audio,
    encoding: growing.first.encoding,
    sampleRateHz: growing.first.sampleRateHz,
    audioMs: growing.audioMs,
    audioBytes: growing.audioBytes,
    audioStartMs: growing.audioStartMs,
    audioEndMs: growing.audioStartMs + growing.audioMs,
    firstArrivedAtMs: growing.firstArrivedAtMs,
    speechStartWallMs: growing.speechStartWallMs,
    wish: growing.wish,
    cut: reason,
    isManual: reason === 'manual',
  };
  if (growing.uplinkMs !== undefined) spoken.uplinkMs = growing.uplinkMs;
  return spoken;
};

/** What has grown so far is an utterance; nothing that is kept apart from it goes along. */
export const cut = (segmenter: Segmenter, growing: GrowingUtterance, reason: CutReason): SpokenUtterance => {
  forgetGrowing(segmenter);
  return spokenOf(growing, reason);
};

/**
 * What is being spoken, as if it were cut now; null while nobody speaks, and when its cut is decided already. Its audio
 * goes on growing.
 */
export const beingSpoken = ({ growing, hangover }: Segmenter): SpokenUtterance | null =>
  growing === null || hangover !== null ? null : spokenOf(growing, 'manual');

/** No speech followed the silence that was kept for it. */
export const discardPadding = (segmenter: Segmenter): void => {
  segmenter.discardedMs += segmenter.paddingMs;
  segmenter.padding = [];
  segmenter.paddingMs = 0;
};

export const isSameForm = (a: AudioPiece, b: AudioPiece): boolean =>
  a.encoding === b.encoding && a.sampleRateHz === b.sampleRateHz;

const discardPaddingUnlike = (segmenter: Segmenter, piece: AudioPiece): void => {
  const [silence] = segmenter.padding;
  if (silence !== undefined && !isSameForm(silence, piece)) discardPadding(segmenter);
};

/** Whole pieces only, the last ones first: cutting into a piece would take a decoder [SEG10]. */
export const keepAsPadding = (segmenter: Segmenter, piece: AudioPiece): void => {
  discardPaddingUnlike(segmenter, piece);
  segmenter.padding.push(piece);
  segmenter.paddingMs += piece.durationMs;
  while (segmenter.paddingMs > segmenter.limits.leadingSilenceMs) {
    const oldest = segmenter.padding.shift();
    if (oldest === undefined) break;
    segmenter.paddingMs -= oldest.durationMs;
    segmenter.discardedMs += oldest.durationMs;
  }
  if (segmenter.padding.length === 0) segmenter.paddingMs = 0;
};

export const begin = (segmenter: Segmenter, heard: HeardPiece, now: Now): GrowingUtterance => {
  const { piece, startMs, clientTimestampMs } = heard;
  discardPaddingUnlike(segmenter, piece);
  const growing: GrowingUtterance = {
    audio: segmenter.padding,
    first: piece,
    audioStartMs: Math.max(0, startMs - segmenter.paddingMs),
    firstArrivedAtMs: now.atMs,
    speechStartWallMs: now.wallMs - piece.durationMs,
    uplinkMs: clientTimestampMs === undefined ? undefined : now.wallMs - clientTimestampMs,
    wish: heard.nextWish ?? heard.wish,
    audioMs: segmenter.paddingMs,
    audioBytes: segmenter.padding.reduce((bytes, { bytes: { byteLength } }) => bytes + byteLength, 0),
  };
  segmenter.padding = [];
  segmenter.paddingMs = 0;
  segmenter.growing = growing;
  return growing;
};

export const grow = (growing: GrowingUtterance, piece: AudioPiece): void => {
  growing.audio.push(piece);
  growing.audioMs += piece.durationMs;
  growing.audioBytes += piece.bytes.byteLength;
};

/** Gives up all audio that is not in a job. Returns how much that was. */
export const dropBuffered = (segmenter: Segmenter): number => {
  const droppedMs = bufferedMs(segmenter);
  forgetGrowing(segmenter);
  segmenter.padding = [];
  segmenter.paddingMs = 0;
  return droppedMs;
};
