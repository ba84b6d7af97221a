import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { ClientLink, Principal, StoreSettled } from '#core/ports.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import type { ConnectionId, SessionId } from '#protocol/ids.ts';
import type { Actor, ActorKind } from './actor-host.ts';
import type { ActorTimers } from './actor-timers.ts';
import type { AudioValve } from './audio-valve.ts';
import type { OpenJobs } from './open-jobs.ts';

/** What every actor has beside its state. */
export interface Seat {
  readonly timers: ActorTimers;
  /** Into the actor's own mailbox; dropped when it is gone. */
  settle(settled: StoreSettled): void;
}

export interface SessionSeat extends Seat {
  readonly sessionId: SessionId;
  readonly session: SessionState;
  /** Where the client is, or was last. */
  link: ClientLink;
  /** Sockets with a `resumed` in the mailbox. */
  readonly arriving: Map<ConnectionId, ClientLink>;
  readonly principal: Principal | undefined;
  readonly jobs: OpenJobs;
  readonly valve: AudioValve;
}

export interface DispatcherSeat extends Seat {
  readonly dispatcher: DispatcherState;
}

export type SessionActors = ActorKind<SessionId, SessionSeat, SessionEvent, SessionEffect>;
export type SessionActor = Actor<SessionId, SessionSeat, SessionEvent, SessionEffect>;
/** There is one, so its key says nothing. */
export type DispatcherActors = ActorKind<'dispatcher', DispatcherSeat, DispatcherEvent, DispatcherEffect>;
export type DispatcherActor = Actor<'dispatcher', DispatcherSeat, DispatcherEvent, DispatcherEffect>;
