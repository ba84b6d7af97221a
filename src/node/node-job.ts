import type { JobResult, JobStage } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';

/**
 * One attempt at one utterance. An open job comes while the person still speaks: it is given to a handler that
 * `handlesOpenJobs` at once, to any other when its audio is complete.
 *
 * shape: audio as `audio_format` says: length-prefixed Opus packets, or raw 16-bit little-endian mono samples; a piece
 *   holds whole packets or whole samples.
 */
export type NodeJob = JobAssign & {
  /** Audio is still to come. The fields of the cut (`padding_ms`, `is_manual_cut`, ...) are set when it turns false. */
  readonly isOpen: boolean;
  /** All audio that came so far: the whole once `isOpen` is false. */
  readonly audioBytes: Uint8Array;
  /**
   * From the first byte on, each piece as it comes in, for as many readers as there are; ends with the audio. Rejects
   * when the job is aborted, and with a `NodeJobError` when its audio will never be complete.
   */
  readonly audioPieces: AsyncIterable<Uint8Array>;
};

/** What is understood so far, in two parts that read on from each other: spaces between words belong to them. */
export interface PartialText {
  /** Will not change any more; begins with what was settled before. */
  readonly settled: string;
  /** May still change. */
  readonly tentative: string;
  /** Recognition is over: nothing is added to this text. False when left out. */
  readonly isFinal?: boolean;
}

export interface NodeJobContext {
  /** Aborted when the job is no longer wanted; whatever the handler gives afterwards is not sent. */
  readonly signal: AbortSignal;
  /** Text of the job while it runs. Dropped when the server takes none, or is not there. */
  partial(text: PartialText): void;
  /** Tells the server that work has begun; only the first call counts. */
  started(): void;
  /**
   * What the handler works on now; `percent` 0 to 100. The SDK itself says every 2 s that the job runs, so nothing is
   * lost by not calling it.
   */
  progress(stage: JobStage, percent?: number): void;
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

/**
 * A result given before an open job's audio has ended leaves when it has. Throws `NodeJobError` to say what went wrong; anything else thrown
 * becomes PROCESSING_ERROR.
 */
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
