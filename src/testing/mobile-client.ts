import { base64Of, pcmBytes, pcmTone } from './audio-samples.ts';
import { FakeClient } from './fake-client.ts';
import type { WireConnectOptions } from './wire-peer.ts';

const PIECE_MS = 200;
const NO_FEATURES = {
  emotion_detection: false,
  voice_style_detection: false,
  speech_rate_detection: false,
  speech_rate_control: false,
  speaker_identification: false,
  persona_adaptation: false,
};

/** The mobile app's habits: raw PCM, one `utterance` message for every 200 ms, numbered by the app from 0. */
export class MobileClient {
  readonly client: FakeClient;
  #nextIndex = 0;

  constructor(client: FakeClient) {
    this.client = client;
  }

  /** No trace id, six explicit features. */
  static async open(
    url: string,
    { init, ...connect }: WireConnectOptions & { readonly init?: object } = {},
  ): Promise<MobileClient> {
    const client = await FakeClient.connect(url, connect);
    await client.init({
      type: 'session_init',
      client_version: '1.0.0',
      platform: 'ios',
      src_lang: 'ja',
      tgt_lang: 'zh',
      dialect: null,
      features: NO_FEATURES,
      mode: 'one_way',
      ...init,
    });
    return new MobileClient(client);
  }

  /** Speech, or `samples` of 16 kHz, in pieces of 200 ms. Returns how many messages went out. */
  speak(durationMs: number, samples: Int16Array = pcmTone(durationMs)): number {
    const perPiece = (PIECE_MS * 16_000) / 1000;
    let count = 0;
    for (let at = 0; at < samples.length; at += perPiece) {
      this.client.send({
        type: 'utterance',
        session_id: this.client.sessionId,
        utterance_index: this.#nextIndex,
        manual_cut: false,
        src_lang: 'ja',
        tgt_lang: 'zh',
        dialect: null,
        features: NO_FEATURES,
        audio: base64Of(pcmBytes(samples.subarray(at, at + perPiece))),
        audio_format: 'pcm16',
        sample_rate: 16_000,
      });
      this.#nextIndex += 1;
      count += 1;
    }
    return count;
  }

  /** Says goodbye and does not wait for the answer. */
  leave(): void {
    this.client.send({
      type: 'session_close',
      session_id: this.client.sessionId,
      reason: 'client_disconnect',
    });
    this.client.close();
  }
}
