import { asJobId, asNodeId, type ConnectionId, type JobId, type NodeId } from '#protocol/ids.ts';

/**
 * Every timer of the dispatcher, in one place [JOB28]. Each belongs to something that still exists; a firing for
 * something that is gone does nothing.
 */
export type DispatcherTimer =
  /** A waiting job finds no node in time. */
  | { readonly kind: 'pending'; readonly jobId: JobId }
  /** The link does not answer an offer; the node does not acknowledge, takes too long, goes silent, or answers a later job. */
  | {
      readonly kind: 'offer' | 'ack' | 'deadline' | 'progress' | 'overtaken';
      readonly jobId: JobId;
      readonly attemptId: number;
    }
  /** A cancelled, hung or orphaned attempt gives its slot back. */
  | { readonly kind: 'zombie'; readonly jobId: JobId; readonly attemptId: number; readonly nodeId: NodeId }
  /** No heartbeat; registering for too long; gone for so long that the record goes too. */
  | { readonly kind: 'heartbeat' | 'warmup' | 'gone'; readonly nodeId: NodeId }
  /** A drain, a mark, an ejection or being full by its own word ends; a slow start goes on. */
  | { readonly kind: 'drain' | 'mark' | 'ejection' | 'room' | 'slowStart'; readonly nodeId: NodeId }
  /** A refused node's socket is closed. */
  | { readonly kind: 'refused'; readonly connectionId: ConnectionId };

export type NodeTimer = Exclude<Extract<DispatcherTimer, { nodeId: NodeId }>, { jobId: JobId }>;

/** Node and connection ids stand last, because a node id may hold any character. Job ids are ours and hold no `:`. */
export const timerKey = (timer: DispatcherTimer): string => {
  switch (timer.kind) {
    case 'pending':
      return `pending:${timer.jobId}`;
    case 'offer':
    case 'ack':
    case 'deadline':
    case 'progress':
    case 'overtaken':
      return `${timer.kind}:${timer.jobId}:${timer.attemptId}`;
    case 'zombie':
      return `zombie:${timer.jobId}:${timer.attemptId}:${timer.nodeId}`;
    case 'heartbeat':
    case 'warmup':
    case 'gone':
    case 'drain':
    case 'mark':
    case 'ejection':
    case 'room':
    case 'slowStart':
      return `${timer.kind}:${timer.nodeId}`;
    case 'refused':
      return `refused:${timer.connectionId}`;
  }
};

const splitOnce = (text: string): readonly [string, string] => {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
};

/** Null for a key that is none of ours. */
export const parseTimerKey = (key: string): DispatcherTimer | null => {
  const [kind, rest] = splitOnce(key);
  const [first, second] = splitOnce(rest);
  switch (kind) {
    case 'pending':
      return { kind, jobId: asJobId(rest) };
    case 'offer':
    case 'ack':
    case 'deadline':
    case 'progress':
    case 'overtaken':
      return { kind, jobId: asJobId(first), attemptId: Number(second) };
    case 'zombie': {
      const [attempt, nodeId] = splitOnce(second);
      return { kind, jobId: asJobId(first), attemptId: Number(attempt), nodeId: asNodeId(nodeId) };
    }
    case 'heartbeat':
    case 'warmup':
    case 'gone':
    case 'drain':
    case 'mark':
    case 'ejection':
    case 'room':
    case 'slowStart':
      return { kind, nodeId: asNodeId(rest) };
    case 'refused':
      return { kind, connectionId: rest as ConnectionId };
    default:
      return null;
  }
};
