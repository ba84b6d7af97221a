import { utteranceBytes } from './growing-speech.ts';
import type { SessionState } from './session-state.ts';

/** Bytes of speech in results that a session holds: they wait for their turn, or are kept for a return [I7]. */
export const resultSpeechBytes = ({ results, outbox }: SessionState): number =>
  results.speechBytes + outbox.speechBytes;

/** Bytes of audio that a session holds itself: not in a job yet, and not discarded [I7]. */
export const bufferedAudioBytes = ({ segmenter, indices }: SessionState): number => {
  let bytes = utteranceBytes(segmenter);
  for (const piece of segmenter.padding) bytes += piece.bytes.byteLength;
  for (const { item } of indices.waiting) bytes += item.audioBytes;
  return bytes;
};
