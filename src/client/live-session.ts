import { encodeBase64 } from './base64.ts';
import { Heartbeat } from './heartbeat.ts';
import { frameOpusPackets } from './opus-framing.ts';
import { PcmChunker } from './pcm-chunker.ts';
import { type OutgoingRecord, SendQueue } from './send-queue.ts';
import { type InitAck, readServerFrame, type ServerFrame } from './server-frame.ts';
import type { CloseOptions, Session, SessionCounts, SessionInfo } from './session.ts';
import { localError, SessionError } from './session-error.ts';
import type { SessionEvent } from './session-event.ts';
import { type SessionOptions, sessionInitOf } from './session-options.ts';
import type { SessionResult, TranslatedResult } from './session-result.ts';
import { type LinkLoss, type SocketConstructor, SocketLink } from './socket-link.ts';
import { Stream } from './stream.ts';
import { systemTimers, type Timers } from './timers.ts';

const OPEN_TIMEOUT_MS = 10_000;
/** The server's own wait for results is 10 s. */
const CLOSE_DEADLINE_MS = 15_000;
const RESULTS_UNREAD_MAX = 1_000;
const EVENTS_UNREAD_MAX = 256;

interface Settle {
  resolve(): void;
  reject(error: SessionError): void;
}

/** Where the session stands. `opening` and `closing` have somebody who waits, and a deadline. */
type Phase =
  | { readonly kind: 'opening'; readonly deadline: unknown; readonly waiting: Settle }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing'; readonly deadline: unknown; readonly waiting: Settle }
  | { readonly kind: 'over' };

/**
 * The session behind the interface. What a session is (its numbers, its queue, its streams) lives here; the
 * socket is only a link that can be lost [SDK11].
 */
export class LiveSession implements Session {
  readonly results: Stream<SessionResult>;
  readonly events: Stream<SessionEvent>;
  readonly #options: SessionOptions;
  readonly #timers: Timers;
  readonly #wallClockMs: () => number;
  readonly #link: SocketLink;
  readonly #queue: SendQueue;
  readonly #heartbeat: Heartbeat;
  readonly #chunker = new PcmChunker();
  readonly #onAbort = (): void => this.#finish(localError('ABORTED', 'The session was aborted.'));
  #phase: Phase;
  #ack: InitAck | null = null;
  #closed: Promise<void> | null = null;
  #nextSeq = 0;
  #chunksSent = 0;
  #eventsDropped = 0;
  #framesIgnored = 0;

  /** `opened` hears once whether the session came to be. Throws what the socket's constructor throws. */
  constructor(options: SessionOptions, Socket: SocketConstructor, opened: Settle) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#wallClockMs = options.wallClockMs ?? Date.now;
    this.results = new Stream(RESULTS_UNREAD_MAX, () =>
      this.#finish(localError('RESULTS_UNREAD', `More than ${RESULTS_UNREAD_MAX} results were left unread.`)),
    );
    this.events = new Stream(EVENTS_UNREAD_MAX, (events) => {
      events.shift();
      this.#eventsDropped += 1;
    });
    this.#queue = new SendQueue(this.#timers, {
      write: (record) => this.#write(record),
      socketBufferedBytes: () => (this.#ack === null ? null : this.#link.bufferedBytes),
      shedding: () => this.events.push({ kind: 'shedding' }),
      resumed: (shedChunkCount) => this.events.push({ kind: 'resumed', shedChunkCount }),
    });
    this.#heartbeat = new Heartbeat(
      this.#timers,
      () => this.#sendNow({ type: 'client_heartbeat', timestamp: Math.round(this.#wallClockMs()) }),
      () => this.#finish(localError('CONNECTION_LOST', 'The server has stopped answering.')),
    );
    const protocols = options.token === undefined ? [] : [`bearer.${options.token}`];
    this.#link = new SocketLink(options.url, protocols, Socket, {
      opened: () => this.#link.send(JSON.stringify(sessionInitOf(options))),
      received: (text) => this.#received(text),
      lost: (loss) => this.#finish(lossError(loss)),
    });
    this.#phase = {
      kind: 'opening',
      waiting: opened,
      deadline: this.#timers.set(options.openTimeoutMs ?? OPEN_TIMEOUT_MS, () =>
        this.#finish(localError('OPEN_TIMEOUT', 'The server did not open the session in time.')),
      ),
    };
    options.signal?.addEventListener('abort', this.#onAbort);
  }

  get id(): string {
    return this.#ack?.sessionId ?? '';
  }

  get info(): SessionInfo {
    return {
      traceId: this.#ack?.traceId ?? null,
      audioFormat: this.#options.audioFormat,
      capabilities: this.#ack?.capabilities ?? [],
      assignedNodeId: this.#ack?.assignedNodeId ?? null,
      endpointing: this.#ack?.endpointing ?? null,
    };
  }

  get counts(): SessionCounts {
    return {
      chunksSent: this.#chunksSent,
      chunksQueued: this.#queue.audioCount,
      chunksShed: this.#queue.shedChunkCount,
      eventsDropped: this.#eventsDropped,
      framesIgnored: this.#framesIgnored,
    };
  }

  sendPcm(samples: Int16Array): void {
    this.#assertSending('pcm16');
    for (const chunk of this.#chunker.push(samples)) this.#pushAudio(chunk, false);
  }

  sendOpusPackets(packets: readonly Uint8Array[]): void {
    this.#assertSending('opus');
    for (const chunk of frameOpusPackets(packets)) this.#pushAudio(chunk, false);
  }

  endUtterance(): void {
    this.#assertSending(this.#options.audioFormat);
    this.#pushAudio(this.#chunker.takeRest(), true);
  }

  playbackStarted(result: TranslatedResult): void {
    this.#reportPlayback('tts_started', 'ts_start_ms', result);
  }

  playbackEnded(result: TranslatedResult): void {
    this.#reportPlayback('tts_play_ended', 'ts_end_ms', result);
  }

  close({ reason = 'client_closed', deadlineMs = CLOSE_DEADLINE_MS }: CloseOptions = {}): Promise<void> {
    if (this.#closed !== null) return this.#closed;
    if (this.#phase.kind === 'over') return Promise.resolve();
    this.#closed = new Promise((resolve, reject) => {
      const deadline = this.#timers.set(deadlineMs, () =>
        this.#finish(localError('CLOSE_TIMEOUT', 'The server did not close the session in time.')),
      );
      this.#phase = { kind: 'closing', deadline, waiting: { resolve, reject } };
    });
    const rest = this.#chunker.takeRest();
    if (rest.length > 0) this.#pushAudio(rest, false);
    this.#queue.push({ kind: 'control', message: { type: 'session_close', reason } });
    return this.#closed;
  }

  #received(text: string): void {
    this.#heartbeat.heard();
    const frame = readServerFrame(text);
    if (this.#phase.kind === 'opening') this.#receivedWhileOpening(frame, this.#phase);
    else this.#receivedWhileOpen(frame);
  }

  /** Until the ack only the ack, or the reason why there is none, means anything. */
  #receivedWhileOpening(frame: ServerFrame, phase: Phase & { readonly kind: 'opening' }): void {
    if (frame.kind === 'event' && frame.event.kind === 'error') {
      const { code, message, retryAfterMs } = frame.event;
      this.#finish(new SessionError(code, message, { retryAfterMs }));
    }
    if (frame.kind !== 'initAck') return;
    const { audioFormat } = this.#options;
    if (audioFormat === 'pcm16' && !frame.ack.capabilities.includes('pcm16')) {
      // The server would take raw samples for Opus packets.
      this.#finish(new SessionError('UNSUPPORTED_FEATURE', 'The server does not take pcm16 audio.'));
      return;
    }
    this.#timers.clear(phase.deadline);
    this.#ack = frame.ack;
    this.#phase = { kind: 'open' };
    this.#heartbeat.start();
    phase.waiting.resolve();
  }

  #receivedWhileOpen(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'result':
        this.results.push(frame.result);
        return;
      case 'event':
        this.events.push(frame.event);
        return;
      case 'backpressure':
        this.#queue.pause(frame.resumeAfterMs);
        this.events.push({ kind: 'paused', resumeAfterMs: frame.resumeAfterMs });
        return;
      case 'closeAck':
        if (this.#phase.kind === 'closing') this.#finish(null);
        return;
      case 'ignored':
      case 'initAck':
        this.#framesIgnored += 1;
        return;
      case 'heartbeat':
        return;
    }
  }

  /** The end, once: with null as asked for, with an error otherwise. */
  #finish(error: SessionError | null): void {
    const phase = this.#phase;
    if (phase.kind === 'over') return;
    this.#phase = { kind: 'over' };
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#heartbeat.stop();
    this.#queue.stop();
    this.#link.drop(error === null ? 'session closed' : error.code);
    this.results.end(error);
    this.events.end();
    if (phase.kind === 'open') return;
    this.#timers.clear(phase.deadline);
    if (error === null) phase.waiting.resolve();
    else phase.waiting.reject(error);
  }

  #pushAudio(bytes: Uint8Array, isFinal: boolean): void {
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    this.#queue.push({ kind: 'audio', seq, bytes, isFinal });
  }

  #write(record: OutgoingRecord): void {
    if (record.kind === 'control') {
      this.#sendNow(record.message);
      return;
    }
    this.#chunksSent += 1;
    this.#sendNow({
      type: 'audio_chunk',
      seq: record.seq,
      is_final: record.isFinal,
      client_timestamp_ms: Math.round(this.#wallClockMs()),
      payload: encodeBase64(record.bytes),
    });
  }

  #sendNow(message: object): void {
    this.#link.send(JSON.stringify({ session_id: this.id, ...message }));
  }

  #reportPlayback(type: string, stamp: string, { traceId, groupId }: TranslatedResult): void {
    if (traceId === null || groupId === null) return;
    this.#sendNow({ type, trace_id: traceId, group_id: groupId, [stamp]: Math.round(this.#wallClockMs()) });
  }

  #assertSending(audioFormat: SessionOptions['audioFormat']): void {
    if (this.#phase.kind !== 'open') throw localError('INVALID_CALL', 'The session is over.');
    if (audioFormat !== this.#options.audioFormat)
      throw localError('INVALID_CALL', `This session sends ${this.#options.audioFormat}.`);
  }
}

const lossError = ({ closeCode, code, retryAfterMs, wasOpen }: LinkLoss): SessionError => {
  if (!wasOpen) return localError('CONNECT_FAILED', `No connection (close code ${closeCode}).`);
  return new SessionError(code ?? 'CONNECTION_LOST', `The server is gone (close code ${closeCode}).`, {
    retryAfterMs,
  });
};
