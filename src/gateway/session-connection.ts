import { decodeSessionFrame } from '#codec/decode-session.ts';
import { type Decoded, describeInvalid, type Invalid } from '#codec/decoded.ts';
import { encodeSessionServer } from '#codec/encode.ts';
import type { ClientLink, ConnectionInfo } from '#core/ports.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import { newSessionId, type SessionId } from '#protocol/ids.ts';
import type { SessionClientMessage, SessionServerMessage } from '#protocol/messages.ts';
import type { SessionInit, SessionResume } from '#protocol/session-client-messages.ts';
import { type AudioTerms, audioAgreedIn, audioOf, decodeBinary, LEGACY_AUDIO } from './audio-terms.ts';
import { Connection } from './connection.ts';
import type { GatewayContext } from './context.ts';
import { FairArrival } from './fair-arrival.ts';
import { fairDeadline } from './fair-deadline.ts';
import { HeldMessages } from './held-messages.ts';
import { countNotes } from './metrics.ts';
import { priorityMaxOf, tenantOf } from './principal.ts';
import type { Transport } from './transport.ts';

interface LiveSession {
  readonly sessionId: SessionId;
  readonly traceId: string;
  /** A client that came back and has no answer yet. */
  isResuming: boolean;
}

/**
 * One socket on `/ws/session`: whose it is, which phase it is in, and which of its messages reach the session. At
 * most one session lives on it at a time.
 */
export class SessionConnection {
  readonly connection: Connection;
  readonly #context: GatewayContext;
  readonly #info: ConnectionInfo;
  readonly #held: HeldMessages;
  readonly #arrival: FairArrival;
  /** Traffic does not extend it; only a session ends it [GAT1]. */
  readonly #handshake: { cancel(): void };
  #session: LiveSession | null = null;
  /** The last one that it had. */
  #endedSessionId: SessionId | null = null;
  #audio: AudioTerms = LEGACY_AUDIO;
  #hasSaidInvalidSession = false;
  /** Of the frame that is handled. */
  #arrivedAtMs = 0;

  constructor(
    context: GatewayContext,
    transport: Transport,
    info: ConnectionInfo,
    onClosed: () => void = () => {},
  ) {
    this.#context = context;
    this.#info = info;
    this.#held = new HeldMessages(context);
    this.#arrival = new FairArrival(context);
    this.connection = new Connection('session', context, transport, {
      onText: (bytes, nowMs) => {
        this.#arrivedAtMs = this.#arrival.stampMs(nowMs);
        this.#take(decodeSessionFrame(bytes, this.#audio, this.#audio.chunkHead));
      },
      onBinary: (bytes, nowMs) => {
        this.#arrivedAtMs = this.#arrival.stampMs(nowMs);
        this.#take(decodeBinary(bytes, this.#audio));
      },
      onReading: (isRead) => this.#tellReading(isRead),
      onGone: () => this.#gone(),
      onClosed,
    });
    this.#handshake = fairDeadline(context, context.settings.handshakeMs, () =>
      this.connection.closeFor('HANDSHAKE_TIMEOUT', context.settings.retryAfterMs),
    );
  }

  #take(decoded: Decoded<SessionClientMessage>): void {
    const { meter } = this.#context;
    if (decoded.kind === 'invalid') {
      this.#refuse(decoded);
      return;
    }
    if (decoded.kind === 'ignored') {
      meter.count('frames_ignored_total', 1, { side: 'session', reason: decoded.reason });
      return;
    }
    countNotes(meter, 'session', decoded.notes);
    this.#route(decoded.message);
  }

  #route(message: SessionClientMessage): void {
    const session = this.#session;
    switch (message.type) {
      case 'session_init':
        this.#open(message);
        break;
      case 'session_close':
        if (session?.sessionId === message.session_id) this.#deliver(session, message);
        else this.#send({ type: 'session_close_ack', session_id: message.session_id });
        break;
      case 'session_resume':
        if (session === null) this.#resume(message);
        else this.#deliver(session, message);
        break;
      case 'room_create':
      case 'room_join':
      case 'room_leave':
      case 'room_raw_voice_preference':
      case 'webrtc_offer':
      case 'webrtc_answer':
      case 'webrtc_ice':
        if (session === null) this.#held.hold(message);
        else this.#deliver(session, message);
        break;
      default: {
        const isOwn = session !== null && (message.session_id ?? session.sessionId) === session.sessionId;
        if (isOwn) this.#deliver(session, message);
        else this.#refuseIdentity(message);
      }
    }
  }

  #open(init: SessionInit): void {
    const { runtime, meter } = this.#context;
    if (!runtime.servesFormatOf(init)) {
      // As if it had not been asked: the socket may ask again in another form [GAT54].
      this.#refuseFormat();
      return;
    }
    if (this.#session !== null) {
      meter.count('sessions_replaced_total', 1);
      this.#leave(this.#session);
    }
    const sessionId = newSessionId(runtime.ports.ids);
    const traceId = init.trace_id?.trim() ? init.trace_id : runtime.ports.ids.uuid();
    const session: LiveSession = { sessionId, traceId, isResuming: false };
    const { connectionId, principal } = this.#info;
    const tenant = tenantOf(principal, init.tenant_id);
    this.#session = session;
    const priorityMax = priorityMaxOf(principal);
    const opened = runtime.openSession(
      {
        sessionId,
        connectionId,
        principal,
        init,
        tenant,
        traceId,
        ...(priorityMax !== undefined && { priorityMax }),
      },
      this.#linkOf(session),
    );
    if (opened !== 'opened') {
      this.#session = null;
      this.#refuseSession(opened);
      return;
    }
    if (!this.connection.isRead) this.#tellReading(false);
    this.#handshake.cancel();
    for (const message of this.#held.takeAll()) this.#deliver(session, message);
  }

  #tellReading(isRead: boolean): void {
    if (this.#session !== null) this.#context.runtime.noteReading(this.#session.sessionId, isRead);
  }

  /** The session itself answers, and may still end before it does. */
  #resume({ resume_token: resumeToken, last_delivery_seq: lastDeliverySeq }: SessionResume): void {
    const { connectionId, principal } = this.#info;
    const asked = this.#context.runtime.resumeSession(
      { resumeToken, lastDeliverySeq, connectionId, principal },
      ({ sessionId, session: { traceId, terms } }) => {
        const session: LiveSession = { sessionId, traceId, isResuming: true };
        this.#session = session;
        this.#audio = audioOf(terms, sessionId);
        return this.#linkOf(session);
      },
    );
    if (asked === 'resuming' && !this.connection.isRead) this.#tellReading(false);
    if (asked === 'draining') this.#refuseSession(asked);
    else if (asked === 'expired') this.#refuseResume();
  }

  /** The answer is on its way. */
  #resumed(session: LiveSession): void {
    session.isResuming = false;
    this.#handshake.cancel();
    for (const message of this.#held.takeAll()) this.#deliver(session, message);
  }

  #refuseSession(reason: 'full' | 'draining'): void {
    const { meter, settings } = this.#context;
    meter.count('sessions_refused_total', 1, { reason });
    const code = reason === 'full' ? 'NO_CAPACITY' : 'DRAINING';
    this.connection.close(CLOSE_CODES.restart, closeReason(code, settings.retryAfterMs));
  }

  /** Its socket may ask again in another form [GAT54]. */
  #refuseFormat(): void {
    this.#context.meter.count('sessions_refused_total', 1, { reason: 'unserved_format' });
    const field = { field: 'audio_format', expected: 'opus' };
    this.#sendError('UNSUPPORTED_FEATURE', 'audio_format: no node takes pcm16; expected opus', field);
  }

  /** The client may begin anew on this socket. */
  #refuseResume(): void {
    this.#context.meter.count('sessions_refused_total', 1, { reason: 'resume_expired' });
    this.#sendError('RESUME_EXPIRED');
  }

  #deliver(session: LiveSession, message: SessionClientMessage): void {
    switch (this.#context.runtime.tellClientMessage(session.sessionId, message, this.#arrivedAtMs)) {
      case 'queued':
      case 'shed':
        break;
      case 'full':
        this.connection.closeFor('CONTROL_FLOOD', this.#context.settings.retryAfterMs);
        break;
      case 'gone':
        this.#refuseIdentity(message);
    }
  }

  /** The way from one session to this socket; dead once the session is no longer the socket's. */
  #linkOf(session: LiveSession): ClientLink {
    const isCurrent = (): boolean => this.#session === session;
    return {
      send: (message) => {
        if (!isCurrent()) return;
        if (message.type === 'session_init_ack') this.#audio = audioAgreedIn(message, session.sessionId);
        if (message.type === 'session_resume_ack') this.#resumed(session);
        this.#send(message);
      },
      close: (code, reason) => {
        if (isCurrent()) this.connection.close(code, reason);
      },
      readLater: () => {
        if (isCurrent()) this.connection.readLater();
      },
      whenTaken: (call) => {
        if (isCurrent()) this.connection.whenTaken(call);
      },
      sessionEnded: () => {
        if (!isCurrent()) return;
        this.#forgetSession();
        if (session.isResuming) this.#refuseResume();
      },
    };
  }

  #leave(session: LiveSession): void {
    this.#forgetSession();
    this.#context.runtime.loseSocket(session.sessionId, this.#info.connectionId);
  }

  #forgetSession(): void {
    this.#endedSessionId = this.#session?.sessionId ?? this.#endedSessionId;
    this.#session = null;
    this.#audio = LEGACY_AUDIO;
  }

  #gone(): void {
    this.#handshake.cancel();
    this.#held.dropAll();
    if (this.#session !== null) this.#leave(this.#session);
  }

  #refuse(invalid: Invalid): void {
    this.#context.meter.count('frames_malformed_total', 1, { side: 'session' });
    const { field, expected } = invalid;
    this.#sendError('INVALID_MESSAGE', describeInvalid(invalid), { field, expected });
  }

  /** Told once: a client that lost its session would hear it with every chunk [I8]. */
  #refuseIdentity(message: SessionClientMessage): void {
    const { type } = message;
    if (!this.#isLate(message))
      this.#context.runtime.ports.meter.count('identity_refused_total', 1, { side: 'session' });
    const isTold = type === 'audio_chunk' || type === 'utterance' || type === 'client_heartbeat';
    if (!isTold || this.#hasSaidInvalidSession) return;
    this.#hasSaidInvalidSession = true;
    this.#sendError('INVALID_SESSION');
  }

  /** For the session that was just here: it was on its way when that ended, and nobody is taken for another. */
  #isLate(message: SessionClientMessage): boolean {
    const ended = this.#endedSessionId;
    const named = 'session_id' in message ? message.session_id : undefined;
    return this.#session === null && ended !== null && (named ?? ended) === ended;
  }

  #sendError(code: ErrorCode, message: string = ERRORS[code].hintEn, details?: object): void {
    const trace_id = this.#session?.traceId;
    this.#send({
      type: 'error',
      code,
      message,
      ...(details === undefined ? {} : { details }),
      ...(trace_id === undefined ? {} : { trace_id }),
    });
  }

  #send(message: SessionServerMessage): void {
    this.connection.send(encodeSessionServer(message), message.type === 'translation_result');
  }
}
