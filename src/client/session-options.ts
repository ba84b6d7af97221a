import type { AudioEncoding } from '#protocol/audio.ts';
import type { Endpointing, FeatureFlags } from '#protocol/shapes.ts';
import type { SocketConstructor } from './socket-link.ts';
import type { Timers } from './timers.ts';

/** Extras of the protocol that this SDK understands; all are asked for unless told otherwise. */
export const SDK_CAPABILITIES = ['partials', 'notices', 'errors'] as const;
export type SdkCapability = (typeof SDK_CAPABILITIES)[number];

export interface SessionOptions {
  /** `ws://host:5010/ws/session`. */
  readonly url: string;
  /** Language tags; `auto` as the source where the mode allows it. */
  readonly srcLang: string;
  readonly tgtLang: string;
  /** What will be sent: raw samples, or packets that the caller has encoded. 16 kHz mono both. */
  readonly audioFormat: AudioEncoding;

  readonly clientVersion?: string;
  readonly platform?: string;
  readonly dialect?: string;
  readonly features?: FeatureFlags;
  readonly pairingCode?: string;
  readonly tenantId?: string;
  readonly mode?: string;
  readonly langA?: string;
  readonly langB?: string;
  readonly autoLangs?: readonly string[];
  /** Comes back in every result; the server makes one if there is none. */
  readonly traceId?: string;
  readonly capabilities?: readonly SdkCapability[];
  /** Wishes for cutting; what was granted stands in `session.info`. */
  readonly endpointing?: Endpointing;
  /** 0 to 4, 2 when left out. */
  readonly priority?: number;

  /** Sent as the subprotocol `bearer.<token>`, the only header a browser lets a page set. */
  readonly token?: string;
  /** Aborting gives up the opening; later it ends the session at once, without a goodbye. */
  readonly signal?: AbortSignal;
  /** From the call to `session_init_ack`, 10 000 when left out. */
  readonly openTimeoutMs?: number;
  /** The global one when left out. */
  readonly WebSocket?: SocketConstructor;
  readonly timers?: Timers;
  /** Epoch milliseconds, for stamps in messages only. */
  readonly wallClockMs?: () => number;
}

/** The first message; fields that were not given are absent. */
export const sessionInitOf = (options: SessionOptions): object => ({
  type: 'session_init',
  client_version: options.clientVersion ?? 'lingua-client',
  platform: options.platform ?? 'sdk',
  src_lang: options.srcLang,
  tgt_lang: options.tgtLang,
  dialect: options.dialect,
  features: options.features,
  pairing_code: options.pairingCode,
  tenant_id: options.tenantId,
  mode: options.mode,
  lang_a: options.langA,
  lang_b: options.langB,
  auto_langs: options.autoLangs,
  trace_id: options.traceId,
  capabilities: [options.audioFormat, ...(options.capabilities ?? SDK_CAPABILITIES)],
  endpointing: options.endpointing,
  priority: options.priority,
  audio_format: options.audioFormat,
  sample_rate: 16_000,
  channels: 1,
});
