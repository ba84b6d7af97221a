import { base64Of } from './audio-samples.ts';
import {
  type WireClose,
  type WireConnectOptions,
  type WireFrame,
  type WireMessage,
  WirePeer,
} from './wire-peer.ts';

export interface ChunkOptions {
  readonly isFinal?: boolean;
  /** The next number when left out. */
  readonly seq?: number;
  /** Left out of the message when null; "" when empty. */
  readonly payload?: Uint8Array | null;
}

/**
 * A client that speaks raw wire: it sends what it is told, right or wrong, and records what comes. The habits
 * of the real clients stand in `web-client.ts`, `mobile-client.ts` and `gateway-client.ts`.
 */
export class FakeClient {
  /** Frames, waiting, closing: everything of the socket. */
  readonly wire: WirePeer;
  #sessionId = '';
  #nextSeq = 0;

  constructor(wire: WirePeer) {
    this.wire = wire;
  }

  static async connect(url: string, options?: WireConnectOptions): Promise<FakeClient> {
    return new FakeClient(await WirePeer.connect(url, options));
  }

  /** Of the last `session_init_ack` that `init` has seen. */
  get sessionId(): string {
    return this.#sessionId;
  }

  /** The next number of an audio chunk; may be set, as it goes on across sessions in real clients. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  set nextSeq(seq: number) {
    this.#nextSeq = seq;
  }

  get frames(): readonly WireFrame[] {
    return this.wire.frames;
  }

  /** Waits for the ack that answers this init, whatever came before it on the socket. */
  async init(message: object = legacyInit()): Promise<WireMessage> {
    const count = this.wire.ofType('session_init_ack').length + 1;
    this.send(message);
    const ack = await this.wire.untilType('session_init_ack', count);
    this.#sessionId = String(ack.session_id);
    return ack;
  }

  /** Comes back to a session on this new socket. Resolves with `session_resume_ack`, or with the `error` in its place. */
  async resume(resumeToken: unknown, lastDeliverySeq = 0): Promise<WireMessage> {
    const errorCount = this.wire.ofType('error').length;
    this.send({ type: 'session_resume', resume_token: resumeToken, last_delivery_seq: lastDeliverySeq });
    const answer = await this.wire.until(
      () => this.wire.ofType('session_resume_ack')[0] ?? this.wire.ofType('error')[errorCount],
    );
    if (answer.type === 'session_resume_ack') this.#sessionId = String(answer.session_id);
    return answer;
  }

  send(message: object): void {
    this.wire.send(message);
  }

  /** One `audio_chunk`. */
  chunk({ isFinal = false, seq = this.#nextSeq, payload = new Uint8Array() }: ChunkOptions = {}): void {
    this.#nextSeq = seq + 1;
    const audio = payload === null ? {} : { payload: base64Of(payload) };
    this.send({ type: 'audio_chunk', session_id: this.#sessionId, seq, is_final: isFinal, ...audio });
  }

  heartbeat(): void {
    this.send({ type: 'client_heartbeat', session_id: this.#sessionId, timestamp: Date.now() });
  }

  /** Sends `session_close` and waits for its ack. */
  closeSession(reason = 'test', timeoutMs?: number): Promise<WireMessage> {
    this.send({ type: 'session_close', session_id: this.#sessionId, reason });
    return this.wire.untilType('session_close_ack', 1, timeoutMs);
  }

  until<Found>(
    look: (frames: readonly WireFrame[]) => Found | null | undefined | false,
    timeoutMs?: number,
  ): Promise<Found> {
    return this.wire.until(look, timeoutMs);
  }

  untilType(type: string, count?: number, timeoutMs?: number): Promise<WireMessage> {
    return this.wire.untilType(type, count, timeoutMs);
  }

  untilClosed(timeoutMs?: number): Promise<WireClose> {
    return this.wire.untilClosed(timeoutMs);
  }

  /** Every outcome so far, results and missing ones, in order of arrival. */
  outcomes(): WireMessage[] {
    return this.frames
      .map(({ message }) => message)
      .filter(({ type }) => type === 'translation_result' || type === 'missing_result');
  }

  untilOutcomes(count: number, timeoutMs?: number): Promise<WireMessage[]> {
    return this.wire.until(() => {
      const outcomes = this.outcomes();
      return outcomes.length >= count && outcomes;
    }, timeoutMs);
  }

  close(code?: number, reason?: string): void {
    this.wire.close(code, reason);
  }

  terminate(): void {
    this.wire.terminate();
  }
}

/** What the web page sends first, explicit nulls included. */
export const legacyInit = (overrides: object = {}): object => ({
  type: 'session_init',
  client_version: 'web-client-v1.0',
  platform: 'web',
  src_lang: 'zh',
  tgt_lang: 'en',
  dialect: null,
  features: {},
  pairing_code: null,
  mode: 'one_way',
  trace_id: crypto.randomUUID(),
  tenant_id: null,
  ...overrides,
});
