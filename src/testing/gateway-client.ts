import { base64Of, pcmBytes, pcmTone } from './audio-samples.ts';
import { FakeClient } from './fake-client.ts';

/**
 * The api gateway's habits: `session_init` on one socket, whose first frame it takes for the ack, then one
 * `utterance` on a second socket, where it expects the result.
 */
export class GatewayClient {
  /** The socket of the session. */
  readonly client: FakeClient;
  readonly #url: string;

  constructor(client: FakeClient, url: string) {
    this.client = client;
    this.#url = url;
  }

  static async open(url: string, init: object = {}): Promise<GatewayClient> {
    const client = await FakeClient.connect(url);
    await client.init({
      type: 'session_init',
      tenant_id: 'tenant-of-the-gateway',
      client_version: '1.0.0',
      platform: 'api-gateway',
      src_lang: 'zh',
      tgt_lang: 'en',
      dialect: null,
      features: null,
      ...init,
    });
    return new GatewayClient(client, url);
  }

  /** As the gateway does it. Returns the second socket, to see what comes there. */
  async utteranceOnNewSocket(durationMs: number): Promise<FakeClient> {
    const second = await FakeClient.connect(this.#url);
    second.send(this.#utterance(durationMs));
    return second;
  }

  /** As it would work. */
  utterance(durationMs: number): void {
    this.client.send(this.#utterance(durationMs));
  }

  #utterance(durationMs: number): object {
    return {
      type: 'utterance',
      session_id: this.client.sessionId,
      utterance_index: 0,
      manual_cut: false,
      src_lang: 'zh',
      tgt_lang: 'en',
      dialect: null,
      features: null,
      audio: base64Of(pcmBytes(pcmTone(durationMs))),
      audio_format: 'pcm16',
      sample_rate: 16_000,
    };
  }
}
