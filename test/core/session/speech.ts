import type { AudioEncoding, AudioPiece } from '#protocol/audio.ts';

/** Pieces of audio as the decoder hands them in; what is in the bytes does not matter here, only their identity. */
export interface PieceOptions {
  readonly encoding?: AudioEncoding;
  readonly sampleRateHz?: number;
  readonly byteCount?: number;
}

const piece = (durationMs: number, isSilent: boolean, options: PieceOptions): AudioPiece => ({
  encoding: options.encoding ?? 'opus',
  sampleRateHz: options.sampleRateHz ?? 16_000,
  bytes: new Uint8Array(options.byteCount ?? Math.max(1, Math.round(durationMs * 3))),
  durationMs,
  isSilent,
});

export const speech = (durationMs: number, options: PieceOptions = {}): AudioPiece =>
  piece(durationMs, false, options);

export const silence = (durationMs: number, options: PieceOptions = {}): AudioPiece =>
  piece(durationMs, true, options);

/** The older web page sends this much at once, the newer one the other. */
export const OLDER_CHUNK_MS = 2560;
export const NEWER_CHUNK_MS = 260;
