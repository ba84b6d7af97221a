import { WebSocket } from 'ws';
import { decodeNodeServerFrame } from '#codec/decode-node.ts';
import { encodeNodeAgent, joinParts } from '#codec/encode.ts';
import { parseCloseReason } from '#protocol/close-codes.ts';
import type { NodeAgentMessage, NodeServerMessage } from '#protocol/messages.ts';

/** Nobody reads at the other end: a new connection is better than more memory. */
const BUFFERED_BYTES_MAX = 32 * 1024 * 1024;
/** A job's audio in base64 with room to spare. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface NodeLinkLoss {
  readonly closeCode: number;
  readonly code: string | null;
  readonly retryAfterMs: number | null;
  /** Set when the upgrade was answered by an HTTP status instead. */
  readonly httpStatus: number | null;
}

export interface NodeLinkEvents {
  opened(): void;
  received(message: NodeServerMessage): void;
  /** A frame that is malformed, or of a type this version does not know. */
  ignored(): void;
  ponged(): void;
  /** Once, and the last of all. */
  lost(loss: NodeLinkLoss): void;
}

/** One socket of a node: messages in, messages out. */
export class NodeLink {
  readonly #socket: WebSocket;

  /** Throws on a malformed address. */
  constructor(url: string, token: string | undefined, events: NodeLinkEvents) {
    let httpStatus: number | null = null;
    this.#socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: 10_000,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    this.#socket.on('open', () => events.opened());
    this.#socket.on('message', (data, isBinary) => {
      const decoded = isBinary ? null : decodeNodeServerFrame(data as Buffer);
      if (decoded?.kind === 'message') events.received(decoded.message);
      else events.ignored();
    });
    this.#socket.on('pong', () => events.ponged());
    this.#socket.on('unexpected-response', (_request, response) => {
      httpStatus = response.statusCode ?? null;
      this.#socket.terminate();
    });
    // The close event follows; its code and the HTTP status say what there is to say.
    this.#socket.on('error', () => {});
    this.#socket.on('close', (closeCode, reason) =>
      events.lost({ closeCode, ...parseCloseReason(reason.toString()), httpStatus }),
    );
  }

  /** Dropped when the socket is not open: its loss is told anyway. */
  send(message: NodeAgentMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(joinParts(encodeNodeAgent(message)), { binary: false });
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.#socket.terminate();
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  close(): void {
    this.#socket.close(1000);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
