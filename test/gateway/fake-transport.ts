import { type FrameText, frameBytes, isInParts, joinParts } from '#codec/encode.ts';
import type { Transport, TransportListener } from '#gateway/transport.ts';

/** A socket without a network: what was sent is kept, what the peer does is called by hand. */
export class FakeTransport implements Transport {
  isOpen = true;
  bufferedBytes = 0;
  readonly isGathering = false;
  /** What the peer does not read piles up. */
  isStuck = false;
  readonly sent: string[] = [];
  pingCount = 0;
  closed: { readonly code: number; readonly reason: unknown } | null = null;
  isTerminated = false;
  isPaused = false;
  #listener: TransportListener | null = null;

  sendText(text: FrameText): void {
    const data = isInParts(text) ? joinParts(text) : text;
    this.sent.push(typeof data === 'string' ? data : Buffer.from(data).toString('utf8'));
    if (this.isStuck) this.bufferedBytes += frameBytes(text);
  }

  sendBinary(): void {}

  ping(): void {
    this.pingCount += 1;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason: reason === '' ? '' : JSON.parse(reason) };
    this.isOpen = false;
  }

  terminate(): void {
    this.isTerminated = true;
    this.vanish();
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    this.isPaused = false;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  /** The peer says something. */
  says(message: object | string | Uint8Array, isBinary = false): void {
    const bytes =
      message instanceof Uint8Array
        ? message
        : Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    this.#listener?.onFrame(bytes, isBinary);
  }

  pongs(): void {
    this.#listener?.onPong();
  }

  /** The peer is gone. */
  vanish(): void {
    this.isOpen = false;
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClose();
  }

  /** What the peer got, parsed. */
  get messages(): Readonly<Record<string, unknown>>[] {
    return this.sent.map((text) => JSON.parse(text));
  }
}
