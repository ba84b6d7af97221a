import type { AudioPiece } from '#protocol/audio.ts';
import type { Now } from '../clock.ts';
import type { CutReason } from '../jobs/job-request.ts';
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

/** A piece as it was accepted. `startMs`: where it begins in the speaker's accepted audio. */
export interface HeardPiece {
  readonly piece: AudioPiece;
  readonly startMs: number;
  /** When it came, less what was our own delay since the piece before: a stall of ours is no gap [SEG33]. */
  readonly arrivedAtMs: number;
  readonly clientTimestampMs: number | undefined;
  readonly wish: SpeechWish;
  /** Takes the place of `wish` if this piece begins an utterance [SES65]. */
  readonly nextWish?: SpeechWish;
}

interface GrowingUtterance {
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

/** The cut is decided, and audio that comes until then still belongs to it. */
interface Hangover {
  readonly cut: CutReason;
  readonly endsAtMs: number;
  /** Audio the utterance may hold by then; absent = any. What comes faster than it was spoken has no time to be late. */
  readonly audioMsMax?: number;
}

/**
 * Where the speech of one speaker is cut. Changed only by the functions of this file. Two things are left here for the
 * owner to collect after each call: silence that was discarded, and finals that met no speech.
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
  discardedMs: 0,
  emptyFinals: 0,
});

/** Cuts in the order of speech; mostly there is none, and then nothing is made. */
export type Cuts = readonly SpokenUtterance[];
export const NO_CUTS: Cuts = [];

/** When the segmenter wants to be asked again; null = not without a new piece. */
export const segmentDueAtMs = (segmenter: Segmenter): number | null => {
  if (segmenter.hangover !== null) return segmenter.hangover.endsAtMs;
  if (segmenter.growing === null || segmenter.isFrozen) return null;
  return segmenter.mergeUntilAtMs ?? segmenter.quietAtMs;
};

/** Audio that is neither in a job nor discarded yet. */
export const bufferedMs = ({ growing, paddingMs }: Segmenter): number => (growing?.audioMs ?? 0) + paddingMs;

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

/** A short utterance that a pause would end waits for more speech, at most so long. */
const MERGE_WAIT_MS = 10_000;

const isShort = ({ limits }: Segmenter, { audioMs }: GrowingUtterance): boolean =>
  audioMs < limits.minUtteranceMs;

const spokenOf = (growing: GrowingUtterance, reason: CutReason): SpokenUtterance => ({
  audio: growing.audio,
  encoding: growing.first.encoding,
  sampleRateHz: growing.first.sampleRateHz,
  audioMs: growing.audioMs,
  audioBytes: growing.audioBytes,
  audioStartMs: growing.audioStartMs,
  audioEndMs: growing.audioStartMs + growing.audioMs,
  firstArrivedAtMs: growing.firstArrivedAtMs,
  speechStartWallMs: growing.speechStartWallMs,
  ...(growing.uplinkMs === undefined ? {} : { uplinkMs: growing.uplinkMs }),
  wish: growing.wish,
  cut: reason,
  isManual: reason === 'manual',
});

const cut = (segmenter: Segmenter, growing: GrowingUtterance, reason: CutReason): SpokenUtterance => {
  forgetGrowing(segmenter);
  return spokenOf(growing, reason);
};

/**
 * What is being spoken, as if it were cut now; null while nobody speaks, and when its cut is decided already. Its audio
 * goes on growing.
 */
export const beingSpoken = ({ growing, hangover }: Segmenter): SpokenUtterance | null =>
  growing === null || hangover !== null ? null : spokenOf(growing, 'manual');

/** A cut that was decided before keeps its reason. */
const cutAtOnce = (segmenter: Segmenter, reason: CutReason): SpokenUtterance | null =>
  segmenter.growing === null ? null : cut(segmenter, segmenter.growing, segmenter.hangover?.cut ?? reason);

/** No speech followed the silence that was kept for it. */
export const discardPadding = (segmenter: Segmenter): void => {
  segmenter.discardedMs += segmenter.paddingMs;
  segmenter.padding = [];
  segmenter.paddingMs = 0;
};

const isSameForm = (a: AudioPiece, b: AudioPiece): boolean =>
  a.encoding === b.encoding && a.sampleRateHz === b.sampleRateHz;

const discardPaddingUnlike = (segmenter: Segmenter, piece: AudioPiece): void => {
  const [silence] = segmenter.padding;
  if (silence !== undefined && !isSameForm(silence, piece)) discardPadding(segmenter);
};

/** Whole pieces only, the last ones first: cutting into a piece would take a decoder [SEG10]. */
const keepAsPadding = (segmenter: Segmenter, piece: AudioPiece): void => {
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

const isSameWish = (a: SpeechWish, b: SpeechWish): boolean =>
  a === b || (a.srcLang === b.srcLang && a.tgtLang === b.tgtLang && a.dialect === b.dialect);

const begin = (segmenter: Segmenter, heard: HeardPiece, now: Now): GrowingUtterance => {
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

/**
 * Whether this piece cannot belong to what is growing, and why. A gap is judged first, so that it closes the utterance
 * before it and never takes the new piece along [SEG5]; after a final it is not judged, for the piece that follows a
 * final belongs to it.
 */
const seamBefore = (segmenter: Segmenter, { piece, wish, arrivedAtMs }: HeardPiece): CutReason | null => {
  const { growing, hangover, quietAtMs, limits } = segmenter;
  const isLate = quietAtMs !== null && arrivedAtMs > quietAtMs && !segmenter.isFrozen;
  if (growing === null) {
    if (isLate) discardPadding(segmenter);
    return null;
  }
  if (isLate && hangover?.cut !== 'manual' && !isShort(segmenter, growing)) return 'gap';
  if (!isSameForm(growing.first, piece) || !isSameWish(growing.wish, wish)) return 'gap';
  if (growing.audioMs + piece.durationMs > (hangover?.audioMsMax ?? Number.POSITIVE_INFINITY))
    return 'max_duration';
  return growing.audioBytes + piece.bytes.byteLength > limits.utteranceMaxBytes ? 'max_length' : null;
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
  const growing = segmenter.growing ?? begin(segmenter, heard, now);
  growing.audio.push(piece);
  growing.audioMs += piece.durationMs;
  growing.audioBytes += piece.bytes.byteLength;
  const isFull = growing.audioBytes > limits.utteranceMaxBytes;
  const after = isFull ? cutAtOnce(segmenter, 'max_length') : null;
  if (!isFull && limits.maxDurationMs > 0 && growing.audioMs >= limits.maxDurationMs) {
    segmenter.hangover ??= {
      cut: 'max_duration',
      endsAtMs: now.atMs + limits.hangoverAutoMs,
      audioMsMax: growing.audioMs + limits.hangoverAutoMs,
    };
  }
  if (before === null) return after === null ? NO_CUTS : [after];
  return after === null ? [before] : [before, after];
};

/**
 * The client ends its utterance. A final that meets no speech takes what comes within the hangover: clients send the
 * final before the audio it is meant to close [SEG7, SEG8].
 */
export const takeFinal = (segmenter: Segmenter, now: Now): void => {
  const { hangover, limits } = segmenter;
  if (segmenter.growing === null && hangover !== null) segmenter.emptyFinals += 1;
  if (segmenter.growing !== null && hangover?.cut === 'manual') return;
  const earlierEndAtMs = limits.hangoverManualMs === 0 ? 0 : (hangover?.endsAtMs ?? 0);
  const endsAtMs = Math.max(earlierEndAtMs, now.atMs + limits.hangoverManualMs);
  segmenter.hangover = { cut: 'manual', endsAtMs };
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
    segmenter.hangover = { cut: 'pause', endsAtMs: now.atMs + segmenter.limits.hangoverAutoMs };
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

/** Playback begins: neither the pause timer nor a gap cuts [SEG13]. */
export const freezeSegmenter = (segmenter: Segmenter): void => {
  segmenter.isFrozen = true;
};

/** Playback is over: a pause counts from now. */
export const thawSegmenter = (segmenter: Segmenter, now: Now): void => {
  segmenter.isFrozen = false;
  if (segmenter.quietAtMs === null) return;
  segmenter.quietAtMs = Math.max(segmenter.quietAtMs, now.atMs + segmenter.limits.pauseMs);
  segmenter.mergeUntilAtMs = null;
};

/** Gives up all audio that is not in a job. Returns how much that was. */
export const dropBuffered = (segmenter: Segmenter): number => {
  const droppedMs = bufferedMs(segmenter);
  forgetGrowing(segmenter);
  segmenter.padding = [];
  segmenter.paddingMs = 0;
  return droppedMs;
};
