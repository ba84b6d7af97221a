import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import { answeredProtocol } from './auth/credentials.ts';
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

const PLAIN = { binary: false, compress: false, fin: true } as const;
const BINARY = { binary: true, compress: false, fin: true } as const;

/**
 * `ws` behind our own narrow interface. Frames of one turn leave in one write: a result is told in three, and a call of
 * the system costs more than all that is done to make one.
 */
export class WsTransport implements Transport {
  readonly #socket: WebSocket;
  /** The TCP below. */
  readonly #stream: Duplex;
  #listener: TransportListener | null = null;
  #isGathering = false;

  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
  }

  get isGathering(): boolean {
    return this.#isGathering;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  sendText(data: string | Uint8Array): void {
    if (!this.isOpen) return;
    this.#gather();
    this.#socket.send(data, PLAIN);
  }

  sendBinary(data: Uint8Array): void {
    if (!this.isOpen) return;
    this.#gather();
    this.#socket.send(data, BINARY);
  }

  ping(): void {
    if (this.isOpen) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
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
    // Every error is followed by a close, which is what counts.
    this.#socket.on('error', () => {});
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#stream.cork();
    process.nextTick(this.#handOver);
  }

  readonly #handOver = (): void => {
    this.#isGathering = false;
    this.#stream.uncork();
    if (this.isOpen && this.bufferedBytes > 0) this.#listener?.onBehind();
  };
}

/** With the default binary type a message always comes as one Buffer; the others are here for the type. */
const bytesOf = (data: Buffer | ArrayBuffer | Buffer[]): Uint8Array => {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
};
