import { Type } from 'typebox';
import type { AudioEncoding, AudioPiece } from './audio.ts';
import {
  Base64,
  DurationMs,
  Flag,
  Id,
  InstantMs,
  Label,
  Lang,
  listOf,
  type MessageOf,
  type MessageWith,
  Opt,
  SampleRateHz,
  Seq,
  Text,
  Uint,
} from './field-kinds.ts';
import { CAPABILITIES_COUNT_MAX, LANGUAGES_COUNT_MAX } from './limits.ts';
import { EndpointingSchema, FeatureFlagsSchema } from './shapes.ts';

export const AUDIO_ENCODINGS = ['opus', 'pcm16'] as const satisfies readonly AudioEncoding[];
export const AudioEncodingSchema = Type.Enum(AUDIO_ENCODINGS);
/** Higher goes first; 2 when none is asked for; granted by the principal. */
export const PrioritySchema = Type.Integer({ minimum: 0, maximum: 4 });

/** Makes a session; answered by `session_init_ack`. `capabilities` empty or absent = a legacy client. */
export const SessionInitSchema = Type.Object({
  type: Type.Literal('session_init'),
  client_version: Label,
  platform: Label,
  src_lang: Lang,
  tgt_lang: Lang,
  dialect: Opt(Label),
  features: Opt(FeatureFlagsSchema),
  pairing_code: Opt(Id),
  tenant_id: Opt(Id),
  mode: Opt(Label),
  lang_a: Opt(Lang),
  lang_b: Opt(Lang),
  auto_langs: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  enable_streaming_asr: Opt(Flag),
  partial_update_interval_ms: Opt(DurationMs),
  trace_id: Opt(Id),
  capabilities: Opt(listOf(Label, CAPABILITIES_COUNT_MAX)),
  endpointing: Opt(EndpointingSchema),
  priority: Opt(PrioritySchema),
  /** Wished form of audio; counts only together with the `pcm16` or `opus` capability. */
  audio_format: Opt(Label),
  sample_rate: Opt(Uint),
  channels: Opt(Uint),
});
export type SessionInit = MessageOf<typeof SessionInitSchema>;

/** A stretch of audio. `is_final` ends the utterance, this chunk included. No payload = no audio. */
export const AudioChunkSchema = Type.Object({
  type: Type.Literal('audio_chunk'),
  session_id: Id,
  seq: Seq,
  is_final: Flag,
  payload: Opt(Base64),
  client_timestamp_ms: Opt(InstantMs),
});
export type AudioChunk = MessageWith<typeof AudioChunkSchema, { audio: AudioPiece | null }, 'payload'>;

/** A whole utterance at once. The mode, `lang_*` and streaming fields are accepted and ignored. */
export const UtteranceSchema = Type.Object({
  type: Type.Literal('utterance'),
  session_id: Id,
  utterance_index: Seq,
  manual_cut: Flag,
  src_lang: Lang,
  tgt_lang: Lang,
  dialect: Opt(Label),
  features: Opt(FeatureFlagsSchema),
  audio: Base64,
  audio_format: AudioEncodingSchema,
  sample_rate: SampleRateHz,
  mode: Opt(Label),
  lang_a: Opt(Lang),
  lang_b: Opt(Lang),
  auto_langs: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  enable_streaming_asr: Opt(Flag),
  partial_update_interval_ms: Opt(DurationMs),
  trace_id: Opt(Id),
});
export type Utterance = MessageWith<typeof UtteranceSchema, { audio: AudioPiece }>;

/** Answered by `server_heartbeat`, or by `error` INVALID_SESSION. */
export const ClientHeartbeatSchema = Type.Object({
  type: Type.Literal('client_heartbeat'),
  session_id: Id,
  timestamp: InstantMs,
});
export type ClientHeartbeat = MessageOf<typeof ClientHeartbeatSchema>;

/** Playback of a group's speech begins. */
export const TtsStartedSchema = Type.Object({
  type: Type.Literal('tts_started'),
  session_id: Id,
  trace_id: Id,
  group_id: Id,
  ts_start_ms: InstantMs,
});
export type TtsStarted = MessageOf<typeof TtsStartedSchema>;

/** Playback of a group's speech has ended. */
export const TtsPlayEndedSchema = Type.Object({
  type: Type.Literal('tts_play_ended'),
  session_id: Id,
  trace_id: Id,
  group_id: Id,
  ts_end_ms: InstantMs,
});
export type TtsPlayEnded = MessageOf<typeof TtsPlayEndedSchema>;

/** Ends the session: cut now, wait for results, then `session_close_ack`. */
export const SessionCloseSchema = Type.Object({
  type: Type.Literal('session_close'),
  session_id: Id,
  reason: Text,
});
export type SessionClose = MessageOf<typeof SessionCloseSchema>;

/** First message on a new socket instead of `session_init`; the token is single use. */
export const SessionResumeSchema = Type.Object({
  type: Type.Literal('session_resume'),
  resume_token: Id,
  /** 0 = none seen yet. */
  last_delivery_seq: Uint,
});
export type SessionResume = MessageOf<typeof SessionResumeSchema>;

/** Results up to `delivery_seq` may be forgotten. */
export const DeliveryAckSchema = Type.Object({
  type: Type.Literal('delivery_ack'),
  session_id: Id,
  delivery_seq: Uint,
});
export type DeliveryAck = MessageOf<typeof DeliveryAckSchema>;

/** Changes what is named from the next utterance on; answered by `session_configured`. */
export const SessionConfigureSchema = Type.Object({
  type: Type.Literal('session_configure'),
  session_id: Opt(Id),
  src_lang: Opt(Lang),
  tgt_lang: Opt(Lang),
  endpointing: Opt(EndpointingSchema),
  features: Opt(FeatureFlagsSchema),
});
export type SessionConfigure = MessageOf<typeof SessionConfigureSchema>;
