import { CLOSE_CODES } from '#protocol/close-codes.ts';
import type { NodeServerMessage } from '#protocol/messages.ts';
import type { NodeHeartbeat } from '#protocol/node-agent-messages.ts';
import type { NodeRegisterAck } from '#protocol/node-server-messages.ts';
import type { ErrorMessage } from '#protocol/session-server-messages.ts';
import { Backoff } from './backoff.ts';
import { JobDesk } from './job-desk.ts';
import { NodeLink, type NodeLinkLoss } from './node-link.ts';
import { logStatus, type NodeStatusEvent } from './node-status.ts';
import type { SpeechNode, SpeechNodeCounts } from './speech-node.ts';
import { heartbeatMessage, registerMessage, type SpeechNodeOptions } from './speech-node-options.ts';
import { createUsageMeter } from './system-usage.ts';
import { systemTimers, type Timers } from './timers.ts';

const HEARTBEAT_MS = 15_000;
const UNANSWERED_PINGS_MAX = 2;
/** From the open socket to the ack. */
const REGISTER_TIMEOUT_MS = 10_000;
/** A server that refuses closes after 30 to 60 s; then it has forgotten us. */
const REFUSED_TIMEOUT_MS = 90_000;
const STOP_DEADLINE_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** How far the present connection has come. */
type Phase = 'idle' | 'connecting' | 'registering' | 'refused' | 'registered' | 'waiting' | 'stopped';

/**
 * Keeps one node connected: register, beat, come back after a loss. What jobs need is the desk's business.
 */
export class ConnectedNode implements SpeechNode {
  readonly #options: SpeechNodeOptions;
  readonly #timers: Timers;
  readonly #wallClockMs: () => number;
  readonly #backoff: Backoff;
  readonly #desk: JobDesk;
  readonly #readUsage = createUsageMeter();
  #phase: Phase = 'idle';
  #link: NodeLink | null = null;
  #nodeId: string | null;
  /** The deadline of the phase, or the wait for the next attempt. */
  #phaseTimer: unknown = null;
  #heartbeatTimer: unknown = null;
  #unansweredPings = 0;
  /** What a refusal asked for, until the socket is closed. */
  #askedRetryMs: number | null = null;
  #framesIgnored = 0;
  #started: Promise<{ readonly nodeId: string }> | null = null;
  #starting: { resolve(started: { readonly nodeId: string }): void; reject(error: Error): void } | null =
    null;
  #stopped: Promise<void> | null = null;
  #linkGone: (() => void) | null = null;

  constructor(options: SpeechNodeOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#wallClockMs = options.wallClockMs ?? Date.now;
    this.#backoff = new Backoff(options.chance ?? Math.random);
    this.#nodeId = options.nodeId ?? null;
    this.#desk = new JobDesk({
      capacity: options.capacity,
      onJob: options.onJob,
      timers: this.#timers,
      clockMs: options.clockMs ?? (() => performance.now()),
      wallClockMs: this.#wallClockMs,
      emit: (event) => this.#emit(event),
      send: (message) => this.#link?.send(message),
    });
  }

  get nodeId(): string | null {
    return this.#nodeId;
  }

  get counts(): SpeechNodeCounts {
    return { jobsHeld: this.#desk.heldCount, framesIgnored: this.#framesIgnored };
  }

  start(): Promise<{ readonly nodeId: string }> {
    this.#started ??= new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      if (this.#phase === 'stopped') reject(new Error('the node was stopped'));
      else this.#connect();
    });
    return this.#started;
  }

  stop({ deadlineMs = STOP_DEADLINE_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#windDown(deadlineMs);
    return this.#stopped;
  }

  async #windDown(deadlineMs: number): Promise<void> {
    if (this.#phase === 'registered') await this.#within(deadlineMs, this.#desk.drain());
    const link = this.#link;
    const gone = new Promise<void>((resolve) => {
      this.#linkGone = resolve;
    });
    this.#halt('asked');
    if (link === null) return;
    link.close();
    await this.#within(CLOSE_TIMEOUT_MS, gone);
    link.terminate();
  }

  /** Waits for it, but no longer than that. */
  async #within(delayMs: number, awaited: Promise<void>): Promise<void> {
    let overdue: unknown = null;
    const late = new Promise<void>((resolve) => {
      overdue = this.#timers.set(delayMs, resolve);
    });
    await Promise.race([awaited, late]);
    this.#timers.clear(overdue);
  }

  /** The end of all attempts. */
  #halt(reason: 'asked' | 'replaced'): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    this.#clearPhaseTimer();
    this.#stopHeartbeat();
    this.#desk.abandon();
    this.#emit({ kind: 'stopped', reason });
    this.#starting?.reject(new Error(reason === 'asked' ? 'the node was stopped' : 'the node was replaced'));
  }

  #connect(): void {
    this.#phase = 'connecting';
    this.#askedRetryMs = null;
    this.#link = new NodeLink(this.#options.url, this.#options.token, {
      opened: () => this.#opened(),
      received: (message) => this.#received(message),
      ignored: () => {
        this.#framesIgnored += 1;
      },
      ponged: () => {
        this.#unansweredPings = 0;
      },
      lost: (loss) => this.#lost(loss),
    });
  }

  #opened(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'registering';
    this.#emit({ kind: 'connected' });
    this.#link?.send(registerMessage(this.#options, this.#nodeId));
    this.#setPhaseTimer(REGISTER_TIMEOUT_MS, () => this.#link?.terminate());
  }

  #received(message: NodeServerMessage): void {
    switch (message.type) {
      case 'node_register_ack':
        this.#acknowledged(message);
        return;
      case 'error':
        this.#refused(message);
        return;
      case 'job_assign':
        if (this.#phase === 'registered') this.#desk.assigned(message);
        return;
      case 'job_cancel':
        this.#desk.cancel(message);
        return;
      case 'node_status':
        this.#emit({
          kind: 'judged',
          status: message.status,
          reason: message.reason ?? null,
          code: message.code ?? null,
          fix: message.fix ?? null,
        });
        return;
      case 'node_control':
      case 'pairing_code':
      case 'audio_append':
      case 'audio_end':
        // Belong to features that this SDK does not ask for.
        this.#framesIgnored += 1;
        return;
    }
  }

  #acknowledged({ node_id, features = [] }: NodeRegisterAck): void {
    if (this.#phase !== 'registering' && this.#phase !== 'refused') return;
    this.#phase = 'registered';
    this.#clearPhaseTimer();
    this.#backoff.reset();
    this.#nodeId = node_id;
    this.#emit({ kind: 'registered', nodeId: node_id, features });
    this.#desk.registered(node_id, features);
    this.#unansweredPings = 0;
    this.#beat();
    this.#starting?.resolve({ nodeId: node_id });
  }

  /** Before the ack the node is refused; afterwards one of its messages was not understood. */
  #refused({ code, message, fix, retry_after_ms }: ErrorMessage): void {
    if (this.#phase === 'registered') this.#emit({ kind: 'complaint', code, message });
    if (this.#phase !== 'registering') return;
    this.#phase = 'refused';
    this.#askedRetryMs = retry_after_ms ?? null;
    this.#emit({ kind: 'refused', code, message, fix: fix ?? null });
    // The server closes in its own time and says when to come back.
    this.#setPhaseTimer(REFUSED_TIMEOUT_MS, () => this.#link?.terminate());
  }

  #lost({ closeCode, code, retryAfterMs, httpStatus }: NodeLinkLoss): void {
    this.#link = null;
    this.#linkGone?.();
    if (this.#phase === 'stopped') return;
    this.#clearPhaseTimer();
    this.#stopHeartbeat();
    this.#desk.connectionLost();
    if (closeCode === CLOSE_CODES.replaced) {
      this.#emit({ kind: 'disconnected', closeCode, code, retryInMs: null });
      this.#halt('replaced');
      return;
    }
    const askedMs = retryAfterMs ?? this.#askedRetryMs;
    const retryInMs = askedMs === null ? this.#backoff.nextMs() : this.#backoff.atLeastMs(askedMs);
    this.#phase = 'waiting';
    this.#setPhaseTimer(retryInMs, () => this.#connect());
    if (httpStatus === 401 || httpStatus === 403) this.#refusedByToken(httpStatus);
    this.#emit({ kind: 'disconnected', closeCode, code, retryInMs });
  }

  #refusedByToken(httpStatus: 401 | 403): void {
    this.#emit({
      kind: 'refused',
      code: httpStatus === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN',
      message: `the server answered ${httpStatus}`,
      fix: 'check the token of this node',
    });
  }

  /** At once after the ack, then every 15 s [SDK21]. A ping goes along, to notice a server that is gone. */
  #beat(): void {
    if (this.#unansweredPings >= UNANSWERED_PINGS_MAX) {
      this.#link?.terminate();
      return;
    }
    this.#link?.send(this.#heartbeatMessage());
    this.#unansweredPings += 1;
    this.#link?.ping();
    this.#heartbeatTimer = this.#timers.set(HEARTBEAT_MS, () => this.#beat());
  }

  #heartbeatMessage(): NodeHeartbeat {
    const usage = { ...this.#readUsage(), running_jobs: this.#desk.heldCount };
    return heartbeatMessage(this.#options, this.#nodeId ?? '', usage, this.#wallClockMs());
  }

  #stopHeartbeat(): void {
    if (this.#heartbeatTimer !== null) this.#timers.clear(this.#heartbeatTimer);
    this.#heartbeatTimer = null;
  }

  #setPhaseTimer(delayMs: number, run: () => void): void {
    this.#clearPhaseTimer();
    this.#phaseTimer = this.#timers.set(delayMs, () => {
      this.#phaseTimer = null;
      run();
    });
  }

  #clearPhaseTimer(): void {
    if (this.#phaseTimer !== null) this.#timers.clear(this.#phaseTimer);
    this.#phaseTimer = null;
  }

  #emit(event: NodeStatusEvent): void {
    if (this.#options.log !== undefined) logStatus(this.#options.log, event);
    this.#options.onStatus?.(event);
  }
}
