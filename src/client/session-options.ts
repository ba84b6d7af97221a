import type { AudioEncoding } from '#protocol/audio.ts';
import type { Endpointing, FeatureFlags } from '#protocol/shapes.ts';
import type { SocketConstructor } from './socket-link.ts';
import type { Timers } from './timers.ts';

/** Extras of the protocol that this SDK understands; all are asked for unless told otherwise. */
export const SDK_CAPABILITIES = ['resume', 'ack', 'binary', 'partials', 'notices', 'errors'] as const;
export type SdkCapability = (typeof SDK_CAPABILITIES)[number];

/** Where utterances end. Milliseconds. */
export interface EndpointingOptions {
  /**
   * How long it must be quiet after speech, 600 when left out. For `pcm16` measured here, by energy; for `opus`
   * asked of the server.
   */
  readonly pauseMs?: number;
  /** Asked of the server, like the next one. */
  readonly maxDurationMs?: number;
  readonly minUtteranceMs?: number;
  /** Only `endUtterance` ends one: neither this side nor the server listens for pauses. */
  readonly manualOnly?: boolean;
}

/** What happens when the socket is lost. */
export interface ReconnectOptions {
  /** Failed attempts in a row before the session is given up; without limit when left out. */
  readonly attemptsMax?: number;
  /** The longest wait between two attempts, 30 000 when left out. The server's own wish may be longer. */
  readonly waitMsMax?: number;
}

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
  /** Extras that are not to be asked for. */
  readonly leaveOut?: readonly SdkCapability[];
  /** False = nothing is measured here; the server's own rules hold. */
  readonly endpointing?: EndpointingOptions | false;
  /** 0 to 4, 2 when left out. */
  readonly priority?: number;

  /** False = a lost socket ends the session. */
  readonly reconnect?: ReconnectOptions | false;
  /** Whether audio without outcome is sent again when a lost session must begin anew; true when left out. */
  readonly replaysAudio?: boolean;
  /** How much audio is kept here, waiting or in case it must be sent again; 8 MiB when left out. */
  readonly keptAudioBytesMax?: number;

  /** Sent as the subprotocol `bearer.<token>`, the only header a browser lets a page set. */
  readonly token?: string;
  /**
   * For pages that must not hold a token: asks the page's own server for a ticket. Called before each socket, the later
   * ones included, as a ticket is good for one. When it rejects, that attempt has failed.
   */
  readonly ticket?: () => Promise<string>;
  /** Aborting gives up the opening; later it ends the session at once, without a goodbye. */
  readonly signal?: AbortSignal;
  /** From the call to `session_init_ack`, 10 000 when left out; the same for each later attempt. */
  readonly openTimeoutMs?: number;
  /** The global one when left out. */
  readonly WebSocket?: SocketConstructor;
  readonly timers?: Timers;
  /** Epoch milliseconds, for stamps in messages only. */
  readonly wallClockMs?: () => number;
  /** From 0 (inclusive) to 1 (exclusive), spreads attempts to come back; `Math.random` when left out. */
  readonly chance?: () => number;
}

const PAUSE_MS_DEFAULT = 600;

/** Null = pauses are not listened for here. */
export const localPauseMs = (
  audioFormat: AudioEncoding,
  endpointing: EndpointingOptions | false = {},
): number | null => {
  if (audioFormat !== 'pcm16' || endpointing === false || endpointing.manualOnly === true) return null;
  return endpointing.pauseMs ?? PAUSE_MS_DEFAULT;
};

/**
 * What the server is asked for. Where pauses are measured here its own pause stays as it is: it counts the time in
 * which nothing arrives, and a short one would take a stumbling network for the end of a sentence.
 */
export const endpointingWish = (
  audioFormat: AudioEncoding,
  endpointing: EndpointingOptions | false = {},
): Endpointing | undefined => {
  if (endpointing === false) return undefined;
  const wish: Endpointing = {
    ...(endpointing.pauseMs === undefined || audioFormat === 'pcm16'
      ? {}
      : { pause_ms: endpointing.pauseMs }),
    ...(endpointing.maxDurationMs === undefined ? {} : { max_duration_ms: endpointing.maxDurationMs }),
    ...(endpointing.minUtteranceMs === undefined ? {} : { min_utterance_ms: endpointing.minUtteranceMs }),
    ...(endpointing.manualOnly === undefined ? {} : { manual_only: endpointing.manualOnly }),
  };
  return Object.keys(wish).length === 0 ? undefined : wish;
};

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
  capabilities: [
    options.audioFormat,
    ...SDK_CAPABILITIES.filter((name) => !(options.leaveOut ?? []).includes(name)),
  ],
  endpointing: endpointingWish(options.audioFormat, options.endpointing),
  priority: options.priority,
  audio_format: options.audioFormat,
  sample_rate: 16_000,
  channels: 1,
});
