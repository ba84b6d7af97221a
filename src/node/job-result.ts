import { encodeBase64 } from '#codec/base64.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { type NodeJob, NodeJobError, type NodeJobOutput } from './node-job.ts';

/** Its base64 and the texts fit the largest frame that a node may send (8 MiB). */
const SPEECH_BYTES_MAX = 5 * 1024 * 1024;

/** When and by whom, for both kinds of result. */
export interface ResultStamp {
  readonly nodeId: string;
  readonly processingMs: number;
  /** Epoch milliseconds. */
  readonly completedAtMs: number;
}

/** Throws `NodeJobError` where the output cannot be sent. */
export const goodResult = (job: NodeJob, output: NodeJobOutput, stamp: ResultStamp): JobResult => {
  const { tts_audio: speech, ...fields } = output;
  if (speech !== undefined && speech.byteLength > SPEECH_BYTES_MAX)
    throw new NodeJobError('PROCESSING_ERROR', `speech of more than ${SPEECH_BYTES_MAX} bytes`);
  return {
    ...identityOf(job, stamp),
    success: true,
    ...fields,
    ...(speech !== undefined && {
      tts_audio: { base64: encodeBase64([speech]), rawBytes: speech.byteLength },
      tts_format: fields.tts_format ?? 'opus',
    }),
  };
};

/** The text of an unforeseen error stays here: it may quote what was said. */
export const failedResult = (job: NodeJob, error: unknown, stamp: ResultStamp): JobResult => {
  const known = error instanceof NodeJobError ? error : null;
  return {
    ...identityOf(job, stamp),
    success: false,
    error: {
      code: known?.code ?? 'PROCESSING_ERROR',
      message: known?.message ?? 'the job failed inside the node',
      ...(known?.details !== undefined && { details: known.details }),
    },
  };
};

const identityOf = (job: NodeJob, { nodeId, processingMs, completedAtMs }: ResultStamp) =>
  ({
    type: 'job_result',
    job_id: job.job_id,
    attempt_id: job.attempt_id,
    node_id: nodeId,
    session_id: job.session_id,
    utterance_index: job.utterance_index,
    trace_id: job.trace_id,
    processing_time_ms: Math.round(processingMs),
    node_completed_at_ms: Math.round(completedAtMs),
  }) as const;
