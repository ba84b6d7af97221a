import type { ConnectionId, InstanceId, JobId, NodeId, SessionId } from '#protocol/ids.ts';
import type { NodeServerMessage, SessionServerMessage } from '#protocol/messages.ts';

/** The way to one client. Sending never blocks and never throws; a slow reader is cut off by the gateway. */
export interface ClientLink {
  send(message: SessionServerMessage): void;
  close(code: number, reason: string): void;
  /** What came waits already: more of it had better wait in the network. */
  readLater(): void;
  /** Calls once, when all that was sent so far has left for the network; never if the socket ends before. */
  whenTaken(call: () => void): void;
  /** The session behind this link is over; the socket may stay open for another `session_init`. */
  sessionEnded(): void;
}

/** The way to one node's socket. */
export interface NodeLink {
  /** True when the outbound buffer took the message; that is not yet delivery. */
  send(message: NodeServerMessage): boolean;
  close(code: number, reason: string): void;
}

/**
 * What several instances must share, as verbs of the domain [STO1]. Local work never waits for it: a verb's answer
 * comes as an event and a missing answer only counts as a failure. Every record has an end (`ttlMs`).
 */
export type StoreRequest =
  /** Says that this instance works on the job. `taken` when another instance said so before and its claim lives. */
  | {
      readonly verb: 'claimJob';
      readonly jobId: JobId;
      readonly owner: InstanceId;
      readonly ttlMs: number;
    }
  /** Forgets the claim if it is still this owner's. */
  | { readonly verb: 'releaseJob'; readonly jobId: JobId; readonly owner: InstanceId }
  /** Says who holds a node's socket. A lower generation than the stored one is `stale` and changes nothing. */
  | {
      readonly verb: 'putNode';
      readonly nodeId: NodeId;
      readonly owner: InstanceId;
      readonly generation: number;
      readonly ttlMs: number;
    }
  /** Forgets the node if owner and generation still match. */
  | {
      readonly verb: 'dropNode';
      readonly nodeId: NodeId;
      readonly owner: InstanceId;
      readonly generation: number;
    }
  /** Keeps the serialisable record of a session (never audio). */
  | {
      readonly verb: 'putSession';
      readonly sessionId: SessionId;
      readonly owner: InstanceId;
      readonly record: string;
      readonly ttlMs: number;
    }
  | { readonly verb: 'dropSession'; readonly sessionId: SessionId; readonly owner: InstanceId };

export type StoreVerb = StoreRequest['verb'];

/** `refused` = the store could not be asked or did not answer in time. */
export type StoreOutcome = 'done' | 'taken' | 'stale' | 'absent' | 'refused';

export interface StoreSettled {
  readonly kind: 'storeSettled';
  readonly request: StoreRequest;
  readonly outcome: Exclude<StoreOutcome, 'done'>;
}

export interface Store {
  /** Never rejects: failure is the outcome `refused`. */
  perform(request: StoreRequest): Promise<StoreOutcome>;
  readNode(nodeId: NodeId): Promise<{ owner: InstanceId; generation: number } | null>;
  readSession(sessionId: SessionId): Promise<{ owner: InstanceId; record: string } | null>;
  readJob(jobId: JobId): Promise<{ owner: InstanceId } | null>;
  close(): Promise<void>;
}

/** Whose socket a message came in on; decided at the handshake, never by the message. */
export interface Principal {
  readonly kind: 'session' | 'node' | 'admin';
  readonly tenant: string;
  readonly subject: string;
  /** What the token grants beyond its kind; known: `priority`. */
  readonly scopes: readonly string[];
  /** True on loopback without tokens: then `tenant_id` of messages counts. */
  readonly isAnonymous: boolean;
}

export interface ConnectionInfo {
  readonly connectionId: ConnectionId;
  readonly principal: Principal;
}
