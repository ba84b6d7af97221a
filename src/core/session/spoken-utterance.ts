import type { AudioEncoding, AudioPiece } from '#protocol/audio.ts';
import type { FeatureFlags } from '#protocol/shapes.ts';
import type { CutReason } from '../jobs/job-request.ts';

/** What is to become of a stretch of speech: the session's own words, or those of one `utterance` message. */
export interface SpeechWish {
  readonly srcLang: string;
  readonly tgtLang: string;
  readonly dialect?: string;
  readonly features?: FeatureFlags;
  readonly traceId: string;
}

/**
 * Speech from its first piece to its cut, by whichever way it came.
 *
 * shape: `audio` in the order of arrival, all of one encoding and rate.
 * units: `audioStartMs`, `audioEndMs` are offsets in the speaker's accepted audio; `uplinkMs` is what the first chunk of
 *   this utterance took to us by the client's and our clock, absent when the client stamps nothing [SEG15].
 */
export interface SpokenUtterance {
  readonly audio: readonly AudioPiece[];
  readonly encoding: AudioEncoding;
  readonly sampleRateHz: number;
  readonly audioMs: number;
  readonly audioBytes: number;
  readonly audioStartMs: number;
  readonly audioEndMs: number;
  /** Arrival of its first speech, monotonic. */
  readonly firstArrivedAtMs: number;
  /** The same instant by the wall clock, less the duration of that piece. */
  readonly speechStartWallMs: number;
  readonly uplinkMs?: number;
  readonly wish: SpeechWish;
  readonly cut: CutReason;
  /** The client ended it by its own will. */
  readonly isManual: boolean;
  /** All its audio was dropped at a bound: it makes no job [SEG35]. */
  readonly isShed?: boolean;
}

/** An utterance without its audio: what is left to know once the job has it. */
export type UtteranceFacts = Pick<
  SpokenUtterance,
  'audioStartMs' | 'audioEndMs' | 'firstArrivedAtMs' | 'speechStartWallMs' | 'uplinkMs'
> & { readonly traceId: string };

export const factsOf = (spoken: SpokenUtterance): UtteranceFacts => ({
  audioStartMs: spoken.audioStartMs,
  audioEndMs: spoken.audioEndMs,
  firstArrivedAtMs: spoken.firstArrivedAtMs,
  speechStartWallMs: spoken.speechStartWallMs,
  ...(spoken.uplinkMs === undefined ? {} : { uplinkMs: spoken.uplinkMs }),
  traceId: spoken.wish.traceId,
});
