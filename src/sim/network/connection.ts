import { isInParts, joinParts } from '#codec/encode.ts';
import type { Transport, TransportListener } from '#gateway/transport.ts';
import type { Agenda, Sleeper } from '../agenda.ts';
import type { Random } from '../random.ts';
import { type Frame, Pipe } from './pipe.ts';

/** What a client or node hears on its end. */
export interface PeerListener {
  onText(data: string | Uint8Array): void;
  /** Once; nothing is heard afterwards. 1006 = the line broke. */
  onClose(code: number, reason: string): void;
}

const BROKEN = 1006;
/** Mostly an end is told at once that the line broke, now and then much later. */
const NOTICE_MS = 50;
const LATE_NOTICE_MS = 4000;
const LATE_NOTICE_PROBABILITY = 0.25;

/**
 * A socket between a peer and a scheduler: two pipes, each in order, and what can go wrong with a line [SIM3]. It is cut
 * (either end hears of it at its own time), half-open (nobody is told, nothing passes) or not read. The scheduler's end
 * is the gateway's `Transport`.
 */
export class SimConnection {
  readonly name: string;
  readonly server: Transport;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #scheduler: Sleeper;
  #serverListener: TransportListener | null = null;
  #peerListener: PeerListener | null;
  #isServerOpen = true;
  #isPeerOpen = true;
  #isHalfOpen = false;

  constructor(
    name: string,
    agenda: Agenda,
    random: Random,
    latencyMs: () => number,
    scheduler: Sleeper,
    peer: PeerListener,
  ) {
    this.name = name;
    this.#agenda = agenda;
    this.#random = random;
    this.#scheduler = scheduler;
    this.#peerListener = peer;
    this.#up = new Pipe(agenda, `${name} up`, latencyMs, (frame) => this.#atServer(frame), scheduler);
    this.#down = new Pipe(agenda, `${name} down`, latencyMs, (frame) => this.#atPeer(frame), null);
    this.server = this.#serverEnd();
  }

  get isPeerOpen(): boolean {
    return this.#isPeerOpen;
  }

  get isServerOpen(): boolean {
    return this.#isServerOpen;
  }

  get isHalfOpen(): boolean {
    return this.#isHalfOpen;
  }

  /** Bytes that wait because the peer does not read. */
  get bufferedBytes(): number {
    return this.#down.bufferedBytes;
  }

  /** `around` is called in place of the delivery at the scheduler and decides what to look at before and after it. */
  send(text: string, around: ((deliver: () => void) => void) | null = null): void {
    if (this.#isPeerOpen) this.#up.send({ kind: 'text', data: Buffer.from(text), around });
  }

  sendBinary(data: Uint8Array): void {
    if (this.#isPeerOpen) this.#up.send({ kind: 'binary', data, around: null });
  }

  /** The peer says goodbye; it hears of the end when the scheduler answers. */
  close(code: number): void {
    if (!this.#isPeerOpen) return;
    this.#isPeerOpen = false;
    this.#up.send({ kind: 'close', code, reason: '' });
  }

  /** The line breaks: what is on its way is lost. */
  cut(): void {
    if (this.#up.isDead) return;
    this.#breakLine();
    this.#agenda.after(
      this.#noticeMs(),
      `${this.name} cut noticed`,
      () => this.#endServer(),
      this.#scheduler,
    );
    this.#agenda.after(this.#noticeMs(), `${this.name} cut seen`, () => this.#endPeer(BROKEN, ''));
  }

  /** The peer's process dies: its own end is gone at once. */
  crash(): void {
    this.#peerListener = null;
    this.#isPeerOpen = false;
    this.cut();
  }

  /** The line is dead and neither end is told. A peer that dies this way hears nothing either. */
  goHalfOpen(): void {
    if (this.#up.isDead) return;
    this.#isHalfOpen = true;
    this.#breakLine();
  }

  /** The network is well again: both ends of a dead line learn it soon. */
  heal(): void {
    this.#down.letThrough();
    if (!this.#isHalfOpen) return;
    this.#isHalfOpen = false;
    this.#agenda.after(this.#noticeMs(), `${this.name} reset seen`, () => this.#endPeer(BROKEN, ''));
    this.#agenda.after(this.#noticeMs(), `${this.name} reset`, () => this.#endServer(), this.#scheduler);
  }

  /** The peer reads nothing for a while. */
  stopReading(durationMs: number): void {
    this.#down.hold();
    this.#agenda.after(durationMs, `${this.name} reads on`, () => this.#down.letThrough());
  }

  #breakLine(): void {
    this.#up.die();
    this.#down.die();
  }

  #noticeMs(): number {
    return (
      this.#random.chance() * (this.#random.happens(LATE_NOTICE_PROBABILITY) ? LATE_NOTICE_MS : NOTICE_MS)
    );
  }

  #endServer(): void {
    if (!this.#isServerOpen) return;
    this.#isServerOpen = false;
    this.#serverListener?.onClose();
    this.#serverListener = null;
  }

  #endPeer(code: number, reason: string): void {
    const listener = this.#peerListener;
    this.#isPeerOpen = false;
    this.#peerListener = null;
    listener?.onClose(code, reason);
  }

  #atServer(frame: Frame): void {
    if (!this.#isServerOpen) return;
    switch (frame.kind) {
      case 'text':
      case 'binary': {
        const { data, kind, around } = frame;
        const deliver = (): void => this.#serverListener?.onFrame(bytesOf(data), kind === 'binary');
        if (around === null) deliver();
        else around(deliver);
        return;
      }
      case 'pong':
        this.#serverListener?.onPong();
        return;
      case 'ping':
        return;
      case 'close':
        this.#down.send({ kind: 'close', code: frame.code, reason: frame.reason });
        this.#endServer();
    }
  }

  #atPeer(frame: Frame): void {
    switch (frame.kind) {
      case 'text':
      case 'binary':
        this.#peerListener?.onText(frame.data);
        return;
      case 'ping':
        this.#up.send({ kind: 'pong' });
        return;
      case 'pong':
        return;
      case 'close':
        this.#up.send({ kind: 'close', code: frame.code, reason: '' });
        this.#endPeer(frame.code, frame.reason);
    }
  }

  #serverEnd(): Transport {
    const isOpen = (): boolean => this.#isServerOpen;
    const down = this.#down;
    const up = this.#up;
    let isClosing = false;
    const send = (frame: Frame): void => {
      if (isOpen() && !isClosing) down.send(frame);
    };
    return {
      get isOpen() {
        return isOpen() && !isClosing;
      },
      isGathering: false,
      get bufferedBytes() {
        return down.bufferedBytes;
      },
      sendText: (text) =>
        send({ kind: 'text', data: isInParts(text) ? joinParts(text) : text, around: null }),
      sendBinary: (data) => send({ kind: 'binary', data, around: null }),
      ping: () => send({ kind: 'ping' }),
      close: (code, reason) => {
        send({ kind: 'close', code, reason });
        isClosing = true;
      },
      terminate: () => {
        if (!isOpen()) return;
        const wasDead = up.isDead;
        this.#breakLine();
        this.#agenda.after(0, `${this.name} terminated`, () => this.#endServer(), this.#scheduler);
        // On a dead line the reset does not reach the peer either.
        if (!wasDead)
          this.#agenda.after(this.#noticeMs(), `${this.name} reset seen`, () => this.#endPeer(BROKEN, ''));
      },
      pauseReading: () => up.hold(),
      resumeReading: () => up.letThrough(),
      listen: (listener) => {
        this.#serverListener = listener;
      },
    };
  }
}

const bytesOf = (data: string | Uint8Array): Uint8Array =>
  typeof data === 'string' ? Buffer.from(data) : data;
