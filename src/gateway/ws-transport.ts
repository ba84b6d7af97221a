import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { type FrameText, frameBytes } from '#codec/encode.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import { answeredProtocol } from './auth/credentials.ts';
import { OutgoingFrames } from './outgoing-frames.ts';
import { PlainFrames } from './plain-frames.ts';
import type { Transport, TransportListener } from './transport.ts';

/**
 * The library closes by itself when a frame is too big, and gives no reason. A client may act on that close, so it
 * gets the same JSON as every other; there is no other seam to add it.
 */
class ReasonedSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason ?? (code === CLOSE_CODES.tooBig ? closeReason('FRAME_TOO_BIG') : undefined));
  }
}

/** What all sockets have gathered leaves after one tick of the platform's, which is dear beside a small frame. */
let gathered: (() => void)[] = [];
const atTurnsEnd = (handOver: () => void): void => {
  if (gathered.length === 0) process.nextTick(handAllOver);
  gathered.push(handOver);
};
const handAllOver = (): void => {
  const all = gathered;
  gathered = [];
  for (const handOver of all) {
    try {
      handOver();
    } catch (error) {
      // As loud as before, and no other socket's matter.
      process.nextTick(() => {
        throw error;
      });
    }
  }
};

/** The library's own word for it, RFC 6455 7.4.1. */
const BAD_TEXT = 1007;

/** Takes upgrades for sockets of one kind. Frames above `frameBytesMax` are not even collected. */
export const newUpgrader = (frameBytesMax: number): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: false,
    maxPayload: frameBytesMax,
    handleProtocols: answeredProtocol,
    WebSocket: ReasonedSocket,
  });

/**
 * `ws` behind our own narrow interface. It does all that is rare: the handshake, control frames, fragments, offences and
 * the goodbye. Plain frames, which are 99 of 100, go past it both ways (`PlainFrames`, `OutgoingFrames`; decision 0006).
 */
export class WsTransport implements Transport {
  readonly #socket: WebSocket;
  /** The TCP below. */
  readonly #stream: Duplex;
  readonly #outgoing: OutgoingFrames;
  readonly #frameBytesMax: number;
  #listener: TransportListener | null = null;
  #isGathering = false;
  /** Something urgent has left in this turn. */
  #hasHurried = false;

  constructor(socket: WebSocket, stream: Duplex, frameBytesMax: number) {
    this.#socket = socket;
    this.#stream = stream;
    this.#frameBytesMax = frameBytesMax;
    this.#outgoing = new OutgoingFrames(stream);
  }

  get isGathering(): boolean {
    return this.#isGathering;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#outgoing.bytes + this.#socket.bufferedAmount;
  }

  sendText(text: FrameText, isUrgent = false, bytes = frameBytes(text)): void {
    if (!this.isOpen) return;
    this.#gather();
    this.#outgoing.addText(text, bytes);
    if (!isUrgent || this.#hasHurried) return;
    this.#hasHurried = true;
    this.#outgoing.flush();
  }

  sendBinary(data: Uint8Array): void {
    if (!this.isOpen) return;
    this.#gather();
    this.#outgoing.addBinary(data);
  }

  ping(): void {
    if (this.isOpen) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#stream.cork();
    if (this.isOpen) this.#outgoing.flush();
    this.#socket.close(code, reason);
    this.#stream.uncork();
  }

  terminate(): void {
    this.#outgoing.drop();
    this.#socket.terminate();
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    this.#socket.on('message', (data, isBinary) => listener.onFrame(bytesOf(data), isBinary));
    this.#socket.on('pong', () => listener.onPong());
    this.#socket.on('close', () => listener.onClose());
    this.#readPlainFrames(listener);
  }

  /** Stands before the library's own reader of the stream, and hands it what is not plain. */
  #readPlainFrames(listener: TransportListener): void {
    const [read, ...others] = this.#stream.listeners('data');
    const frames = new PlainFrames(this.#frameBytesMax, {
      onFrame: (payload, isBinary) => listener.onFrame(payload, isBinary),
      onOthers: (bytes) => read?.call(this.#stream, bytes),
      onBadText: () => this.#socket.close(BAD_TEXT),
    });
    // Every error is followed by a close, which is what counts.
    this.#socket.on('error', () => frames.end());
    // Only of a library that reads its stream as expected; any other reads for itself.
    if (read === undefined || others.length > 0) return;
    const isOpen = (): boolean => this.isOpen;
    const take = (chunk: Buffer): void => frames.take(chunk, isOpen);
    this.#stream.off('data', read as (chunk: Buffer) => void);
    this.#stream.on('data', take);
    // What a pause has left unread is read at the end, before the library would read it as its own.
    this.#stream.prependListener('close', () => {
      const left: unknown = this.#stream.readableLength > 0 ? this.#stream.read() : null;
      if (Buffer.isBuffer(left)) take(left);
    });
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    atTurnsEnd(this.#handOver);
  }

  readonly #handOver = (): void => {
    this.#isGathering = false;
    this.#hasHurried = false;
    if (this.isOpen) this.#outgoing.flush();
    else this.#outgoing.drop();
    if (this.isOpen && this.bufferedBytes > 0) this.#listener?.onBehind();
  };
}

/** With the default binary type a message always comes as one Buffer; the others are here for the type. */
const bytesOf = (data: Buffer | ArrayBuffer | Buffer[]): Uint8Array => {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
};
