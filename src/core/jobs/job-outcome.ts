import type { NodeId } from '#protocol/ids.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import type { MissingReason } from '#protocol/reasons.ts';

/** When things happened to a job, by our wall clock (epoch ms); for `network_timings`. */
export interface JobTimes {
  readonly createdWallMs: number;
  /** Dispatch of the attempt that answered (or the last one); absent if never sent. */
  readonly dispatchedWallMs?: number;
  readonly endedWallMs: number;
  readonly queuedMs: number;
  readonly attempts: number;
}

/** How a job ended: exactly one per job [I1]. */
export type JobOutcome =
  /** A good result with text or audio. */
  | { readonly kind: 'result'; readonly result: JobResult; readonly nodeId: NodeId; readonly times: JobTimes }
  /** The node heard nothing. */
  | { readonly kind: 'silence'; readonly times: JobTimes }
  | {
      readonly kind: 'missing';
      readonly reason: MissingReason;
      /** The node's last error code, if one failed. */
      readonly errorCode?: string;
      readonly wasSent: boolean;
      readonly times: JobTimes;
    };
