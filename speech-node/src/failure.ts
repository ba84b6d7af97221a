import type { ErrorCode } from 'lingua-scheduler/protocol';

/** What can go wrong with one job, by the names of docs/errors.md. */
export type SpeechFailureCode = Extract<
  ErrorCode,
  | 'INVALID_AUDIO'
  | 'TOO_LONG'
  | 'UNSUPPORTED_LANGUAGE'
  | 'UNSUPPORTED_FEATURE'
  | 'TTS_TIMEOUT'
  | 'PROCESSING_ERROR'
>;

/** The end of a job without a result. `message` goes over the wire: nothing of what was said in it [SPN14]. */
export class SpeechFailure extends Error {
  override readonly name = 'SpeechFailure';
  readonly code: SpeechFailureCode;

  constructor(code: SpeechFailureCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
