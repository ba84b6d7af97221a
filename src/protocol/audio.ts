/** How the samples of a piece of audio are coded. */
export type AudioEncoding = 'opus' | 'pcm16';

/**
 * Audio as it travels inside the process: by reference, never copied, never in JSON, logs or snapshots.
 *
 * shape: `opus` = packets, each preceded by its byte length as an unsigned 16-bit little-endian number;
 *   `pcm16` = raw signed 16-bit little-endian mono samples. Concatenating the bytes of pieces is valid for both.
 * units: `durationMs` is true duration (Opus: sum over packet headers; PCM: samples / rate), may be fractional.
 * source: docs/spec/audio.md; `isSilent` is set where bytes are decoded so that core needs no decoder [AUD3].
 */
export interface AudioPiece {
  readonly encoding: AudioEncoding;
  readonly bytes: Uint8Array;
  readonly durationMs: number;
  readonly sampleRateHz: number;
  /** True when every packet or sample run in it is silence. */
  readonly isSilent: boolean;
}

/** Base64 audio that passes through us untouched (a node's speech on its way to listeners). */
export interface WireAudio {
  /** ASCII base64, as received. */
  readonly base64: Uint8Array;
  /** Size of the audio once decoded. */
  readonly rawBytes: number;
}
