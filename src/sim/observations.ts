import type { Now } from '#core/clock.ts';
import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import type { NodeServerMessage, SessionServerMessage } from '#protocol/messages.ts';
import type { FaultName } from './faults.ts';

/** A message as its sender wrote it, before any codec of ours saw it. */
export interface Wire {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** One step of a session, with what really became of it: a mutant's work shows in the effects. */
export interface SessionStep {
  readonly kind: 'sessionStep';
  readonly now: Now;
  /** As it is after the step. */
  readonly state: SessionState;
  readonly event: SessionEvent;
  readonly effects: readonly SessionEffect[];
}

export interface DispatcherStep {
  readonly kind: 'dispatcherStep';
  readonly now: Now;
  readonly state: DispatcherState;
  readonly event: DispatcherEvent;
  readonly effects: readonly DispatcherEffect[];
}

/**
 * What checkers are fed: what came and went at both ends of each wire, and the steps in between [SIM5]. Names are those of
 * clients and nodes, unique in their world.
 */
export type Observation =
  | SessionStep
  | DispatcherStep
  | { readonly kind: 'clientOnline'; readonly client: string }
  | { readonly kind: 'clientSaw'; readonly client: string; readonly message: SessionServerMessage }
  /** `isByClient`: it hung up itself. 1006 = the line broke. */
  | {
      readonly kind: 'clientOffline';
      readonly client: string;
      readonly code: number;
      readonly isByClient: boolean;
    }
  | { readonly kind: 'nodeOnline'; readonly node: string }
  | { readonly kind: 'nodeSaw'; readonly node: string; readonly message: NodeServerMessage }
  | { readonly kind: 'nodeSaid'; readonly node: string; readonly message: Wire }
  | { readonly kind: 'nodeOffline'; readonly node: string; readonly code: number }
  /** The process of a node died: it knows nothing of before. */
  | { readonly kind: 'nodeReborn'; readonly node: string }
  /** A frame that is none of our messages came to a client or node. */
  | { readonly kind: 'unreadable'; readonly who: string; readonly field: string }
  /** A message under a foreign identity was handled; the digests are of whoever it tried to touch [I8]. */
  | { readonly kind: 'intrusion'; readonly what: string; readonly before: string; readonly after: string }
  | { readonly kind: 'fault'; readonly fault: FaultName; readonly on: string }
  /** Something of the scheduler threw, and supervision caught it. */
  | { readonly kind: 'breakage'; readonly event: string; readonly detail: string };

/** Takes observations one after another. */
export type Observer = (observation: Observation) => void;
