import type { SocketConstructor, SocketLike } from '#client/socket-link.ts';

const SAMPLES_PER_MS = 16;
const BYTES_PER_SAMPLE = 2;
type Message = Readonly<Record<string, unknown>>;
type Listener = (event: never) => void;

/** One socket without a network: what is said waits in two queues until the test lets it pass. */
class ModelSocket implements SocketLike {
  readyState = 0;
  readonly bufferedAmount = 0;
  readonly up: Message[] = [];
  readonly down: Message[] = [];
  readonly #listeners = new Map<string, Listener[]>();

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data: string | Uint8Array): void {
    this.up.push(JSON.parse(String(data)));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.#tell('open', {});
  }

  /** The next message of the server arrives. */
  hear(): void {
    const message = this.down.shift();
    if (message !== undefined) this.#tell('message', { data: JSON.stringify(message) });
  }

  cut(): void {
    this.readyState = 3;
    this.#tell('close', { code: 1006, reason: '' });
  }

  #tell(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

interface Spoken {
  readonly index: number;
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

interface ModelSession {
  readonly id: string;
  token: string;
  receivedSeq: number;
  /** Of all that was received, to the sample; told in whole milliseconds, as a server does. */
  receivedMs: number;
  growing: string[];
  growingFromMs: number;
  readonly waiting: Spoken[];
  readonly outcomes: Message[];
  nextIndex: number;
  isClosing: boolean;
}

/**
 * The least server that keeps sessions: utterances end with finals only, outcomes come when the test says, the text of
 * an outcome is what was said. Stands for the rules of the protocol, not for the code of the scheduler.
 */
export class ModelServer {
  /** Chunks that came out of order: none may. */
  readonly faults: string[] = [];
  readonly WebSocket: SocketConstructor;
  #socket: ModelSocket | null = null;
  #session: ModelSession | null = null;
  #isAttached = false;
  #count = 0;

  constructor() {
    const accept = (socket: ModelSocket): void => {
      this.#socket = socket;
      this.#isAttached = false;
    };
    this.WebSocket = class extends ModelSocket {
      constructor() {
        super();
        accept(this);
      }
    };
  }

  get isQuiet(): boolean {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== 1) return false;
    return socket.up.length === 0 && socket.down.length === 0 && (this.#session?.waiting.length ?? 0) === 0;
  }

  /** The socket opens, or the next message of the client arrives. */
  listen(): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (socket.readyState === 0) socket.open();
    if (socket.readyState !== 1) return;
    const message = socket.up.shift();
    if (message !== undefined) this.#take(socket, message);
  }

  /** The next message arrives at the client. */
  speak(): void {
    if (this.#socket?.readyState === 1) this.#socket.hear();
  }

  /** The oldest utterance without outcome gets one. */
  translate(): void {
    const spoken = this.#session?.waiting.shift();
    if (spoken === undefined || this.#session === null) return;
    const { id, outcomes } = this.#session;
    outcomes.push({
      type: 'translation_result',
      session_id: id,
      utterance_index: spoken.index,
      job_id: `job-${spoken.index}`,
      text_asr: spoken.text,
      text_translated: '',
      tts_audio: '',
      tts_format: 'opus',
      trace_id: 't',
      delivery_seq: outcomes.length + 1,
      audio_start_ms: Math.round(spoken.startMs),
      audio_end_ms: Math.round(spoken.endMs),
    });
    this.#say(outcomes.at(-1) ?? {});
    this.#closeIfDone();
  }

  acknowledge(): void {
    if (this.#session !== null) this.#say({ type: 'audio_ack', ...this.#progress(this.#session) });
  }

  /** The network goes away; what had not passed is lost. */
  cut(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#isAttached = false;
    socket?.cut();
  }

  /** The server has forgotten everything. */
  crash(): void {
    this.#session = null;
    this.cut();
  }

  #say(message: Message): void {
    if (this.#isAttached) this.#socket?.down.push(message);
  }

  #progress({ id, receivedSeq, receivedMs, waiting, growing, growingFromMs }: ModelSession): Message {
    const growingMs = growing.length === 0 ? receivedMs : growingFromMs;
    return {
      session_id: id,
      ...(receivedSeq < 0 ? {} : { received_seq: receivedSeq }),
      received_ms: Math.round(receivedMs),
      covered_ms: Math.round(Math.min(growingMs, waiting[0]?.startMs ?? growingMs)),
    };
  }

  #take(socket: ModelSocket, message: Message): void {
    if (message.type === 'session_init') {
      this.#count += 1;
      this.#session = {
        id: `s-${this.#count}`,
        token: `token-${this.#count}`,
        receivedSeq: -1,
        receivedMs: 0,
        growing: [],
        growingFromMs: 0,
        waiting: [],
        outcomes: [],
        nextIndex: 0,
        isClosing: false,
      };
      this.#isAttached = true;
      this.#say({
        type: 'session_init_ack',
        session_id: this.#session.id,
        capabilities: ['pcm16', 'resume', 'ack'],
        resume_token: this.#session.token,
      });
      return;
    }
    if (message.type === 'session_resume') this.#resume(socket, message);
    if (this.#session === null) return;
    if (message.type === 'audio_chunk') this.#hear(this.#session, message);
    if (message.type === 'session_close') {
      this.#session.isClosing = true;
      this.#closeIfDone();
    }
  }

  #resume(socket: ModelSocket, message: Message): void {
    const session = this.#session;
    if (session === null || session.token !== message.resume_token) {
      socket.down.push({ type: 'error', code: 'RESUME_EXPIRED', message: '' });
      return;
    }
    this.#isAttached = true;
    // The token stays good, as until a client has shown that it knows the next one.
    this.#say({
      type: 'session_resume_ack',
      ...this.#progress(session),
      resume_token: session.token,
      next_utterance_index: session.nextIndex,
      // Nothing that the client does not have is covered.
      covered_ms: 0,
    });
    // One more than was asked for: a repeat must do no harm.
    const from = Math.max(0, Number(message.last_delivery_seq) - 1);
    for (const outcome of session.outcomes.slice(from)) this.#say(outcome);
  }

  #hear(session: ModelSession, message: Message): void {
    if (message.session_id !== session.id) this.faults.push('chunk of another session');
    if (message.seq !== session.receivedSeq + 1)
      this.faults.push(`seq ${String(message.seq)} after ${session.receivedSeq}`);
    if (session.growing.length === 0) session.growingFromMs = session.receivedMs;
    const audio = Buffer.from(String(message.payload), 'base64');
    session.receivedSeq = Number(message.seq);
    session.receivedMs += audio.length / BYTES_PER_SAMPLE / SAMPLES_PER_MS;
    session.growing.push(audio.subarray(0, 2).toString('hex'));
    if (message.is_final !== true) return;
    session.waiting.push({
      index: session.nextIndex,
      text: session.growing.join(' '),
      startMs: session.growingFromMs,
      endMs: session.receivedMs,
    });
    session.growing = [];
    session.nextIndex += 1;
  }

  #closeIfDone(): void {
    const session = this.#session;
    if (session === null || !session.isClosing || session.waiting.length > 0) return;
    this.#say({ type: 'session_close_ack', session_id: session.id });
    this.#session = null;
  }
}
