import type { AudioPiece } from '#protocol/audio.ts';
import type { Now } from '../clock.ts';
import type { CutReason } from '../jobs/job-request.ts';
import type { SpeechWish } from './spoken-utterance.ts';

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

/** The cut is decided, and audio that comes until then still belongs to it. */
export interface Hangover {
  readonly cut: CutReason;
  readonly endsAtMs: number;
  /** Given to it anew, once, when it ended while we did not read; 0 = there is nothing to wait for. */
  readonly anewMs: number;
  /** Audio the utterance may hold by then; absent = any. What comes faster than it was spoken has no time to be late. */
  readonly audioMsMax?: number;
  /** Of a final. */
  readonly behind?: BehindFinal;
}

/**
 * What comes behind a final within its hangover: mostly the audio that it overtook, which is one chunk, or all that was
 * spoken meanwhile. In a burst it is the next sentence instead, and shows it by a final of its own, or by being more than
 * can be late [SEG40, SEG41].
 */
export interface BehindFinal {
  /** The final met speech: what comes is kept apart from that until it is clear where it belongs. */
  readonly isApart: boolean;
  /** More than this, beside the first piece, was not spoken since the final. */
  readonly lateMsMax: number;
  /** Empty unless it is apart. */
  readonly pieces: { readonly heard: HeardPiece; readonly now: Now }[];
  firstMs: number | null;
  audioMs: number;
  audioBytes: number;
  hasSpeech: boolean;
}

export const newBehindFinal = (isApart: boolean, lateMsMax: number): BehindFinal => ({
  isApart,
  lateMsMax,
  pieces: [],
  firstMs: null,
  audioMs: 0,
  audioBytes: 0,
  hasSpeech: false,
});

export const followFinal = (behind: BehindFinal, heard: HeardPiece, now: Now): void => {
  const { durationMs, isSilent, bytes } = heard.piece;
  if (behind.isApart) behind.pieces.push({ heard, now });
  behind.firstMs ??= durationMs;
  behind.audioMs += durationMs;
  behind.audioBytes += bytes.byteLength;
  behind.hasSpeech ||= !isSilent;
};

/** More than the final can have overtaken. */
export const isNextSentence = ({ hasSpeech, audioMs, firstMs, lateMsMax }: BehindFinal): boolean =>
  hasSpeech && audioMs - (firstMs ?? 0) > lateMsMax;
