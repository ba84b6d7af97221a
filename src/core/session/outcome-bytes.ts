import type { WireAudio } from '#protocol/audio.ts';
import type { MissingResult, TranslationResult } from '#protocol/session-server-messages.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';

/** Ids, numbers and names of one outcome. */
const ENVELOPE_BYTES = 400;

interface SpokenResult {
  readonly text_asr?: string;
  readonly text_translated?: string;
  readonly tts_audio?: WireAudio | null;
  readonly segments_meta?: unknown;
}

/** Characters count twice: that is what they take at most in memory. */
const resultBytes = ({
  text_asr = '',
  text_translated = '',
  tts_audio,
  segments_meta,
}: SpokenResult): number =>
  ENVELOPE_BYTES +
  (segments_meta === undefined ? 0 : ENVELOPE_BYTES) +
  (tts_audio?.base64.byteLength ?? 0) +
  2 * (text_asr.length + text_translated.length);

/** What an outcome takes, in memory and about on the wire. */
export const outcomeBytes = (message: TranslationResult | MissingResult): number =>
  message.type === 'missing_result' ? ENVELOPE_BYTES : resultBytes(message);

/** Of that, what its speech takes. */
export const outcomeSpeechBytes = (message: TranslationResult | MissingResult): number =>
  message.type === 'missing_result' ? 0 : (message.tts_audio?.base64.byteLength ?? 0);

/** The same before it is told. */
export const endingBytes = (outcome: JobOutcome): number =>
  outcome.kind === 'result' ? resultBytes(outcome.result) : ENVELOPE_BYTES;

export const endingSpeechBytes = (outcome: JobOutcome): number =>
  outcome.kind === 'result' ? (outcome.result.tts_audio?.base64.byteLength ?? 0) : 0;
