import type { Chance } from '#core/chance.ts';
import type { Clock } from '#core/clock.ts';
import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { JobRecord } from '#core/jobs/job-history.ts';
import type { CounterName, Labels, ObservationName } from '#core/metrics.ts';
import type { DrainWish } from '#core/nodes/drain.ts';
import type { ClientLink, NodeLink, Principal, Store } from '#core/ports.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionOpen } from '#core/session/session-contract.ts';
import type { DispatchSettings, SessionSettings } from '#core/settings.ts';
import type { ConnectionId, IdSource, InstanceId, NodeId, SessionId } from '#protocol/ids.ts';
import type { NodeAgentMessage, SessionClientMessage } from '#protocol/messages.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';

/** Who counts. Production: prom-client behind it; simulator: plain maps. */
export interface Meter {
  count(name: CounterName, by: number, labels?: Labels): void;
  observe(name: ObservationName, value: number, labels?: Labels): void;
}

/** Who writes the log. `event` is a fixed phrase; `fields` never hold transcripts, audio or tokens. */
export interface Log {
  write(
    level: 'debug' | 'info' | 'warn' | 'error',
    event: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/**
 * The only two ways in which the runtime asks the platform for the processor. Production: setImmediate and one
 * setTimeout; simulator: turned by hand. A later `alarmAt` replaces an earlier one.
 */
export interface TurnDriver {
  /** Runs the function once, soon, not inside this call. */
  soon(turn: () => void): void;
  alarmAt(atMs: number, ring: () => void): void;
  clearAlarm(): void;
}

export interface RuntimePorts {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly chance: Chance;
  readonly store: Store;
  readonly meter: Meter;
  readonly log: Log;
  readonly driver: TurnDriver;
}

export interface RuntimeSettings {
  readonly instanceId: InstanceId;
  readonly session: SessionSettings;
  readonly dispatch: DispatchSettings;
  /** Events a session's mailbox holds. Audio above it is shed and counted; control above it closes the source. */
  readonly mailboxMax: number;
  /** Node messages waiting for the dispatcher; above it the source is closed. Endings always fit. */
  readonly dispatcherMailboxMax: number;
  readonly sessionsMax: number;
  /** Bytes of audio that the process may hold; above three quarters clients are asked to wait, above it audio is shed. */
  readonly audioBytesMax: number;
  /** The same for one session. */
  readonly sessionAudioBytesMax: number;
  /** How long a client is asked (`PAUSE`) to keep its audio. */
  readonly pauseMs: number;
  readonly storeDeadlineMs: number;
  /** Events handled before the loop is given back. */
  readonly turnBudget: number;
}

/** `shed`: audio dropped at the bound, counted and told to its session. `full`: control at the bound, close the source. `gone`: no such actor. */
export type Enqueued = 'queued' | 'shed' | 'full' | 'gone';

export type NodeAsked = 'asked' | 'unknown' | 'busy';

export interface ResumeAsk {
  readonly resumeToken: string;
  readonly lastDeliverySeq: number;
  readonly connectionId: ConnectionId;
  readonly principal: Principal;
}

/** What a link to a session that was found must know of it. */
export interface ResumeFound {
  readonly sessionId: SessionId;
  readonly session: Pick<SessionState, 'traceId' | 'terms'>;
}

/** What the edges (gateway, http) may do with the process. */
export interface Runtime {
  readonly ports: RuntimePorts;
  readonly settings: RuntimeSettings;
  start(): void;
  /** False when the client names a form of audio, nodes are connected, and none of them takes it. */
  servesFormatOf(init: SessionInit): boolean;
  /** `full`: `sessionsMax` reached; `draining`: the process is going down. */
  openSession(open: SessionOpen, link: ClientLink): 'opened' | 'full' | 'draining';
  /** `arrivedAtMs`: when its frame came, by the injected clock, less our own stalls; absent = now. */
  tellClientMessage(sessionId: SessionId, message: SessionClientMessage, arrivedAtMs?: number): Enqueued;
  /**
   * A client shows the token of a session. `expired`: no session goes by it, or none that can bring this client up to date.
   * A session that ends before it could answer says so by `sessionEnded` of the link.
   */
  resumeSession(
    ask: ResumeAsk,
    linkFor: (found: ResumeFound) => ClientLink,
  ): 'resuming' | 'expired' | 'draining';
  /** The socket of a session is not read for now, or is read again (always fits) [SEG42]. */
  noteReading(sessionId: SessionId, isRead: boolean): void;
  /** This socket of a session is gone (always fits). */
  loseSocket(sessionId: SessionId, connectionId: ConnectionId): void;
  attachNode(connectionId: ConnectionId, principal: Principal, link: NodeLink): 'attached' | 'draining';
  tellNodeMessage(connectionId: ConnectionId, message: NodeAgentMessage): Enqueued;
  /** The socket of a node is gone (always fits). */
  detachNode(connectionId: ConnectionId): void;
  /**
   * Gives a node no more jobs, for `deadlineMs` or until it is taken back; what runs there may end. Heard in turn.
   * errors: `unknown`: no node has that id; `busy`: the dispatcher takes no more wishes now.
   */
  drainNode(nodeId: NodeId, wish: DrainWish): NodeAsked;
  undrainNode(nodeId: NodeId): NodeAsked;
  /** This process could not act for that long; nodes get that time on top of theirs [JOB46]. */
  noteStall(durationMs: number): void;
  /** Calls back once at a time of the injected clock; for the edges' own deadlines (handshake, ping). */
  timerAt(atMs: number, ring: () => void): { cancel(): void };
  /** Read-only views for statistics, never changed by the reader. */
  readonly view: {
    readonly dispatcher: DispatcherState;
    sessions(): IterableIterator<SessionState>;
    /** Null: there is no such session, or no longer. */
    session(sessionId: string): SessionState | null;
    /** What happened to a job that is open or ended a while ago; null when it is not known (any more). */
    job(jobId: string): JobRecord | null;
    readonly sessionCount: number;
    /** Bytes of audio held in all. */
    readonly audioBytes: number;
    /** Of that, speech of results that wait for their turn or are kept for a return. */
    readonly resultSpeechBytes: number;
    /** The most events that ever waited for one actor, by kind. */
    readonly mailboxHighWater: Readonly<Record<'session' | 'dispatcher', number>>;
    readonly isDraining: boolean;
    /** False after the dispatcher failed and before it runs again. */
    readonly hasDispatcher: boolean;
  };
  /** Stops admitting, lets sessions finish, then closes what is left at the deadline. Resolves when all are gone. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends timers and turns; after it nothing runs any more. */
  stop(): void;
}
