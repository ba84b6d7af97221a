import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';

/** One attempt at one utterance, with its audio in one piece. */
export type NodeJob = JobAssign & {
  /**
   * shape: as `audio_format` says: length-prefixed Opus packets, or raw 16-bit little-endian mono samples.
   */
  readonly audioBytes: Uint8Array;
};

export interface NodeJobContext {
  /** Aborted when the job is no longer wanted; whatever the handler gives afterwards is not sent. */
  readonly signal: AbortSignal;
  /** Text of the job while it runs. Dropped when the server takes none, or is not there. */
  partial(text: string, isFinal: boolean): void;
  /** Tells the server that work has begun; only the first call counts. */
  started(): void;
}

/** What the SDK fills in by itself. */
type FilledIn =
  | 'type'
  | 'job_id'
  | 'attempt_id'
  | 'node_id'
  | 'session_id'
  | 'utterance_index'
  | 'trace_id'
  | 'success'
  | 'error'
  | 'group_id'
  | 'part_index'
  | 'tts_audio';

/**
 * A good result, in the words of `job_result`. Nothing in it = silence.
 *
 * shape: `tts_audio` raw bytes in the form that `tts_format` names, at most 5 MiB.
 * `processing_time_ms` and `node_completed_at_ms` are measured where they are left out.
 */
export type NodeJobOutput = { readonly [Key in keyof Omit<JobResult, FilledIn>]?: JobResult[Key] } & {
  readonly tts_audio?: Uint8Array;
};

/** Throws `NodeJobError` to say what went wrong; anything else thrown becomes PROCESSING_ERROR. */
export type NodeJobHandler = (job: NodeJob, context: NodeJobContext) => Promise<NodeJobOutput>;

/**
 * A failure with a code of docs/errors.md. INVALID_AUDIO, UNSUPPORTED_LANGUAGE, UNSUPPORTED_FEATURE and
 * TOO_LONG are the client's fault and end the job; any other is tried on another node.
 *
 * `message` goes over the wire and into logs: no transcript in it. `details` is JSON.
 */
export class NodeJobError extends Error {
  override readonly name = 'NodeJobError';
  readonly code: string;
  readonly details: unknown;

  constructor(
    code: string,
    message: string,
    options: { readonly details?: unknown; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }
}
