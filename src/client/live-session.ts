import { encodeBase64 } from './base64.ts';
import { encodeBinaryFrame } from './binary-frame.ts';
import { Configuring } from './configuring.ts';
import { Connector } from './connector.ts';
import { Deliveries } from './deliveries.ts';
import { Heartbeat } from './heartbeat.ts';
import type { AudioRecord } from './kept-audio.ts';
import { Numbering } from './numbering.ts';
import { OutgoingLog, type OutgoingRecord } from './outgoing-log.ts';
import type { InitAck, ServerFrame } from './server-frame.ts';
import type {
  CloseOptions,
  Configuration,
  ConfigureOptions,
  Session,
  SessionCounts,
  SessionInfo,
} from './session.ts';
import { localError, SessionError } from './session-error.ts';
import type { ConnectionState, SessionEvent } from './session-event.ts';
import { type SessionOptions, sessionInitOf } from './session-options.ts';
import type { SessionResult, TranslatedResult } from './session-result.ts';
import type { SocketConstructor } from './socket-link.ts';
import { SpeechInput } from './speech-input.ts';
import { Stream } from './stream.ts';
import { systemTimers, type Timers } from './timers.ts';

/** The server's own wait for results is 10 s. */
const CLOSE_DEADLINE_MS = 15_000;
const RESULTS_UNREAD_MAX = 1_000;
const EVENTS_UNREAD_MAX = 256;

interface Settle {
  resolve(): void;
  reject(error: SessionError): void;
}

/** Where the conversation stands, whatever its socket does. `opening` and `closing` have somebody who waits. */
type Phase =
  | { readonly kind: 'opening'; readonly waiting: Settle }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing'; readonly deadline: unknown; readonly waiting: Settle }
  | { readonly kind: 'over' };

/**
 * The session behind the interface: what comes in is numbered and put in order, what goes out is kept until it is
 * answered. Sockets come and go in the connector.
 */
export class LiveSession implements Session {
  readonly results: Stream<SessionResult>;
  readonly events: Stream<SessionEvent>;
  #options: SessionOptions;
  readonly #timers: Timers;
  readonly #wallClockMs: () => number;
  readonly #connector: Connector;
  readonly #log: OutgoingLog;
  readonly #input: SpeechInput;
  readonly #deliveries: Deliveries;
  readonly #configuring: Configuring;
  readonly #numbering = new Numbering();
  readonly #heartbeat: Heartbeat;
  readonly #onAbort = (): void => this.#finish(localError('ABORTED', 'The session was aborted.'));
  #phase: Phase;
  /** False as long as its owner wants no pause measured here, and names none. */
  #hearsPauses: boolean;
  #ack: InitAck | null = null;
  #closed: Promise<void> | null = null;
  #chunksSent = 0;
  #eventsDropped = 0;
  #framesIgnored = 0;

  /** `opened` hears once whether the session came to be. Throws what the socket's constructor throws. */
  constructor(options: SessionOptions, Socket: SocketConstructor, opened: Settle) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#wallClockMs = options.wallClockMs ?? Date.now;
    this.#phase = { kind: 'opening', waiting: opened };
    this.#hearsPauses = options.endpointing !== false;
    this.results = new Stream(RESULTS_UNREAD_MAX, () =>
      this.#finish(localError('RESULTS_UNREAD', `More than ${RESULTS_UNREAD_MAX} results were left unread.`)),
    );
    this.events = new Stream(EVENTS_UNREAD_MAX, (events) => {
      events.shift();
      this.#eventsDropped += 1;
    });
    this.#log = new OutgoingLog(
      this.#timers,
      {
        write: (record, seq) => this.#write(record, seq),
        socketBufferedBytes: () => this.#connector.bufferedBytes,
        dropping: (isSent) => this.events.push({ kind: isSent ? 'forgetting' : 'shedding' }),
        resumed: (shedChunkCount) => this.events.push({ kind: 'resumed', shedChunkCount }),
      },
      options.keptAudioBytesMax,
    );
    this.#input = new SpeechInput(options.audioFormat, options.endpointing, (bytes, durationMs, isFinal) =>
      this.#log.pushAudio(bytes, durationMs, isFinal),
    );
    this.#deliveries = new Deliveries(this.#timers, (deliverySeq) =>
      this.#sendNow({ type: 'delivery_ack', delivery_seq: deliverySeq }),
    );
    this.#configuring = new Configuring(this.#timers, this.#log, options.audioFormat, (change) =>
      this.#reconfigured(change),
    );
    this.#heartbeat = new Heartbeat(
      this.#timers,
      () => this.#sendNow({ type: 'client_heartbeat', timestamp: Math.round(this.#wallClockMs()) }),
      () => this.#connector.giveUpSocket(localError('CONNECTION_LOST', 'The server has stopped answering.')),
    );
    this.#connector = new Connector(options, Socket, {
      init: () => sessionInitOf(this.#options),
      lastDeliverySeq: () => this.#deliveries.lastSeq,
      changed: (state, reason, retryInMs) =>
        this.events.push({ kind: 'connection', state, reason, retryInMs }),
      opened: (ack, whyAnew) => this.#opened(ack, whyAnew),
      resumed: ({ receivedSeq, receivedMs, coveredMs }) => {
        this.#heartbeat.start();
        this.#deliveries.resumed();
        this.#log.resume(receivedSeq, receivedMs, coveredMs);
      },
      received: (frame) => this.#received(frame),
      away: (error) => this.#away(error),
      expired: () => this.#expired(),
      failed: (error) => this.#finish(error),
    });
    this.#connector.connect();
    options.signal?.addEventListener('abort', this.#onAbort);
  }

  get id(): string {
    return this.#ack?.sessionId ?? '';
  }

  get connection(): ConnectionState {
    return this.#connector.state;
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
      chunksQueued: this.#log.waitingCount,
      chunksKept: this.#log.keptCount,
      chunksShed: this.#log.shedCount,
      chunksForgotten: this.#log.forgottenCount,
      eventsDropped: this.#eventsDropped,
      framesIgnored: this.#framesIgnored,
    };
  }

  sendPcm(samples: Int16Array): void {
    this.#assertSending('pcm16');
    // What Web Audio gives, fractions between -1 and 1, would be sent as silence.
    if (!(samples instanceof Int16Array))
      throw localError('INVALID_CALL', 'samples: an Int16Array is expected.');
    this.#input.pushPcm(samples);
  }

  sendOpusPackets(packets: readonly Uint8Array[]): void {
    this.#assertSending('opus');
    this.#input.pushOpus(packets);
  }

  endUtterance(): void {
    this.#assertSending(this.#options.audioFormat);
    this.#input.endUtterance();
  }

  configure(change: ConfigureOptions): Promise<Configuration> {
    if (this.#phase.kind === 'open') return this.#configuring.ask(change);
    return Promise.reject(localError('INVALID_CALL', 'The session is over.'));
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
    this.#input.flush();
    this.#log.pushControl({ type: 'session_close', reason });
    return this.#closed;
  }

  #opened(ack: InitAck, whyAnew: string | null): void {
    const { audioFormat, replaysAudio = true } = this.#options;
    if (audioFormat === 'pcm16' && !ack.capabilities.includes('pcm16')) {
      // The server would take raw samples for Opus packets.
      this.#finish(new SessionError('UNSUPPORTED_FEATURE', 'The server does not take pcm16 audio.'));
      return;
    }
    this.#ack = ack;
    this.#heartbeat.start();
    this.#deliveries.begin(ack.capabilities.includes('ack'));
    if (whyAnew !== null) this.#numbering.restart(replaysAudio);
    const keepsSent = ack.capabilities.includes('resume') || ack.capabilities.includes('ack');
    const { replayedMs, lostMs } = this.#log.restart(keepsSent, replaysAudio);
    if (whyAnew !== null) this.events.push({ kind: 'restarted', reason: whyAnew, replayedMs, lostMs });
    if (this.#phase.kind !== 'opening') return;
    const { waiting } = this.#phase;
    this.#phase = { kind: 'open' };
    waiting.resolve();
  }

  #received(frame: ServerFrame): void {
    this.#heartbeat.heard();
    switch (frame.kind) {
      case 'result':
        this.#receivedResult(frame.result);
        return;
      case 'event':
        this.#receivedEvent(frame.event);
        return;
      case 'audioAck': {
        const { receivedSeq, receivedMs, coveredMs } = frame.progress;
        this.#log.acknowledged(receivedSeq, receivedMs, coveredMs);
        return;
      }
      case 'configured':
        this.#configuring.answered(frame.configuration);
        return;
      case 'backpressure':
        this.#log.pause(frame.resumeAfterMs);
        this.events.push({ kind: 'paused', resumeAfterMs: frame.resumeAfterMs });
        return;
      case 'closeAck':
        if (this.#phase.kind === 'closing') this.#finish(null);
        return;
      case 'ignored':
      case 'initAck':
      case 'resumeAck':
        this.#framesIgnored += 1;
        return;
      case 'heartbeat':
        return;
    }
  }

  #receivedResult(result: SessionResult): void {
    if (!this.#deliveries.take(result.deliverySeq)) return;
    const deliverySeq = result.deliverySeq === null ? null : this.#deliveries.numberOf(result.deliverySeq);
    if (result.speakerSessionId !== this.id) {
      this.results.push({ ...result, deliverySeq });
      return;
    }
    const { baseMs } = this.#log;
    const { audioStartMs, audioEndMs } = result;
    this.results.push({
      ...result,
      deliverySeq,
      index: this.#numbering.ended(result.index),
      audioStartMs: audioStartMs === null ? null : baseMs + audioStartMs,
      audioEndMs: audioEndMs === null ? null : baseMs + audioEndMs,
    });
    // Outcomes come in the order of speaking, so nothing before this one's end is open any more.
    if (audioEndMs !== null) this.#log.covered(audioEndMs);
  }

  #receivedEvent(event: SessionEvent): void {
    if (event.kind === 'error') this.#configuring.refused(event.code, event.message, event.field);
    if (!('index' in event) || event.index === null) this.events.push(event);
    else this.events.push({ ...event, index: this.#numbering.mentioned(event.index) });
  }

  /** While closing there is nothing to come back for once every sound has its outcome [SDK68]. */
  #away(error: SessionError): void {
    this.#heartbeat.stop();
    this.#log.disconnected();
    if (this.#phase.kind !== 'closing' || this.#connector.canResume || this.#hasOpenAudio()) return;
    this.#finish(this.#log.keepsSent ? null : error);
  }

  #expired(): boolean {
    if (this.#phase.kind !== 'closing' || this.#hasOpenAudio()) return true;
    this.#finish(null);
    return false;
  }

  #hasOpenAudio(): boolean {
    return this.#log.keptCount + this.#log.waitingCount > 0;
  }

  #reconfigured(change: ConfigureOptions): void {
    const { endpointing, ...rest } = change;
    this.#options = { ...this.#options, ...rest };
    if (endpointing === undefined) return;
    const merged = { ...(this.#options.endpointing || {}), ...endpointing };
    this.#options = { ...this.#options, endpointing: merged };
    const { pauseMs, manualOnly } = endpointing;
    this.#hearsPauses ||= pauseMs !== undefined;
    // Other limits are the server's to keep: what is heard here goes on as it was.
    if (this.#hearsPauses && (pauseMs !== undefined || manualOnly !== undefined))
      this.#input.listenFor(merged);
  }

  /** The end, once: with null as asked for, with an error otherwise. */
  #finish(error: SessionError | null): void {
    const phase = this.#phase;
    if (phase.kind === 'over') return;
    this.#deliveries.acknowledge();
    this.#phase = { kind: 'over' };
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#heartbeat.stop();
    this.#log.stop();
    this.#deliveries.stop();
    this.#connector.close(error === null ? 'session closed' : error.code);
    this.#configuring.stop(error ?? localError('INVALID_CALL', 'The session was closed.'));
    this.results.end(error);
    this.events.push({ kind: 'connection', state: 'closed', reason: error?.code ?? null, retryInMs: null });
    this.events.end();
    if (phase.kind === 'open') return;
    if (phase.kind === 'closing') this.#timers.clear(phase.deadline);
    if (error === null) phase.waiting.resolve();
    else phase.waiting.reject(error);
  }

  #write(record: OutgoingRecord, seq: number): void {
    if (record.kind === 'control') this.#sendNow(record.message);
    else this.#writeAudio(record, seq);
  }

  #writeAudio({ bytes, isFinal }: AudioRecord, seq: number): void {
    this.#chunksSent += 1;
    const stampMs = Math.round(this.#wallClockMs());
    const isBinary = (this.#ack?.usesBinaryFrames ?? false) && this.info.capabilities.includes('binary');
    const frame = isBinary ? encodeBinaryFrame(this.id, { seq, bytes, isFinal }, stampMs) : null;
    if (frame !== null) {
      this.#connector.send(frame);
      return;
    }
    this.#sendNow({
      type: 'audio_chunk',
      seq,
      is_final: isFinal,
      client_timestamp_ms: stampMs,
      payload: encodeBase64(bytes),
    });
  }

  #sendNow(message: object): void {
    this.#connector.send(JSON.stringify({ session_id: this.id, ...message }));
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
