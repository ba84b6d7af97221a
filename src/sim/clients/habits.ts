import type { AudioEncoding } from '#protocol/audio.ts';
import type { Random } from '../random.ts';
import { final, type IntrusionKind, type Noise, silence, speech, type TimedAct } from './acts.ts';

/**
 * What kinds of clients do, as plain data: measured figures of real ones where there are any. Source: the wire notes on
 * the existing web page, mobile app and gateway.
 */
export interface ClientHabit {
  readonly kind: ClientKind;
  readonly encoding: AudioEncoding;
  /** What differs from an empty `session_init`. */
  readonly init: Readonly<Record<string, unknown>>;
  readonly heartbeatMs: number;
  readonly reconnect: { readonly firstMs: number; readonly maxMs: number; readonly triesMax: number };
  /** Ends with `session_close` and waits for the answer; the others just go. */
  readonly isPolite: boolean;
  readonly reportsPlayback: 'never' | 'end' | 'start_and_end';
  /** When it comes, where that is not drawn; then all pauses are its own, and nothing more to do is the end. */
  readonly script?: { readonly opensAtMs: number };
  /** Speech, its end and what follows it, as one list. */
  phrase(random: Random): readonly TimedAct[];
}

export type ClientKind =
  | 'webOlder'
  | 'webNewer'
  | 'mobile'
  | 'whole'
  | 'sdk'
  | 'sdk-resuming'
  | 'rude'
  | 'listener';

const OLDER_CHUNK_MS = 2560;
const NEWER_CHUNK_MS = 260;
const SDK_CHUNK_MS = 96;
const MOBILE_PIECE_MS = 200;

/** Mostly a sentence; now and then somebody talks on beyond the longest utterance. */
const phraseMs = (random: Random): number =>
  Math.round(random.happens(0.06) ? random.real(12_000, 28_000) : random.soonOrLate(2600)) + 300;
const pauseMs = (random: Random): number => 400 + random.soonOrLate(3000);

/** Each chunk leaves when it is full; the last one holds what is left. */
const inChunks = (chunkMs: number, totalMs: number): readonly number[] => {
  const wholeCount = Math.floor(totalMs / chunkMs);
  const restMs = totalMs - wholeCount * chunkMs;
  return [...Array.from({ length: wholeCount }, () => chunkMs), ...(restMs >= 20 ? [restMs] : [])];
};

/** The recorder runs on after speech; its own silence timer sends the final again with every further buffer. */
const finalStorm = (random: Random): readonly TimedAct[] =>
  Array.from({ length: random.between(6, 7) }, () => [final(random.real(150, 230)), silence(2, 260)]).flat();

/** The ends of a phrase of the web page: send button, the same overtaking its audio, silence timer, or none. */
const webEnding = (random: Random, chunkMs: number, restMs: number | null): readonly TimedAct[] => {
  const rest = (afterMs: number): readonly TimedAct[] => (restMs === null ? [] : [speech(afterMs, restMs)]);
  switch (random.weighted({ button: 4, race: 2, timer: 2, pause: 1, storm: 1 })) {
    case 'race':
      return [final(restMs ?? 0), ...rest(random.real(0, 10))];
    case 'timer':
      return [...rest(restMs ?? 0), final(3250)];
    case 'pause':
      return [...rest(restMs ?? 0), ...tailSilence(chunkMs, 3000 + chunkMs)];
    case 'storm':
      return [...rest(restMs ?? 0), final(random.real(0, 10)), ...finalStorm(random)];
    default:
      return [...rest(restMs ?? 0), final(random.real(0, 10))];
  }
};

const tailSilence = (chunkMs: number, totalMs: number): readonly TimedAct[] =>
  inChunks(chunkMs, totalMs).map((ms) => silence(ms, ms));

const webPhrase = (random: Random, chunkMs: number): readonly TimedAct[] => {
  const chunks = inChunks(chunkMs, phraseMs(random));
  const last = chunks.at(-1);
  const restMs = last === undefined || last === chunkMs ? null : last;
  const whole = restMs === null ? chunks : chunks.slice(0, -1);
  const spoken = whole.map((ms) => speech(ms, ms));
  return [...spoken, ...webEnding(random, chunkMs, restMs)];
};

/** One message for every 200 ms, by a clock that is not quite even; the last ones may be silence. */
const mobilePhrase = (random: Random): readonly TimedAct[] =>
  inChunks(MOBILE_PIECE_MS, phraseMs(random)).map((durationMs) => ({
    afterMs: durationMs + random.real(-20, 20),
    act: { do: 'utterance', durationMs, isManual: false, indexStep: 1 },
  }));

/** Whole sentences at once, now and then two in a row or with a jump in their numbers. */
const wholePhrase = (random: Random): readonly TimedAct[] => {
  const durationMs = Math.min(4000, Math.max(60, phraseMs(random)));
  const indexStep = random.happens(0.15) ? random.between(2, 3) : 1;
  return [
    { afterMs: durationMs, act: { do: 'utterance', durationMs, isManual: random.happens(0.8), indexStep } },
    ...(random.happens(0.2)
      ? [
          {
            afterMs: random.real(0, 30),
            act: { do: 'utterance', durationMs: 600, isManual: true, indexStep: 1 },
          } as const,
        ]
      : []),
  ];
};

const sdkPhrase = (random: Random): readonly TimedAct[] => {
  const chunks = inChunks(SDK_CHUNK_MS, Math.min(3500, phraseMs(random)));
  const endsWithAudio = random.happens(0.5);
  const configure: readonly TimedAct[] = random.happens(0.2)
    ? [
        {
          afterMs: random.real(0, 400),
          act: { do: 'configure', tgtLang: random.pick(['en', 'fr']), pauseMs: random.between(300, 3000) },
        },
      ]
    : [];
  return [
    ...configure,
    ...chunks.map((ms, at) => speech(ms, ms, endsWithAudio && at === chunks.length - 1)),
    ...(endsWithAudio ? [] : [final(random.real(0, 20))]),
  ];
};

const NOISES: readonly [Noise, ...Noise[]] = [
  'not_json',
  'binary',
  'unknown_type',
  'missing_field',
  'bad_base64',
  'wrong_direction',
];
const INTRUSIONS: readonly [IntrusionKind, ...IntrusionKind[]] = [
  'chunk',
  'utterance',
  'heartbeat',
  'close',
  'play_ended',
  'unknown_session',
];

/** A sentence like the newer page's, with all sorts of things thrown in. */
const rudePhrase = (random: Random): readonly TimedAct[] =>
  webPhrase(random, NEWER_CHUNK_MS).flatMap((timed): readonly TimedAct[] => {
    if (!random.happens(0.3)) return [timed];
    const afterMs = random.real(0, 3);
    switch (random.weighted({ noise: 3, intrude: 3, repeatChunk: 2, skipSeq: 1, room: 1, utterance: 1 })) {
      case 'noise':
        return [timed, { afterMs, act: { do: 'noise', noise: random.pick(NOISES) } }];
      case 'intrude':
        return [timed, { afterMs, act: { do: 'intrude', how: random.pick(INTRUSIONS) } }];
      case 'skipSeq':
        return [{ afterMs, act: { do: 'skipSeq', count: random.between(1, 5) } }, timed];
      case 'room':
        return [timed, { afterMs, act: { do: 'room' } }];
      case 'utterance':
        return [timed, { afterMs, act: { do: 'utterance', durationMs: 1200, isManual: true, indexStep: 0 } }];
      default:
        return [timed, { afterMs, act: { do: 'repeatChunk' } }];
    }
  });

/** A line that is open and says nothing, or a room without voices. */
const listenerPhrase = (random: Random): readonly TimedAct[] =>
  random.happens(0.5) ? tailSilence(OLDER_CHUNK_MS, random.between(1, 3) * OLDER_CHUNK_MS) : [];

const WEB_INIT = {
  client_version: '1.0.0',
  platform: 'web',
  src_lang: 'zh',
  tgt_lang: 'en',
  dialect: null,
  features: {},
  pairing_code: null,
  tenant_id: null,
  mode: 'one_way',
};
const WEB_RECONNECT = { firstMs: 1000, maxMs: 30_000, triesMax: Number.POSITIVE_INFINITY };

const web = (kind: ClientKind, chunkMs: number): ClientHabit => ({
  kind,
  encoding: 'opus',
  init: WEB_INIT,
  heartbeatMs: 30_000,
  reconnect: WEB_RECONNECT,
  isPolite: false,
  reportsPlayback: kind === 'webOlder' ? 'end' : 'start_and_end',
  phrase: (random) => webPhrase(random, chunkMs),
});

const SDK_CAPABILITIES = ['pcm16', 'partials', 'notices', 'errors'];
const SDK: ClientHabit = {
  kind: 'sdk',
  encoding: 'pcm16',
  init: {
    client_version: '2.0.0',
    platform: 'web',
    src_lang: 'zh',
    tgt_lang: 'en',
    capabilities: SDK_CAPABILITIES,
    endpointing: { pause_ms: 1500, min_utterance_ms: 400 },
    priority: 3,
    audio_format: 'pcm16',
    sample_rate: 16_000,
    channels: 1,
  },
  heartbeatMs: 15_000,
  reconnect: { firstMs: 250, maxMs: 10_000, triesMax: Number.POSITIVE_INFINITY },
  isPolite: true,
  reportsPlayback: 'never',
  phrase: sdkPhrase,
};

export const HABITS: Readonly<Record<ClientKind, ClientHabit>> = {
  webOlder: web('webOlder', OLDER_CHUNK_MS),
  webNewer: web('webNewer', NEWER_CHUNK_MS),
  mobile: {
    kind: 'mobile',
    encoding: 'pcm16',
    init: { client_version: '1.0.0', platform: 'ios', src_lang: 'ja', tgt_lang: 'zh', mode: 'one_way' },
    heartbeatMs: 25_000,
    reconnect: { firstMs: 1000, maxMs: 16_000, triesMax: 5 },
    isPolite: true,
    reportsPlayback: 'never',
    phrase: mobilePhrase,
  },
  whole: {
    kind: 'whole',
    encoding: 'opus',
    init: { client_version: '1', platform: 'api-gateway', src_lang: 'en', tgt_lang: 'zh', tenant_id: 'acme' },
    heartbeatMs: 30_000,
    reconnect: WEB_RECONNECT,
    isPolite: true,
    reportsPlayback: 'never',
    phrase: wholePhrase,
  },
  sdk: SDK,
  'sdk-resuming': {
    ...SDK,
    kind: 'sdk-resuming',
    init: { ...SDK.init, capabilities: [...SDK_CAPABILITIES, 'resume', 'ack'] },
  },
  rude: { ...web('rude', NEWER_CHUNK_MS), phrase: rudePhrase },
  listener: { ...web('listener', OLDER_CHUNK_MS), phrase: listenerPhrase },
};

/** How long a client is quiet between two phrases. */
export const pauseBetweenPhrasesMs = pauseMs;
