import { parseCloseReason } from '#protocol/close-codes.ts';

/** The part of a WebSocket that is used: the global one has it, so has the class of `ws`. */
export interface SocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}
export type SocketConstructor = new (url: string, protocols?: string[]) => SocketLike;

/** How a socket ended. `code` and `retryAfterMs` from the server's close reason, if it gave one. */
export interface LinkLoss {
  readonly closeCode: number;
  readonly code: string | null;
  readonly retryAfterMs: number | null;
  /** False when it had never been open. */
  readonly wasOpen: boolean;
}

export interface LinkEvents {
  opened(): void;
  received(text: string): void;
  /** Once, and the last of all. */
  lost(loss: LinkLoss): void;
}

const OPEN = 1;

/**
 * One socket. A session holds one at a time and outlives it: what belongs to the session stays out of here.
 */
export class SocketLink {
  readonly #socket: SocketLike;
  #isOver = false;

  /** Throws what the constructor of the socket throws (malformed address). */
  constructor(url: string, protocols: string[], Socket: SocketConstructor, events: LinkEvents) {
    let wasOpen = false;
    this.#socket = protocols.length === 0 ? new Socket(url) : new Socket(url, protocols);
    this.#socket.addEventListener('open', () => {
      wasOpen = true;
      if (!this.#isOver) events.opened();
    });
    this.#socket.addEventListener('message', ({ data }) => {
      if (!this.#isOver && typeof data === 'string') events.received(data);
    });
    // A close event always follows; the error event itself tells nothing in browsers.
    this.#socket.addEventListener('error', () => {});
    this.#socket.addEventListener('close', ({ code, reason }) => {
      if (this.#isOver) return;
      this.#isOver = true;
      events.lost({ closeCode: code, ...parseCloseReason(reason), wasOpen });
    });
  }

  /** Bytes handed over and not yet with the network. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Dropped when the socket is not open: its loss is told anyway. */
  send(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(frame);
  }

  /** Nothing is told afterwards, `lost` neither. */
  drop(reason: string): void {
    this.#isOver = true;
    this.#socket.close(1000, reason);
  }
}
