import { addressHint, connectFailure, withTicket } from './address.ts';
import { Backoff } from './backoff.ts';
import { afterRefusedResume, mayAskAgain, mayComeBack } from './coming-back.ts';
import { lossText } from './loss-text.ts';
import { type InitAck, type ResumeAck, readServerFrame, type ServerFrame } from './server-frame.ts';
import { localError, SessionError } from './session-error.ts';
import type { ConnectionState } from './session-event.ts';
import type { SessionOptions } from './session-options.ts';
import { type LinkLoss, type SocketConstructor, SocketLink } from './socket-link.ts';
import { systemTimers, type Timers } from './timers.ts';

const OPEN_TIMEOUT_MS = 10_000;
/** A socket that lives shorter than this proves nothing: the waits between attempts go on growing. */
const STEADY_MS = 5_000;
/** A server that lets a resume go unanswered that often does not know the message. */
const UNANSWERED_RESUMES_MAX = 2;

export interface ConnectorEvents {
  /** The first message of a new session. */
  init(): object;
  /** The number of the last delivery that is here. */
  lastDeliverySeq(): number;
  changed(state: ConnectionState, reason: string | null, retryInMs: number | null): void;
  /** A session began. `whyAnew`: what ended the one before, null for the first. */
  opened(ack: InitAck, whyAnew: string | null): void;
  resumed(ack: ResumeAck): void;
  received(frame: ServerFrame): void;
  /** The socket of a live session is gone; attempts follow unless `failed` is told next. */
  away(error: SessionError): void;
  /** The session cannot be resumed; true = begin a new one, false = all is over, and the listener has seen to it. */
  expired(): boolean;
  /** It is not tried any more. */
  failed(error: SessionError): void;
}

/**
 * Keeps a session connected: one socket at a time, the handshake on it, and the attempts to come back after a loss
 * [SDK60, SDK61]. What travels over a live connection is none of its business.
 */
export class Connector {
  readonly #options: SessionOptions;
  readonly #Socket: SocketConstructor;
  readonly #events: ConnectorEvents;
  readonly #timers: Timers;
  readonly #backoff: Backoff;
  readonly #attemptsMax: number;
  #link: SocketLink | null = null;
  #state: ConnectionState = 'connecting';
  #resumeToken: string | null = null;
  #asksToResume = false;
  #wasLive = false;
  #failedCount = 0;
  #unansweredResumes = 0;
  #whyAnew: string | null = null;
  /** Tickets that come for an attempt before this one are too late. */
  #ticketAttempt = 0;
  /** The handshake's deadline, the wait for the next attempt, or the time until the socket counts as steady. */
  #timer: unknown = null;

  constructor(options: SessionOptions, Socket: SocketConstructor, events: ConnectorEvents) {
    const reconnect = options.reconnect === false ? { attemptsMax: 0 } : (options.reconnect ?? {});
    this.#options = options;
    this.#Socket = Socket;
    this.#events = events;
    this.#timers = options.timers ?? systemTimers;
    this.#backoff = new Backoff(options.chance ?? Math.random, reconnect.waitMsMax);
    this.#attemptsMax = reconnect.attemptsMax ?? Number.POSITIVE_INFINITY;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get bufferedBytes(): number {
    return this.#link?.bufferedBytes ?? 0;
  }

  /** True when the session would be asked for again, false when a new one would be opened. */
  get canResume(): boolean {
    return this.#resumeToken !== null;
  }

  /** Throws what the socket's constructor throws. */
  connect(): void {
    this.#asksToResume = this.#resumeToken !== null;
    if (this.#wasLive) this.#change(this.#asksToResume ? 'resuming' : 'connecting');
    const { url, ticket } = this.#options;
    if (ticket === undefined) this.#dial(url);
    else void this.#dialWithTicket(ticket);
    this.#setTimer(this.#options.openTimeoutMs ?? OPEN_TIMEOUT_MS, () => this.#unanswered());
  }

  #dial(url: string): void {
    const { token } = this.#options;
    this.#link = new SocketLink(url, token === undefined ? [] : [`bearer.${token}`], this.#Socket, {
      opened: () => this.#greet(),
      received: (text) => this.#received(readServerFrame(text)),
      lost: (loss) => this.#lost(loss),
    });
  }

  /** A ticket is good for one socket, so each attempt asks for its own [SDK75]. */
  async #dialWithTicket(ticket: () => Promise<string>): Promise<void> {
    const attempt = ++this.#ticketAttempt;
    let failure: unknown;
    try {
      const given = await ticket();
      if (attempt === this.#ticketAttempt) this.#dial(withTicket(this.#options.url, given));
      return;
    } catch (cause) {
      failure = cause;
    }
    if (attempt === this.#ticketAttempt)
      this.#attemptFailed(localError('CONNECT_FAILED', 'No ticket could be had.', failure), true);
  }

  /** Dropped while not live. */
  send(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#state === 'live') this.#link?.send(frame);
  }

  /** The socket is as good as gone, though nobody said so. */
  giveUpSocket(error: SessionError): void {
    this.#attemptFailed(error, true);
  }

  /** No socket and no timer is left; nothing is told afterwards. */
  close(reason: string): void {
    this.#clearTimer();
    this.#ticketAttempt += 1;
    this.#link?.drop(reason);
    this.#link = null;
    this.#state = 'closed';
  }

  #unanswered(): void {
    if (this.#asksToResume) this.#unansweredResumes += 1;
    if (this.#unansweredResumes >= UNANSWERED_RESUMES_MAX) {
      this.#resumeToken = null;
      this.#whyAnew = 'OPEN_TIMEOUT';
    }
    const message = `The server did not open the session in time.${addressHint(this.#options.url)}`;
    this.#attemptFailed(localError('OPEN_TIMEOUT', message), true);
  }

  #greet(): void {
    const hello = this.#asksToResume
      ? {
          type: 'session_resume',
          resume_token: this.#resumeToken,
          last_delivery_seq: this.#events.lastDeliverySeq(),
        }
      : this.#events.init();
    this.#link?.send(JSON.stringify(hello));
  }

  #received(frame: ServerFrame): void {
    if (this.#state === 'live') {
      if (frame.kind === 'initAck' || frame.kind === 'resumeAck') this.#events.received({ kind: 'ignored' });
      else this.#events.received(frame);
      return;
    }
    // Until the ack only the ack, or the reason why there is none, means anything.
    if (frame.kind === 'event' && frame.event.kind === 'error') this.#refused(frame.event);
    else if (frame.kind === 'initAck' && !this.#asksToResume) {
      this.#live(frame.ack.resumeToken);
      const whyAnew = this.#whyAnew;
      this.#whyAnew = null;
      this.#events.opened(frame.ack, whyAnew);
    } else if (frame.kind === 'resumeAck' && this.#asksToResume) {
      this.#live(frame.ack.resumeToken);
      this.#whyAnew = null;
      this.#events.resumed(frame.ack);
    }
  }

  /** The token is single use: without a new one the next loss ends this session. */
  #live(resumeToken: string | null): void {
    this.#resumeToken = resumeToken;
    this.#failedCount = 0;
    this.#unansweredResumes = 0;
    // The first time is told by the promise of `openSession`.
    if (this.#wasLive) this.#change('live');
    this.#wasLive = true;
    this.#state = 'live';
    this.#setTimer(STEADY_MS, () => this.#backoff.reset());
  }

  #refused(refusal: {
    readonly code: string;
    readonly message: string;
    readonly isRetryable: boolean | null;
    readonly retryAfterMs: number | null;
  }): void {
    const { code, message, isRetryable, retryAfterMs } = refusal;
    const error = new SessionError(code, message, { retryAfterMs });
    if (!this.#asksToResume) {
      this.#attemptFailed(error, mayAskAgain(code, isRetryable));
      return;
    }
    const verdict = afterRefusedResume(code, isRetryable);
    if (verdict !== 'anew') {
      this.#attemptFailed(error, verdict === 'later');
      return;
    }
    this.#resumeToken = null;
    this.#asksToResume = false;
    this.#whyAnew = code;
    if (!this.#events.expired()) return;
    this.#change('connecting', code);
    this.#greet();
  }

  #lost({ closeCode, code, retryAfterMs, wasOpen }: LinkLoss): void {
    const error = wasOpen
      ? new SessionError(code ?? 'CONNECTION_LOST', lossText(closeCode), {
          retryAfterMs,
        })
      : connectFailure(this.#options.url, closeCode);
    this.#attemptFailed(error, mayComeBack(closeCode, code));
  }

  #attemptFailed(error: SessionError, isWorthTrying: boolean): void {
    const wasLive = this.#state === 'live';
    this.#whyAnew ??= error.code;
    this.#clearTimer();
    this.#ticketAttempt += 1;
    this.#link?.drop(error.code);
    this.#link = null;
    if (wasLive) this.#events.away(error);
    else this.#failedCount += 1;
    // `away` may have ended it all.
    if (this.#state === 'closed') return;
    if (!this.#wasLive || !isWorthTrying || this.#failedCount >= this.#attemptsMax) {
      this.#events.failed(error);
      return;
    }
    const waitMs = this.#backoff.nextMs(error.retryAfterMs);
    this.#change('away', error.code, waitMs);
    this.#setTimer(waitMs, () => this.#connectAgain());
  }

  #connectAgain(): void {
    try {
      this.connect();
    } catch (cause) {
      this.#attemptFailed(localError('CONNECT_FAILED', 'No socket could be made.', cause), true);
    }
  }

  #change(state: ConnectionState, reason: string | null = null, retryInMs: number | null = null): void {
    this.#state = state;
    this.#events.changed(state, reason, retryInMs);
  }

  #setTimer(delayMs: number, run: () => void): void {
    this.#clearTimer();
    this.#timer = this.#timers.set(delayMs, () => {
      this.#timer = null;
      run();
    });
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }
}
