import type { AudioPiece } from '#protocol/audio.ts';
import type { ConnectionId, JobId, NodeId, SessionId } from '#protocol/ids.ts';
import type { SessionClientMessage, SessionServerMessage } from '#protocol/messages.ts';
import type { MissingReason } from '#protocol/reasons.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';
import type { CommonEffect } from '../effects.ts';
import type { Loss } from '../jobs/job.ts';
import type { JobOutcome } from '../jobs/job-outcome.ts';
import type { JobRequest } from '../jobs/job-request.ts';
import type { PartialText } from '../jobs/partial-text.ts';
import type { Principal, StoreSettled } from '../ports.ts';
import type { Return } from './resume.ts';
import type { SpeechExcess } from './speech-bounds.ts';

/** What the gateway knows when it opens a session. */
export interface SessionOpen {
  readonly sessionId: SessionId;
  readonly connectionId: ConnectionId;
  readonly init: SessionInit;
  /** Whose socket it is; only they may come back to it. */
  readonly principal?: Principal;
  /** From the principal when authenticated, else the message's `tenant_id`, else `default`. */
  readonly tenant: string;
  /** The client's `trace_id`, else one from the id source. */
  readonly traceId: string;
  /** The highest priority that the principal grants; absent = any. */
  readonly priorityMax?: number;
}

/** Everything that can happen to a session. */
export type SessionEvent =
  /** `resumeToken`: for a session that was granted `resume`. */
  | { readonly kind: 'opened'; readonly resumeToken?: string }
  /** A message of this session's own socket; identity is already checked by the gateway [I8]. */
  | {
      readonly kind: 'clientMessage';
      readonly message: SessionClientMessage;
      /** When its frame came, less our own stalls since the one before; absent = now. Monotonic. */
      readonly arrivedAtMs?: number;
      /** Its audio was dropped at a bound; so much of it there was. */
      readonly shedMs?: number;
    }
  /** Audio of chunks was dropped at a bound before it came here. */
  | { readonly kind: 'audioShed'; readonly durationMs: number }
  /** The client was asked (`PAUSE`) to keep its audio for so long. */
  | { readonly kind: 'audioHeld'; readonly forMs: number }
  /** There is no room for so much speech of its results. */
  | ({ readonly kind: 'speechOver' } & SpeechExcess)
  /** The client's socket is not read for now, or is read again. */
  | { readonly kind: 'reading'; readonly isRead: boolean }
  /** Absent: the present one is. */
  | { readonly kind: 'socketLost'; readonly connectionId?: ConnectionId }
  /** The client shows this session's token on a new socket; an earlier socket is closed by now. */
  | ({ readonly kind: 'resumed' } & Return)
  /** All that was sent before `askTaken` of this question has left for the network. */
  | { readonly kind: 'clientTook'; readonly question: number }
  /** The process is going down: finish what is open, then close 1012. */
  | { readonly kind: 'drainStarted' }
  /** There is no more time for it: what is still open ends as missing. */
  | { readonly kind: 'drainEnded' }
  | { readonly kind: 'timerFired'; readonly key: string }
  /** The first attempt of a job was handed to a node's socket. */
  | { readonly kind: 'jobDispatched'; readonly jobId: JobId; readonly nodeId: NodeId }
  /** The node acknowledged the job. */
  | { readonly kind: 'jobAccepted'; readonly jobId: JobId }
  /** No node has room now. `position` 1 = next; `reason` is the main one for which nodes did not fit. */
  | { readonly kind: 'jobWaiting'; readonly jobId: JobId; readonly position: number; readonly reason: string }
  /** The node that worked on it is gone, or says nothing; the job goes on elsewhere. */
  | { readonly kind: 'jobNodeLost'; readonly jobId: JobId; readonly loss: Loss }
  /** One attempt at a time speaks, the older of two [JOB27]. */
  | ({ readonly kind: 'jobPartial'; readonly jobId: JobId } & PartialText)
  /** No node takes the audio of this open job any more; it is to be submitted whole. */
  | { readonly kind: 'openJobRefused'; readonly jobId: JobId }
  /** Exactly one per submitted job. */
  | { readonly kind: 'jobEnded'; readonly jobId: JobId; readonly outcome: JobOutcome }
  | StoreSettled;

/** Everything a session can cause. */
export type SessionEffect =
  | CommonEffect
  /** `isAgain`: an outcome that was sent before, on an earlier socket. */
  | { readonly kind: 'sendClient'; readonly message: SessionServerMessage; readonly isAgain?: true }
  /** Answered by `clientTook` once all that was sent has left for the network; not when the socket ends before. */
  | { readonly kind: 'askTaken'; readonly question: number }
  | { readonly kind: 'closeClient'; readonly code: number; readonly reason: string }
  /** From here on the client is on this socket, which came with a `resumed`. */
  | { readonly kind: 'attachClient'; readonly connectionId: ConnectionId }
  /** Begins a job whose audio is still being spoken; it becomes a job when the same is submitted, or is cancelled. */
  | { readonly kind: 'openJob'; readonly request: JobRequest }
  /** More of its audio. `fromPiece`: how many pieces came before these. */
  | {
      readonly kind: 'appendAudio';
      readonly jobId: JobId;
      readonly fromPiece: number;
      readonly pieces: readonly AudioPiece[];
    }
  | { readonly kind: 'submitJob'; readonly request: JobRequest }
  /** A later result waits for this job: start a second attempt beside the first if another node fits. */
  | { readonly kind: 'hastenJob'; readonly jobId: JobId }
  | { readonly kind: 'cancelJob'; readonly jobId: JobId; readonly reason: MissingReason }
  /** The actor is done and owns nothing any more. */
  | { readonly kind: 'ended'; readonly reason: 'closed' | 'socket_lost' | 'drained' };
