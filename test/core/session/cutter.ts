import {
  bufferedMs,
  newSegmenter,
  type Segmenter,
  type SegmentLimits,
} from '#core/session/growing-speech.ts';
import { freezeSegmenter, readOn, stopReading, thawSegmenter } from '#core/session/segment-clock.ts';
import { cutNow, segmentDueAtMs, segmentTimerFired, takeFinal, takePiece } from '#core/session/segmenter.ts';
import type { SpeechWish, SpokenUtterance } from '#core/session/spoken-utterance.ts';
import type { AudioPiece } from '#protocol/audio.ts';

export const LIMITS: SegmentLimits = {
  pauseMs: 3000,
  maxDurationMs: 20_000,
  minUtteranceMs: 0,
  hangoverAutoMs: 150,
  hangoverManualMs: 200,
  leadingSilenceMs: 300,
  utteranceMaxBytes: 1024 * 1024,
};

export const WISH: SpeechWish = { srcLang: 'zh', tgtLang: 'en', traceId: 'trace-1' };
const WALL_AHEAD_MS = 1_790_000_000_000;

export interface TimedCut {
  readonly atMs: number;
  readonly spoken: SpokenUtterance;
}

/** The segmenter on a clock that moves when told; its timer fires on the way. Time starts at 0. */
export class Cutter {
  readonly segmenter: Segmenter;
  readonly cuts: TimedCut[] = [];
  readonly heard: AudioPiece[] = [];
  atMs = 0;
  acceptedMs = 0;

  constructor(limits: Partial<SegmentLimits> = {}) {
    this.segmenter = newSegmenter({ ...LIMITS, ...limits });
  }

  get now() {
    return { atMs: this.atMs, wallMs: this.atMs + WALL_AHEAD_MS };
  }

  /** Goes to this instant; firings due at it come first. */
  to(atMs: number): this {
    for (;;) {
      const dueAtMs = segmentDueAtMs(this.segmenter);
      if (dueAtMs === null || dueAtMs > atMs) break;
      this.atMs = Math.max(this.atMs, dueAtMs);
      this.#take(segmentTimerFired(this.segmenter, this.now));
    }
    this.atMs = atMs;
    return this;
  }

  hear(
    piece: AudioPiece,
    options: { wish?: SpeechWish; stampWallMs?: number; arrivedAtMs?: number } = {},
  ): this {
    this.heard.push(piece);
    const heard = {
      piece,
      startMs: this.acceptedMs,
      arrivedAtMs: options.arrivedAtMs ?? this.atMs,
      clientTimestampMs: options.stampWallMs,
      wish: options.wish ?? WISH,
    };
    this.acceptedMs += piece.durationMs;
    this.#take(takePiece(this.segmenter, heard, this.now));
    return this;
  }

  final(): this {
    this.#take(takeFinal(this.segmenter, this.now));
    return this;
  }

  close(): this {
    this.#take(cutNow(this.segmenter, 'close'));
    return this;
  }

  freeze(): this {
    freezeSegmenter(this.segmenter);
    return this;
  }

  /** The speaker's socket is not read from here on, until `readOn`. */
  stopReading(): this {
    stopReading(this.segmenter);
    return this;
  }

  readOn(): this {
    readOn(this.segmenter, this.now);
    return this;
  }

  thaw(): this {
    thawSegmenter(this.segmenter, this.now);
    return this;
  }

  /** Each cut as `reason@when: durations`. */
  get story(): string[] {
    return this.cuts.map(({ atMs, spoken }) => {
      const pieces = spoken.audio.map(({ durationMs, isSilent }) => `${durationMs}${isSilent ? 's' : ''}`);
      return `${spoken.cut}@${atMs}: ${pieces.join(' ')}`;
    });
  }

  get accountedMs(): number {
    const cutMs = this.cuts.reduce((sum, { spoken }) => sum + spoken.audioMs, 0);
    return cutMs + bufferedMs(this.segmenter) + this.segmenter.discardedMs;
  }

  #take(cuts: readonly SpokenUtterance[]): void {
    for (const spoken of cuts) this.cuts.push({ atMs: this.atMs, spoken });
  }
}
