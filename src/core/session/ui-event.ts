import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import type { JobId, SessionId } from '#protocol/ids.ts';
import type { UiEvent, UiEventName } from '#protocol/session-server-messages.ts';
import type { Writable } from '../writable.ts';

/** Whose progress a `ui_event` tells of. `jobId` "" where the client is not told the job. */
export interface UiEventPlace {
  readonly sessionId: SessionId;
  readonly traceId: string;
  readonly jobId: JobId | '';
  readonly utteranceIndex: number;
}

/** `elapsedMs`: since the job was made, where that says something. */
export const uiEvent = (place: UiEventPlace, event: UiEventName, elapsedMs?: number): UiEvent => {
  const told: Writable<UiEvent> = {
    type: 'ui_event',
    trace_id: place.traceId,
    session_id: place.sessionId,
    job_id: place.jobId,
    utterance_index: place.utteranceIndex,
    event,
    status: 'ok',
  };
  if (elapsedMs !== undefined) told.elapsed_ms = elapsedMs;
  return told;
};

export const uiError = (place: UiEventPlace, code: ErrorCode, elapsedMs?: number): UiEvent => ({
  ...uiEvent(place, 'ERROR', elapsedMs),
  status: 'error',
  error_code: code,
  hint: ERRORS[code].hintEn,
});
