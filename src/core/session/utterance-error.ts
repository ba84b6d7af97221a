import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import type { ErrorMessage } from '#protocol/session-server-messages.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';
import type { ResultSlot } from './results.ts';

type Missing = Extract<JobOutcome, { kind: 'missing' }>;

/** A node's own code is passed on as it is, also one that the catalogue does not have; that one may be tried again. */
const entryOf = (code: string): { readonly hintEn: string; readonly retryable: boolean } =>
  Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : ERRORS.PROCESSING_ERROR;

/** Null = nobody's failure, or nobody is there to hear of it. */
const codeOf = ({ reason, errorCode, wasSent }: Missing): string | null => {
  switch (reason) {
    case 'silence':
    case 'cancelled':
      return null;
    case 'no_capacity':
      return 'NO_CAPACITY';
    case 'timeout':
    case 'order_timeout':
      return 'JOB_TIMEOUT';
    case 'node_failed':
      return errorCode ?? (wasSent ? 'PROCESSING_ERROR' : 'NODE_UNAVAILABLE');
    case 'rejected':
      return errorCode ?? 'INVALID_AUDIO';
    case 'shed':
      return 'AUDIO_SHED';
    case 'session_closed':
      return 'SESSION_CLOSED';
  }
};

/** Why one utterance failed, in words of the catalogue, for clients granted `errors`; null = it did not [SES68]. */
export const utteranceError = ({ index, facts }: ResultSlot, missing: Missing): ErrorMessage | null => {
  const code = codeOf(missing);
  if (code === null) return null;
  const { hintEn, retryable } = entryOf(code);
  return {
    type: 'error',
    code,
    message: hintEn,
    trace_id: facts.traceId,
    utterance_index: index,
    retryable,
  };
};
