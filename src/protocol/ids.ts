declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `s-` + 32 hex digits (128 random bits). */
export type SessionId = Branded<'SessionId'>;
/** `job-` + 32 hex digits: a hash of what the job is for, so the same request is the same job [JOB1]. */
export type JobId = Branded<'JobId'>;
/** As the node says, else `node-` + 32 hex digits. */
export type NodeId = Branded<'NodeId'>;
/** `group_{session}_{epoch ms}`. */
export type GroupId = Branded<'GroupId'>;
/** One socket, unique within the process. */
export type ConnectionId = Branded<'ConnectionId'>;
/** One process. */
export type InstanceId = Branded<'InstanceId'>;

/**
 * Where ids are born. Only sessions, nodes, rooms, connections and instances draw from it; everything inside
 * derives from its parent. The simulator gives a seeded one.
 */
export interface IdSource {
  /** 32 upper-case hex digits (128 bits). */
  next(): string;
  /** A UUID v4, for `trace_id` when the client gives none. */
  uuid(): string;
}

export const newSessionId = (ids: IdSource): SessionId => `s-${ids.next()}` as SessionId;
export const newNodeId = (ids: IdSource): NodeId => `node-${ids.next()}` as NodeId;
export const newConnectionId = (ids: IdSource): ConnectionId => `conn-${ids.next()}` as ConnectionId;
export const newInstanceId = (ids: IdSource): InstanceId => `inst-${ids.next()}` as InstanceId;
export const groupIdOf = (session: SessionId, wallMs: number): GroupId =>
  `group_${session}_${wallMs}` as GroupId;
/** Takes an id from the wire as it is; whether it names anything is for the receiver to find out. */
export const asSessionId = (text: string): SessionId => text as SessionId;
export const asNodeId = (text: string): NodeId => text as NodeId;
export const asJobId = (text: string): JobId => text as JobId;
