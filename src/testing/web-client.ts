import { framedOpus, opusSilentPackets, opusSpeechPackets } from './audio-samples.ts';
import { FakeClient, legacyInit } from './fake-client.ts';
import type { WireConnectOptions, WireMessage } from './wire-peer.ts';

/**
 * The older page sends ten recorder buffers at once (2.56 s), the newer one each by itself (256 ms, padded).
 */
export type WebVintage = 'older' | 'newer';
const PACKETS_PER_CHUNK: Readonly<Record<WebVintage, number>> = { older: 128, newer: 13 };
const STORM_FINALS_COUNT = 7;

export interface WebClientOptions extends WireConnectOptions {
  readonly vintage?: WebVintage;
  /** Fields of `session_init` that differ from the page's usual one. */
  readonly init?: object;
}

/** The web page's habits on the wire, bad ones included. Nothing here waits: pace is the test's. */
export class WebClient {
  readonly client: FakeClient;
  readonly #vintage: WebVintage;
  #speechSeed = 0;

  constructor(client: FakeClient, vintage: WebVintage = 'older') {
    this.client = client;
    this.#vintage = vintage;
  }

  static async open(url: string, { vintage, init, ...connect }: WebClientOptions = {}): Promise<WebClient> {
    const client = await FakeClient.connect(url, connect);
    await client.init(legacyInit(init));
    return new WebClient(client, vintage);
  }

  /** Speech in the page's chunks; the last one holds the remainder. Returns how many chunks went out. */
  speak(durationMs: number): number {
    this.#speechSeed += 1;
    return this.#sendInChunks(opusSpeechPackets(durationMs, this.#speechSeed));
  }

  /** What the page goes on sending after the voice has stopped. */
  fallSilent(durationMs: number): number {
    return this.#sendInChunks(opusSilentPackets(durationMs));
  }

  /** The send button: a separate chunk with an empty payload. */
  finish(): void {
    this.client.chunk({ isFinal: true });
  }

  /** One sentence with its end. */
  say(durationMs: number): void {
    this.speak(durationMs);
    this.finish();
  }

  /** Encoding is asynchronous in the page: the final overtakes the audio it is meant to close. */
  sayWithFinalFirst(durationMs: number): void {
    this.finish();
    this.speak(durationMs);
  }

  /** The page's silence timer fires for every further buffer: each time a final, then 260 ms of silence. */
  stormFinals(count = STORM_FINALS_COUNT): void {
    for (let at = 0; at < count; at += 1) {
      this.finish();
      this.client.chunk({ payload: framedOpus(opusSilentPackets(260)) });
    }
  }

  /** Only the newer page says when playback begins. */
  playbackStarted(result: WireMessage): void {
    this.#reportPlayback('tts_started', 'ts_start_ms', result);
  }

  playbackEnded(result: WireMessage): void {
    this.#reportPlayback('tts_play_ended', 'ts_end_ms', result);
  }

  /** As after an unexpected close: new socket, new session, new trace; chunk numbers go on. */
  async reconnect(url: string, init?: object): Promise<WebClient> {
    const again = await WebClient.open(url, { vintage: this.#vintage, ...(init && { init }) });
    again.client.nextSeq = this.client.nextSeq;
    return again;
  }

  #sendInChunks(packets: readonly Uint8Array[]): number {
    const perChunk = PACKETS_PER_CHUNK[this.#vintage];
    let chunkCount = 0;
    for (let at = 0; at < packets.length; at += perChunk) {
      this.client.chunk({ payload: framedOpus(packets.slice(at, at + perChunk)) });
      chunkCount += 1;
    }
    return chunkCount;
  }

  #reportPlayback(type: string, stamp: string, result: WireMessage): void {
    this.client.send({
      type,
      session_id: this.client.sessionId,
      trace_id: result.trace_id,
      group_id: result.group_id,
      [stamp]: Date.now(),
    });
  }
}
