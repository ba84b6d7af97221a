import { asJobId, type JobId, type SessionId } from '#protocol/ids.ts';

/**
 * Agents ignore a job id they have seen, and a session's utterance they have answered. An attempt on a node that
 * had the job before therefore goes under names of its own, from which ours can be read back [JOB26].
 */
const MARK = '~';

export const wireJobId = (jobId: JobId, attemptId: number, isRepeat: boolean): string =>
  isRepeat ? `${jobId}${MARK}${attemptId}` : jobId;

export const wireSessionId = (sessionId: SessionId, attemptId: number, isRepeat: boolean): string =>
  isRepeat ? `${sessionId}${MARK}${attemptId}` : sessionId;

export const jobIdOfWire = (text: string): JobId => {
  const mark = text.indexOf(MARK);
  return asJobId(mark < 0 ? text : text.slice(0, mark));
};
