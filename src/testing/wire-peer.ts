import { WebSocket } from 'ws';

/** A message as it stood on the wire, nulls and unknown fields included. */
export type WireMessage = Readonly<Record<string, unknown>> & { readonly type: string };

export interface WireFrame {
  /** `{type: '(unreadable)'}` for a binary frame and for text that is no JSON object with a type. */
  readonly message: WireMessage;
  readonly bytes: Buffer;
  readonly isBinary: boolean;
  /** Monotonic milliseconds of the arrival. */
  readonly atMs: number;
}

export interface WireClose {
  readonly code: number;
  readonly reason: string;
}

export interface WireConnectOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

/** What a look at the frames finds; null, undefined and false mean: not yet. */
type Look<Found> = (frames: readonly WireFrame[]) => Found | null | undefined | false;

const WAIT_MS_DEFAULT = 5_000;

/**
 * One end of a real WebSocket that says whatever a test wants and remembers everything it hears. Waiting is
 * by level: a condition that already holds is met at once, and none needs a sleep [SDK40].
 */
export class WirePeer {
  readonly frames: WireFrame[] = [];
  readonly #socket: WebSocket;
  readonly #watchers = new Set<() => void>();
  #closed: WireClose | null = null;

  /** `heard` sees every frame before anybody who waits does. */
  constructor(socket: WebSocket, heard: (frame: WireFrame) => void = () => {}) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      const message = isBinary ? UNREADABLE : readMessage(bytes);
      const frame: WireFrame = { message, bytes, isBinary, atMs: performance.now() };
      this.frames.push(frame);
      heard(frame);
      this.#changed();
    });
    socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() };
      this.#changed();
    });
    // The close event follows and says all that a test asks for.
    socket.on('error', () => {});
  }

  /** Rejects when the upgrade fails. */
  static connect(
    url: string,
    options: WireConnectOptions = {},
    heard?: (frame: WireFrame) => void,
  ): Promise<WirePeer> {
    const socket = new WebSocket(url, [...(options.protocols ?? [])], {
      headers: { ...options.headers },
      perMessageDeflate: false,
    });
    const peer = new WirePeer(socket, heard);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(peer));
      socket.once('error', reject);
    });
  }

  get closed(): WireClose | null {
    return this.#closed;
  }

  /** As JSON in a text frame, nulls included. */
  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#socket.send(bytes, { binary: true });
  }

  /** The messages of one type, in order of arrival. */
  ofType(type: string): WireMessage[] {
    return this.frames.filter(({ message }) => message.type === type).map(({ message }) => message);
  }

  /**
   * What `look` finds as soon as it finds something. Rejects at the deadline, or when the socket closes
   * before.
   */
  until<Found>(look: Look<Found>, timeoutMs = WAIT_MS_DEFAULT): Promise<Found> {
    return this.#wait(look, timeoutMs, true);
  }

  /** The `count`-th message of a type. */
  untilType(type: string, count = 1, timeoutMs = WAIT_MS_DEFAULT): Promise<WireMessage> {
    return this.until(() => this.ofType(type)[count - 1], timeoutMs);
  }

  untilClosed(timeoutMs = WAIT_MS_DEFAULT): Promise<WireClose> {
    return this.#wait(() => this.#closed, timeoutMs, false);
  }

  close(code = 1000, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** As a crash: no goodbye. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Stops reading; the other end's buffers fill up. */
  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  #wait<Found>(look: Look<Found>, timeoutMs: number, endsWithSocket: boolean): Promise<Found> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(deadline);
        this.#watchers.delete(watch);
      };
      const fail = (why: string): void => {
        stop();
        reject(new Error(`${why}; received: ${this.#summary()}`));
      };
      const watch = (): void => {
        let found: Found | null | undefined | false;
        try {
          found = look(this.frames);
        } catch (error) {
          stop();
          reject(error);
          return;
        }
        if (found !== null && found !== undefined && found !== false) {
          stop();
          resolve(found);
        } else if (endsWithSocket && this.#closed !== null)
          fail(`the socket closed (${this.#closed.code} ${this.#closed.reason})`);
      };
      const deadline = setTimeout(() => fail(`not seen within ${timeoutMs} ms`), timeoutMs);
      this.#watchers.add(watch);
      watch();
    });
  }

  #changed(): void {
    for (const watch of [...this.#watchers]) watch();
  }

  /** Types and counts only: no content in an error text. */
  #summary(): string {
    const counts = new Map<string, number>();
    for (const { message } of this.frames) counts.set(message.type, (counts.get(message.type) ?? 0) + 1);
    return [...counts].map(([type, count]) => `${type} x${count}`).join(', ') || 'nothing';
  }
}

const UNREADABLE: WireMessage = { type: '(unreadable)' };

const readMessage = (data: Buffer): WireMessage => {
  try {
    const parsed: unknown = JSON.parse(data.toString('utf8'));
    return typeof parsed === 'object' &&
      parsed !== null &&
      'type' in parsed &&
      typeof parsed.type === 'string'
      ? (parsed as WireMessage)
      : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
};
