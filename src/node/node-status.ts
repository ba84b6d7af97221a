import type { NodeCommand } from '#protocol/node-server-messages.ts';

/** What the owner of a node hears. Names, codes and times only: never what was said. */
export type NodeStatusEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'registered'; readonly nodeId: string; readonly features: readonly string[] }
  /** The server does not want this node as it is; it will be tried again. `fix`: what to do about it. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly fix: string | null;
    }
  /** What the server thinks of the node; `code` and `fix` say why it gets no work. */
  | {
      readonly kind: 'judged';
      readonly status: string;
      readonly reason: string | null;
      readonly code: string | null;
      readonly fix: string | null;
    }
  /** The server did not understand a message of this node. */
  | { readonly kind: 'complaint'; readonly code: string; readonly message: string }
  /** The server wants the node to take no more jobs, to take some again, to go, or to register anew. */
  | {
      readonly kind: 'commanded';
      readonly command: NodeCommand;
      readonly deadlineMs: number | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'jobStarted'; readonly jobId: string; readonly attemptId: number }
  | JobEnded
  /**
   * `retryInMs`: when the next attempt is made; null = never. `code`: the server's reason, if it gave one.
   */
  | {
      readonly kind: 'disconnected';
      readonly closeCode: number;
      readonly code: string | null;
      readonly retryInMs: number | null;
    }
  | { readonly kind: 'stopped'; readonly reason: NodeStopReason };

/**
 * Why a node stopped for good. `replaced`: another connection uses its id. `refused`: its first registration was, for
 * a reason that only its owner can mend. `commanded`: the server shut it down.
 */
export type NodeStopReason = 'asked' | 'replaced' | 'refused' | 'commanded';

export interface JobEnded {
  readonly kind: 'jobEnded';
  readonly jobId: string;
  readonly attemptId: number;
  /** `cancelled`: no longer wanted. `dropped`: finished, but nobody was there to take it. */
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'dropped';
  /** Of the failure. */
  readonly code: string | null;
  readonly durationMs: number;
  /** What the handler threw. The owner's own error: look into it before it is logged, it may quote speech. */
  readonly cause?: unknown;
}

/** One line per event. `fields` hold no content. */
export interface NodeLog {
  info(text: string, fields: Readonly<Record<string, unknown>>): void;
  warn(text: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Everything but single jobs. */
export const logStatus = (log: NodeLog, event: NodeStatusEvent): void => {
  switch (event.kind) {
    case 'connected':
      log.info('connected, registering', {});
      return;
    case 'registered':
      log.info('registered', { nodeId: event.nodeId, features: event.features });
      return;
    case 'refused':
      log.warn('refused by the scheduler', { code: event.code, fix: event.fix });
      return;
    case 'judged':
      log.info('status by the scheduler', { status: event.status, code: event.code, fix: event.fix });
      return;
    case 'complaint':
      log.warn('the scheduler did not understand a message', { code: event.code });
      return;
    case 'commanded':
      log.info('told by the scheduler', { command: event.command, deadlineMs: event.deadlineMs });
      return;
    case 'disconnected':
      log.warn('disconnected', { closeCode: event.closeCode, code: event.code, retryInMs: event.retryInMs });
      return;
    case 'stopped':
      log.info('stopped', { reason: event.reason });
      return;
    case 'jobStarted':
    case 'jobEnded':
      return;
  }
};
