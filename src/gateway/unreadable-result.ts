import type { AnsweredAttempt } from '#codec/answered-attempt.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';

/** The node has answered, and nobody can read it: for its job that is a failure, not a silence [JOB48]. */
export const unreadableResult = (answered: AnsweredAttempt): JobResult => ({
  type: 'job_result',
  ...answered,
  session_id: '',
  utterance_index: 0,
  trace_id: '',
  success: false,
  error: { code: 'PROCESSING_ERROR', message: 'The result could not be read.' },
});
