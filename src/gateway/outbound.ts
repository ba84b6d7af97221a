import type { FrameText } from '#codec/encode.ts';
import { type GatewayContext, nowMsOf } from './context.ts';
import type { Transport } from './transport.ts';

/** A point in the stream of sent bytes and when it was handed over. */
interface Mark {
  readonly offsetBytes: number;
  readonly atMs: number;
}

const MARK_EVERY_MS = 1000;
/** How often is looked whether the network has taken what somebody waits for. */
const LOOK_EVERY_MS = 10;

/** Of the bound. A result is told in three frames, and the first two are on their way when it comes. */
const NEARLY_EMPTY_SHARE = 0.25;

/**
 * The way out of one socket, bounded: what waits may not exceed `outboundBytesMax`, nor may any of it wait longer
 * than `outboundBehindMs` [GAT9]. The kernel and the socket library hold the bytes; this only watches them.
 */
export class Outbound {
  readonly #context: GatewayContext;
  readonly #transport: Transport;
  readonly #onSlow: () => void;
  #sentBytes = 0;
  /** Oldest first, a second apart: at most `outboundBehindMs` / 1 s of them, and one more. */
  #marks: Mark[] = [];
  #timer: { cancel(): void } | null = null;
  /** Who waits for what was sent to be taken; one at most, and the last one counts. */
  #awaited: { readonly offsetBytes: number; readonly call: () => void } | null = null;
  #look: { cancel(): void } | null = null;

  constructor(context: GatewayContext, transport: Transport, onSlow: () => void) {
    this.#context = context;
    this.#transport = transport;
    this.#onSlow = onSlow;
  }

  /**
   * What is gathered in this turn waits as well. A way that is nearly empty takes any one frame: its size says nothing about
   * the reader.
   */
  #hasRoomFor(frameBytes: number): boolean {
    const { outboundBytesMax } = this.#context.settings;
    const waitingBytes = this.#transport.bufferedBytes;
    return (
      waitingBytes <= outboundBytesMax * NEARLY_EMPTY_SHARE || waitingBytes + frameBytes <= outboundBytesMax
    );
  }

  /** False when the reader is too slow for this frame, and `onSlow` has been told. `bytes`: of the frame. */
  send(text: FrameText, bytes: number, isUrgent: boolean): boolean {
    const isTaken = this.#take(text, bytes, isUrgent);
    if (!isTaken) this.#onSlow();
    return isTaken;
  }

  /** As `send`, at once, and nobody is told when there is no room. */
  offer(text: FrameText, bytes: number): boolean {
    return this.#take(text, bytes, true);
  }

  #take(text: FrameText, bytes: number, isUrgent: boolean): boolean {
    if (!this.#hasRoomFor(bytes)) return false;
    this.#transport.sendText(text, isUrgent, bytes);
    this.#sentBytes += bytes;
    if (!this.#transport.isGathering) this.handedOver();
    return true;
  }

  /** The network was given all that was sent so far: what it did not take has begun to wait. */
  handedOver(): void {
    if (this.#transport.bufferedBytes > 0) this.#mark();
    else if (this.#marks.length > 0) this.#marks = [];
  }

  /** Calls once, when the network has taken all that was sent so far. A later call takes the place of an earlier one. */
  whenTaken(call: () => void): void {
    this.#awaited = { offsetBytes: this.#sentBytes, call };
    if (this.#look === null) this.#lookWhetherTaken();
  }

  stop(): void {
    this.#look?.cancel();
    this.#look = null;
    this.#awaited = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#marks = [];
  }

  #lookWhetherTaken(): void {
    const awaited = this.#awaited;
    if (awaited === null) return;
    if (this.#takenBytes < awaited.offsetBytes) {
      this.#look = this.#context.runtime.timerAt(nowMsOf(this.#context) + LOOK_EVERY_MS, () => {
        this.#look = null;
        this.#lookWhetherTaken();
      });
      return;
    }
    this.#awaited = null;
    awaited.call();
  }

  /** Frame headers wait too but are not counted as sent: at worst a few bytes seem to wait a little longer. */
  get #takenBytes(): number {
    return this.#sentBytes - this.#transport.bufferedBytes;
  }

  #mark(): void {
    const atMs = nowMsOf(this.#context);
    this.#dropTakenMarks();
    const last = this.#marks.at(-1);
    if (last === undefined || atMs - last.atMs >= MARK_EVERY_MS) {
      this.#marks.push({ offsetBytes: this.#sentBytes, atMs });
    }
    this.#watch();
  }

  #dropTakenMarks(): void {
    const takenBytes = this.#takenBytes;
    while (this.#marks[0] !== undefined && this.#marks[0].offsetBytes <= takenBytes) this.#marks.shift();
  }

  #watch(): void {
    const oldest = this.#marks[0];
    if (this.#timer !== null || oldest === undefined) return;
    const { runtime, settings } = this.#context;
    this.#timer = runtime.timerAt(oldest.atMs + settings.outboundBehindMs, () => {
      this.#timer = null;
      this.#dropTakenMarks();
      const waitingSince = this.#marks[0]?.atMs;
      if (waitingSince === undefined) {
        // What came behind the last mark has none of its own.
        if (this.#transport.bufferedBytes > 0) this.#mark();
        return;
      }
      // The same sum as above: the difference of the two may round to less, and it would ring for ever.
      if (nowMsOf(this.#context) >= waitingSince + settings.outboundBehindMs) this.#onSlow();
      else this.#watch();
    });
  }
}
