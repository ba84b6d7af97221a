import type { AudioPiece } from '#protocol/audio.ts';
import type { ConnectionId, JobId, NodeId, SessionId } from '#protocol/ids.ts';
import type { NodeAgentMessage, NodeServerMessage } from '#protocol/messages.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import type { CommonEffect } from '../effects.ts';
import type { Principal, StoreSettled } from '../ports.ts';
import type { SessionEvent } from '../session/session-contract.ts';
import type { JobRequest } from './job-request.ts';

/** Everything that can happen to the dispatcher (jobs, attempts, slots and the node registry). */
export type DispatcherEvent =
  | { readonly kind: 'started' }
  /** Audio so far; the rest follows as it is spoken, and the whole with `jobSubmitted` under the same id. */
  | { readonly kind: 'jobOpened'; readonly request: JobRequest }
  /** `fromPiece`: how many pieces came before these. May be lost on the way: the whole comes at the end. */
  | {
      readonly kind: 'jobAudioAppended';
      readonly jobId: JobId;
      readonly fromPiece: number;
      readonly pieces: readonly AudioPiece[];
    }
  /** `outlived`: how many dispatchers had the job before and failed; absent = none. */
  | { readonly kind: 'jobSubmitted'; readonly request: JobRequest; readonly outlived?: number }
  | { readonly kind: 'jobHastened'; readonly jobId: JobId }
  | { readonly kind: 'jobCancelled'; readonly jobId: JobId; readonly reason: MissingReason }
  /** A socket opened on the node path; it is nobody yet. */
  | {
      readonly kind: 'nodeConnected';
      readonly connectionId: ConnectionId;
      readonly principal: Principal;
    }
  /** Identity is the socket's: the registry maps the connection to its node and refuses any other id [I8]. */
  | {
      readonly kind: 'nodeMessage';
      readonly connectionId: ConnectionId;
      readonly message: NodeAgentMessage;
    }
  | { readonly kind: 'nodeSocketClosed'; readonly connectionId: ConnectionId }
  /** An operator wants it to rest, for so long or until it is taken back. An unknown node is nobody's. */
  | {
      readonly kind: 'nodeDrainAsked';
      readonly nodeId: NodeId;
      readonly deadlineMs: number | null;
      readonly reason: string;
    }
  | { readonly kind: 'nodeUndrainAsked'; readonly nodeId: NodeId }
  /** The link answered an offer: its outbound buffer took the job, or could not. */
  | {
      readonly kind: 'offerAnswered';
      readonly jobId: JobId;
      readonly attemptId: number;
      readonly answer: 'accepted' | 'refused';
    }
  /** The process stood still for that long: what came meanwhile may not have been read [JOB46]. */
  | { readonly kind: 'stalled'; readonly durationMs: number }
  | { readonly kind: 'timerFired'; readonly key: string }
  | StoreSettled;

/** Everything the dispatcher can cause. */
export type DispatcherEffect =
  | CommonEffect
  /**
   * With `offer`, the performer answers by `offerAnswered` in the dispatcher's mailbox: accepted when the link took
   * the message, refused when it did not or the link is gone.
   */
  | {
      readonly kind: 'sendNode';
      readonly connectionId: ConnectionId;
      readonly message: NodeServerMessage;
      readonly offer?: { readonly jobId: JobId; readonly attemptId: number };
    }
  | {
      readonly kind: 'closeNode';
      readonly connectionId: ConnectionId;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly kind: 'tellSession'; readonly sessionId: SessionId; readonly event: SessionEvent };
