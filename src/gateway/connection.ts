import { type FrameText, frameBytes } from '#codec/encode.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import { type GatewayContext, nowMsOf, type Side } from './context.ts';
import { Intake } from './intake.ts';
import { Keepalive } from './keepalive.ts';
import type { GatewayMeter, Tally } from './metrics.ts';
import { Outbound } from './outbound.ts';
import type { Transport } from './transport.ts';

export interface ConnectionUser {
  /** A text frame within the size limit, and the monotonic instant. Never after `onGone`. */
  onText(bytes: Uint8Array, nowMs: number): void;
  /** Likewise a binary one. Absent: they are ignored and counted. */
  onBinary?(bytes: Uint8Array, nowMs: number): void;
  /** The socket is not read for now, or is read again. Absent: nobody minds. */
  onReading?(isRead: boolean): void;
  /** The peer is gone, or we have said goodbye to it. Called once. */
  onGone(): void;
  /** The socket itself is closed; after `onGone`. Called once. */
  onClosed(): void;
}

interface Traffic {
  readonly frames: Tally;
  readonly bytes: Tally;
}

const received = (meter: GatewayMeter, side: Side): Traffic => ({
  frames: meter.tally('frames_received_total', { side }),
  bytes: meter.tally('frame_bytes_received_total', { side }),
});

const sent = (meter: GatewayMeter, side: Side): Traffic => ({
  frames: meter.tally('frames_sent_total', { side }),
  bytes: meter.tally('frame_bytes_sent_total', { side }),
});

/**
 * What both sockets have in common: sizes, rates, keep-alive, the bounded way out and the way they end. It knows
 * frames, not messages.
 */
export class Connection {
  readonly side: Side;
  readonly #context: GatewayContext;
  readonly #transport: Transport;
  readonly #user: ConnectionUser;
  readonly #frameBytesMax: number;
  readonly #outbound: Outbound;
  readonly #intake: Intake;
  readonly #keepalive: Keepalive;
  readonly #labels: { readonly side: Side };
  readonly #received: Traffic;
  readonly #sent: Traffic;
  #isGone = false;
  #graceTimer: { cancel(): void } | null = null;

  constructor(side: Side, context: GatewayContext, transport: Transport, user: ConnectionUser) {
    const limits = context.settings[side];
    this.side = side;
    this.#labels = { side };
    this.#received = received(context.meter, side);
    this.#sent = sent(context.meter, side);
    this.#context = context;
    this.#transport = transport;
    this.#user = user;
    this.#frameBytesMax = limits.frameBytesMax;
    this.#outbound = new Outbound(context, transport, () => {
      context.meter.count('slow_readers_total', 1, this.#labels);
      this.closeFor('SLOW_READER', context.settings.retryAfterMs);
    });
    this.#keepalive = new Keepalive(context, transport, () => this.closeFor('PING_TIMEOUT'));
    this.#intake = new Intake(context, transport, limits, {
      onFrame: (bytes, isBinary, nowMs) => this.#handle(bytes, isBinary, nowMs),
      onPause: () => {
        context.meter.count('reading_paused_total', 1, this.#labels);
        this.#keepalive.suspend();
        user.onReading?.(false);
      },
      onResume: () => {
        this.#keepalive.resume();
        user.onReading?.(true);
      },
    });
    context.meter.count('connections_opened_total', 1, this.#labels);
    transport.listen({
      onFrame: (bytes, isBinary) => this.#frame(bytes, isBinary),
      onPong: () => this.#keepalive.heard(),
      onBehind: () => {
        if (!this.#isGone) this.#outbound.handedOver();
      },
      onClose: () => this.#closed(),
    });
  }

  get isOpen(): boolean {
    return !this.#isGone;
  }

  get isRead(): boolean {
    return !this.#intake.isPaused;
  }

  /** False when the frame was not taken: the socket is gone or is not read. */
  send(text: FrameText, isUrgent = false): boolean {
    if (!this.#takesFrames) return false;
    const bytes = frameBytes(text);
    return this.#outbound.send(text, bytes, isUrgent) && this.#noteSent(bytes);
  }

  /**
   * As `send`, but where there is no room it is only refused: many jobs may find their way to one node in one turn, and
   * that says nothing about how the node reads. Leaves at once. False: not taken, and there may be another way for it.
   */
  offer(text: FrameText): boolean {
    if (!this.#takesFrames) return false;
    const bytes = frameBytes(text);
    return this.#outbound.offer(text, bytes) && this.#noteSent(bytes);
  }

  /** Between a goodbye and its answer the socket is still here, and whatever it is given is lost [GAT59]. */
  get #takesFrames(): boolean {
    return !this.#isGone && this.#transport.isOpen;
  }

  #noteSent(bytes: number): true {
    this.#sent.frames.add(1);
    this.#sent.bytes.add(bytes);
    return true;
  }

  /** Calls once, when all that was sent so far has left for the network; never if the socket ends before. */
  whenTaken(call: () => void): void {
    if (!this.#isGone) this.#outbound.whenTaken(call);
  }

  /** The peer's frames may wait in the network for a moment. */
  readLater(): void {
    if (!this.#isGone) this.#intake.rest();
  }

  /** Closes with the catalogue's code for this fault; closing again does nothing. */
  closeFor(code: ErrorCode, retryAfterMs?: number): void {
    this.close(ERRORS[code].closeCode ?? CLOSE_CODES.policy, closeReason(code, retryAfterMs));
  }

  close(code: number, reason: string): void {
    if (this.#isGone) return;
    this.#context.meter.count('connections_closed_by_us_total', 1, { side: this.side, code: String(code) });
    this.#transport.close(code, reason);
    const graceEndsAtMs = this.#context.runtime.ports.clock.now().atMs + this.#context.settings.closeGraceMs;
    this.#graceTimer = this.#context.runtime.timerAt(graceEndsAtMs, () => this.#transport.terminate());
    this.#end();
  }

  #frame(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#isGone) return;
    const nowMs = nowMsOf(this.#context);
    this.#keepalive.heard(nowMs);
    this.#intake.took(bytes.byteLength, nowMs);
    if (bytes.byteLength > this.#frameBytesMax) {
      this.closeFor('FRAME_TOO_BIG');
      return;
    }
    this.#intake.take(bytes, isBinary, nowMs);
  }

  #handle(bytes: Uint8Array, isBinary: boolean, nowMs: number): void {
    if (this.#isGone) return;
    if (isBinary && this.#user.onBinary === undefined) {
      this.#context.meter.count('frames_ignored_total', 1, { side: this.side, reason: 'binary' });
      return;
    }
    this.#received.frames.add(1);
    this.#received.bytes.add(bytes.byteLength);
    if (isBinary) this.#user.onBinary?.(bytes, nowMs);
    else this.#user.onText(bytes, nowMs);
  }

  #closed(): void {
    this.#graceTimer?.cancel();
    this.#context.meter.count('connections_closed_total', 1, this.#labels);
    this.#intake.finish();
    if (!this.#isGone) this.#end();
    this.#user.onClosed();
  }

  /** From here on the socket has no part in anything, whatever its transport still does. */
  #end(): void {
    this.#isGone = true;
    this.#keepalive.stop();
    // The answer to our close has to be read.
    if (this.#intake.isPaused) this.#transport.resumeReading();
    this.#intake.stop();
    this.#outbound.stop();
    this.#user.onGone();
  }
}
