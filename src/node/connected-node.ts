import { CLOSE_CODES } from '#protocol/close-codes.ts';
import type { NodeServerMessage } from '#protocol/messages.ts';
import type { NodeHeartbeat } from '#protocol/node-agent-messages.ts';
import type { NodeControl, NodeRegisterAck } from '#protocol/node-server-messages.ts';
import type { ErrorMessage } from '#protocol/session-server-messages.ts';
import { Backoff } from './backoff.ts';
import { JobDesk } from './job-desk.ts';
import { NodeLink, type NodeLinkLoss } from './node-link.ts';
import { isPermanentRefusal, NodeRefusedError, refusalIn, warnOfRefusal } from './node-refusal.ts';
import { logStatus, type NodeStatusEvent, type NodeStopReason } from './node-status.ts';
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
const DRAIN_DEADLINE_MS = 60_000;
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
  #features: readonly string[] = [];
  #hasRegistered = false;
  /** The owner asked for it; a new connection has to be told. */
  #ownDrain: { readonly deadlineMs: number; readonly reason: string } | null = null;

  constructor(options: SpeechNodeOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#wallClockMs = options.wallClockMs ?? Date.now;
    this.#backoff = new Backoff(options.chance ?? Math.random);
    this.#nodeId = options.nodeId ?? null;
    this.#desk = new JobDesk({
      capacity: options.capacity,
      onJob: options.onJob,
      handlesOpenJobs: options.handlesOpenJobs ?? false,
      timers: this.#timers,
      clockMs: options.clockMs ?? (() => performance.now()),
      wallClockMs: this.#wallClockMs,
      emit: (event) => this.#emit(event),
      send: (message) => this.#link?.send(message),
    });
  }

  get #isStopped(): boolean {
    return this.#phase === 'stopped';
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

  async drain({
    deadlineMs = DRAIN_DEADLINE_MS,
    reason = '',
  }: {
    readonly deadlineMs?: number;
    readonly reason?: string;
  } = {}): Promise<{ readonly jobsLeft: number }> {
    this.#ownDrain = { deadlineMs, reason };
    this.#askForDrain(deadlineMs, reason);
    await this.#within(deadlineMs, this.#desk.drain());
    return { jobsLeft: this.#desk.heldCount };
  }

  stop({ deadlineMs = STOP_DEADLINE_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    return this.#stop(deadlineMs, 'asked');
  }

  #stop(deadlineMs: number, reason: NodeStopReason): Promise<void> {
    this.#stopped ??= this.#windDown(deadlineMs, reason);
    return this.#stopped;
  }

  async #windDown(deadlineMs: number, reason: NodeStopReason): Promise<void> {
    if (this.#phase === 'registered') {
      this.#askForDrain(deadlineMs, 'stopping');
      await this.#within(deadlineMs, this.#desk.drain());
    }
    const link = this.#link;
    const gone = new Promise<void>((resolve) => {
      this.#linkGone = resolve;
    });
    this.#halt(reason, new Error('the node was stopped'));
    if (link === null) return;
    link.close();
    await this.#within(CLOSE_TIMEOUT_MS, gone);
    link.terminate();
  }

  /** So that the server sends nothing that would only be refused. */
  #askForDrain(deadlineMs: number, reason: string): void {
    if (this.#phase !== 'registered' || this.#nodeId === null || !this.#features.includes('drain')) return;
    this.#link?.send({
      type: 'node_drain',
      node_id: this.#nodeId,
      deadline_ms: deadlineMs,
      ...(reason !== '' && { reason }),
    });
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

  /** The end of all attempts. `error`: what a start that still waits is told. */
  #halt(reason: NodeStopReason, error: Error): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    this.#clearPhaseTimer();
    this.#stopHeartbeat();
    this.#desk.abandon();
    this.#emit({ kind: 'stopped', reason });
    this.#starting?.reject(error);
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
      case 'audio_append':
        if (!this.#desk.appended(message)) this.#framesIgnored += 1;
        return;
      case 'audio_end':
        if (!this.#desk.audioEnded(message)) this.#framesIgnored += 1;
        return;
      case 'node_control':
        if (this.#phase === 'registered') this.#obey(message);
        return;
      case 'pairing_code':
        // Answers what this SDK does not ask.
        this.#framesIgnored += 1;
        return;
    }
  }

  #obey({ command, deadline_ms, reason }: NodeControl): void {
    this.#emit({ kind: 'commanded', command, deadlineMs: deadline_ms ?? null, reason: reason ?? null });
    switch (command) {
      case 'drain':
        void this.#desk.drain();
        return;
      case 'undrain':
        this.#ownDrain = null;
        if (this.#stopped === null) this.#desk.undrain();
        return;
      case 'shutdown':
        void this.#stop(deadline_ms ?? STOP_DEADLINE_MS, 'commanded');
        return;
      case 'reregister':
        this.#link?.send(registerMessage(this.#options, this.#nodeId));
        return;
    }
  }

  #acknowledged({ node_id, features = [] }: NodeRegisterAck): void {
    if (this.#phase !== 'registering' && this.#phase !== 'refused' && this.#phase !== 'registered') return;
    const isAnew = this.#phase === 'registered';
    this.#phase = 'registered';
    this.#clearPhaseTimer();
    this.#backoff.reset();
    this.#nodeId = node_id;
    this.#features = features;
    this.#emit({ kind: 'registered', nodeId: node_id, features });
    if (isAnew) this.#desk.registeredAnew(node_id, features);
    else this.#desk.registered(node_id, features);
    this.#takeUpWork();
    this.#stopHeartbeat();
    this.#unansweredPings = 0;
    this.#beat();
    this.#hasRegistered = true;
    this.#starting?.resolve({ nodeId: node_id });
  }

  /** A drain by the server ends with the registration it was meant for; one by the owner goes on [SDK95]. */
  #takeUpWork(): void {
    if (this.#stopped !== null) return;
    if (this.#ownDrain === null) this.#desk.undrain();
    else this.#askForDrain(this.#ownDrain.deadlineMs, this.#ownDrain.reason);
  }

  /** Before the ack the node is refused; afterwards one of its messages was not understood. */
  #refused({ code, message, fix, retry_after_ms }: ErrorMessage): void {
    if (this.#phase === 'registered') this.#emit({ kind: 'complaint', code, message });
    if (this.#phase !== 'registering') return;
    this.#phase = 'refused';
    this.#askedRetryMs = retry_after_ms ?? null;
    this.#tellRefusal(code, message, fix ?? null);
    // The server closes in its own time and says when to come back.
    if (this.#phase === 'refused') this.#setPhaseTimer(REFUSED_TIMEOUT_MS, () => this.#link?.terminate());
  }

  /** What nobody but the owner can mend ends a first start at once, with the reason [SDK90]. */
  #tellRefusal(code: string, message: string, fix: string | null): void {
    this.#emit({ kind: 'refused', code, message, fix });
    if (this.#starting === null || this.#hasRegistered || !isPermanentRefusal(code)) return;
    this.#halt('refused', new NodeRefusedError(code, message, fix));
    this.#link?.terminate();
  }

  #lost(loss: NodeLinkLoss): void {
    const { closeCode, code, retryAfterMs } = loss;
    const wasAtTheDoor = this.#phase === 'connecting' || this.#phase === 'registering';
    this.#link = null;
    this.#linkGone?.();
    if (this.#phase === 'stopped') return;
    this.#clearPhaseTimer();
    this.#stopHeartbeat();
    this.#desk.connectionLost();
    if (closeCode === CLOSE_CODES.replaced) {
      this.#emit({ kind: 'disconnected', closeCode, code, retryInMs: null });
      this.#halt('replaced', new Error('the node was replaced'));
      return;
    }
    const refusal = wasAtTheDoor ? refusalIn(loss) : null;
    if (refusal !== null) this.#tellRefusal(refusal.code, refusal.message, refusal.fix);
    if (this.#isStopped) return;
    const askedMs = retryAfterMs ?? this.#askedRetryMs;
    const retryInMs = askedMs === null ? this.#backoff.nextMs() : this.#backoff.atLeastMs(askedMs);
    this.#phase = 'waiting';
    this.#setPhaseTimer(retryInMs, () => this.#connect());
    this.#emit({ kind: 'disconnected', closeCode, code, retryInMs });
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
    const { log, onStatus } = this.#options;
    if (log !== undefined) logStatus(log, event);
    onStatus?.(event);
    // Where nobody listens, a node that is not wanted would wait in silence for ever.
    if (log === undefined && onStatus === undefined && event.kind === 'refused') warnOfRefusal(event);
  }
}
