import { ID_CHARS_MAX, INTEGER_MAX } from '#protocol/limits.ts';

/** The attempt that a `job_result` names. */
export interface AnsweredAttempt {
  readonly job_id: string;
  readonly attempt_id: number;
  readonly node_id: string;
}

const isId = (value: unknown): value is string => typeof value === 'string' && value.length <= ID_CHARS_MAX;

/** What a result that is no message would have answered; null where it does not say so itself [JOB48]. */
export const answeredAttemptOf = (
  type: string,
  { job_id, attempt_id, node_id }: Readonly<Record<string, unknown>>,
): AnsweredAttempt | null => {
  if (type !== 'job_result' || !isId(job_id) || !isId(node_id)) return null;
  if (typeof attempt_id !== 'number' || !Number.isInteger(attempt_id)) return null;
  if (attempt_id < 0 || attempt_id > INTEGER_MAX) return null;
  return { job_id, attempt_id, node_id };
};
