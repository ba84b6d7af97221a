import type { Labels } from '#core/metrics.ts';
import type { ClientLink, NodeLink, Principal } from '#core/ports.ts';
import type { SessionOpen } from '#core/session/session-contract.ts';
import type { ConnectionId } from '#protocol/ids.ts';
import type { NodeAgentMessage, SessionClientMessage } from '#protocol/messages.ts';
import type { Enqueued, ResumeAsk, ResumeFound, Runtime } from '#runtime/contract.ts';

interface HandTimer {
  readonly atMs: number;
  readonly ring: () => void;
}

export interface OpenedSession {
  readonly open: SessionOpen;
  readonly link: ClientLink;
  readonly messages: SessionClientMessage[];
  /** Whether its socket is read: each time that changed. */
  readonly readings: boolean[];
  isLost: boolean;
}

export interface AttachedNode {
  readonly connectionId: ConnectionId;
  readonly principal: Principal;
  readonly link: NodeLink;
  readonly messages: NodeAgentMessage[];
  isDetached: boolean;
}

/**
 * The runtime as the gateway knows it, with a clock turned by hand and everything that was told kept for looking at.
 * It is the port: nothing of the product runs behind it.
 */
export class HandRuntime {
  nowMs = 1000;
  readonly sessions: OpenedSession[] = [];
  readonly nodes: AttachedNode[] = [];
  readonly counts = new Map<string, number>();
  readonly logLines: { level: string; event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  answerToOpen: 'opened' | 'full' | 'draining' = 'opened';
  answerToResume: 'expired' | 'draining' = 'expired';
  /** What a `session_resume` finds, and the link that it came with. */
  resumable: { readonly found: ResumeFound; link: ClientLink | null } | null = null;
  readonly resumes: ResumeAsk[] = [];
  answerToAttach: 'attached' | 'draining' = 'attached';
  answerToMessage: Enqueued = 'queued';
  readonly stallsMs: number[] = [];
  readonly #timers = new Set<HandTimer>();
  #ids = 0;

  readonly runtime: Runtime = {
    ports: {
      clock: { now: () => ({ atMs: this.nowMs, wallMs: 1_790_000_000_000 + this.nowMs }) },
      ids: {
        next: () => this.#nextId(),
        uuid: () => `uuid-${this.#nextId()}`,
      },
      meter: {
        count: (name: string, by: number, labels?: Labels) => this.count(name, by, labels),
        observe: () => {},
      },
      log: {
        write: (level: string, event: string, fields: Readonly<Record<string, unknown>> = {}) =>
          this.logLines.push({ level, event, fields }),
      },
    },
    servesFormatOf: () => true,
    openSession: (open: SessionOpen, link: ClientLink) => {
      if (this.answerToOpen === 'opened') {
        this.sessions.push({ open, link, messages: [], readings: [], isLost: false });
      }
      return this.answerToOpen;
    },
    resumeSession: (ask: ResumeAsk, linkFor: (found: ResumeFound) => ClientLink) => {
      this.resumes.push(ask);
      if (this.resumable === null) return this.answerToResume;
      this.resumable.link = linkFor(this.resumable.found);
      return 'resuming';
    },
    tellClientMessage: (sessionId: string, message: SessionClientMessage) => {
      if (this.answerToMessage === 'queued') {
        this.sessions.find(({ open }) => open.sessionId === sessionId)?.messages.push(message);
      }
      return this.answerToMessage;
    },
    noteReading: (sessionId: string, isRead: boolean) => {
      this.sessions.find(({ open }) => open.sessionId === sessionId)?.readings.push(isRead);
    },
    loseSocket: (sessionId: string) => {
      const session = this.sessions.find(({ open }) => open.sessionId === sessionId);
      if (session) session.isLost = true;
    },
    attachNode: (connectionId: ConnectionId, principal: Principal, link: NodeLink) => {
      if (this.answerToAttach === 'attached') {
        this.nodes.push({ connectionId, principal, link, messages: [], isDetached: false });
      }
      return this.answerToAttach;
    },
    tellNodeMessage: (connectionId: ConnectionId, message: NodeAgentMessage) => {
      if (this.answerToMessage === 'queued') {
        this.nodes.find((node) => node.connectionId === connectionId)?.messages.push(message);
      }
      return this.answerToMessage;
    },
    detachNode: (connectionId: ConnectionId) => {
      const node = this.nodes.find((each) => each.connectionId === connectionId);
      if (node) node.isDetached = true;
    },
    noteStall: (durationMs: number) => {
      this.stallsMs.push(durationMs);
    },
    timerAt: (atMs: number, ring: () => void) => {
      const timer = { atMs, ring };
      this.#timers.add(timer);
      return { cancel: () => this.#timers.delete(timer) };
    },
    // The rest of the contract is not the gateway's to call.
  } as unknown as Runtime;

  get timerCount(): number {
    return this.#timers.size;
  }

  count(name: string, by: number, labels: Labels = {}): void {
    const key = [name, ...Object.values(labels)].join(' ');
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  /** Time passes evenly: every timer rings when it is due. */
  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let due = this.#nextDue(endMs); due !== null; due = this.#nextDue(endMs)) {
      this.nowMs = Math.max(this.nowMs, due.atMs);
      this.#timers.delete(due);
      due.ring();
    }
    this.nowMs = endMs;
  }

  /** The process stands still and then rings everything that is overdue, oldest first. */
  stall(durationMs: number): void {
    this.nowMs += durationMs;
    this.advance(0);
  }

  #nextDue(endMs: number): HandTimer | null {
    let first: HandTimer | null = null;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (first === null || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }

  #nextId(): string {
    this.#ids += 1;
    return String(this.#ids).padStart(32, '0');
  }
}
