import { Type } from 'typebox';
import type { WireAudio } from './audio.ts';
import {
  Base64,
  DurationMs,
  Flag,
  Id,
  InstantMs,
  Json,
  Label,
  Lang,
  listOf,
  type MessageOf,
  type MessageWith,
  Opt,
  Real,
  Seq,
  Text,
  Uint,
} from './field-kinds.ts';
import { CAPABILITIES_COUNT_MAX, REASON_CODES_COUNT_MAX } from './limits.ts';
import { MISSING_REASONS } from './reasons.ts';
import {
  AsrQualityLevelSchema,
  EndpointingSchema,
  ExtraResultSchema,
  FeatureFlagsSchema,
  NetworkTimingsSchema,
  SegmentsMetaSchema,
  ServiceTimingsSchema,
} from './shapes.ts';

/** Always the first answer to `session_init`. For legacy clients opus, 16000, 1, no binary frames. */
export const SessionInitAckSchema = Type.Object({
  type: Type.Literal('session_init_ack'),
  session_id: Id,
  assigned_node_id: Opt(Id),
  message: Text,
  trace_id: Id,
  protocol_version: Opt(Label),
  use_binary_frame: Opt(Flag),
  negotiated_codec: Opt(Label),
  negotiated_audio_format: Opt(Label),
  negotiated_sample_rate: Opt(Uint),
  negotiated_channel_count: Opt(Uint),
  /** Granted ones, by the names of `capabilities.ts`. */
  capabilities: Opt(listOf(Label, CAPABILITIES_COUNT_MAX)),
  resume_token: Opt(Id),
  resume_window_ms: Opt(DurationMs),
  /** Effective values. */
  endpointing: Opt(EndpointingSchema),
  priority: Opt(Uint),
});
export type SessionInitAck = MessageOf<typeof SessionInitAckSchema>;

/** What goes with an outcome for clients granted `resume`, `ack` or `rooms`. */
const deliveryFields = {
  /** Per listener, from 1, without gaps. */
  delivery_seq: Opt(Uint),
  /** Offsets in the speaker's audio. */
  audio_start_ms: Opt(DurationMs),
  audio_end_ms: Opt(DurationMs),
  attempts: Opt(Uint),
  queued_ms: Opt(DurationMs),
  speaker_session_id: Opt(Id),
  speech_start_ms: Opt(InstantMs),
};

/** The translation of one utterance for one listener. `tts_audio` null = text without speech ("" on the wire). */
export const TranslationResultSchema = Type.Object({
  type: Type.Literal('translation_result'),
  session_id: Id,
  utterance_index: Seq,
  job_id: Id,
  text_asr: Text,
  text_translated: Text,
  tts_audio: Base64,
  tts_format: Label,
  extra: Opt(ExtraResultSchema),
  trace_id: Id,
  group_id: Opt(Id),
  part_index: Opt(Uint),
  service_timings: Opt(ServiceTimingsSchema),
  network_timings: Opt(NetworkTimingsSchema),
  scheduler_sent_at_ms: Opt(InstantMs),
  asr_quality_level: Opt(AsrQualityLevelSchema),
  reason_codes: Opt(listOf(Label, REASON_CODES_COUNT_MAX)),
  quality_score: Opt(Real),
  rerun_count: Opt(Uint),
  segments_meta: Opt(SegmentsMetaSchema),
  ...deliveryFields,
});
export type TranslationResult = MessageWith<typeof TranslationResultSchema, { tts_audio: WireAudio | null }>;

/** In place of a result that will never come. Legacy clients get the legacy words. */
export const MissingResultSchema = Type.Object({
  type: Type.Literal('missing_result'),
  session_id: Id,
  utterance_index: Seq,
  reason: Type.Enum([...MISSING_REASONS, 'silence_detected', 'result_timeout']),
  created_at_ms: InstantMs,
  trace_id: Opt(Id),
  ...deliveryFields,
});
export type MissingResult = MessageOf<typeof MissingResultSchema>;

/** Text while somebody speaks. `job_id` is "" for legacy clients; `settled` will not change, `tentative` may. */
export const AsrPartialSchema = Type.Object({
  type: Type.Literal('asr_partial'),
  session_id: Id,
  utterance_index: Seq,
  job_id: Id,
  text: Text,
  is_final: Flag,
  trace_id: Id,
  revision: Opt(Uint),
  settled: Opt(Text),
  tentative: Opt(Text),
});
export type AsrPartial = MessageOf<typeof AsrPartialSchema>;

export const UI_EVENT_NAMES = [
  'INPUT_STARTED',
  'INPUT_ENDED',
  'DISPATCHED',
  'NODE_ACCEPTED',
  'ASR_PARTIAL',
  'ASR_FINAL',
  'NMT_DONE',
  'TTS_PLAY_STARTED',
  'TTS_PLAY_ENDED',
  'ERROR',
] as const;
export type UiEventName = (typeof UI_EVENT_NAMES)[number];

/** Progress of one utterance, for the speaker. */
export const UiEventSchema = Type.Object({
  type: Type.Literal('ui_event'),
  trace_id: Id,
  session_id: Id,
  job_id: Id,
  utterance_index: Seq,
  event: Type.Enum(UI_EVENT_NAMES),
  elapsed_ms: Opt(DurationMs),
  status: Type.Enum(['ok', 'error']),
  error_code: Opt(Label),
  hint: Opt(Text),
});
export type UiEvent = MessageOf<typeof UiEventSchema>;

/** A fault, on either socket. `fix` and `retry_after_ms` tell a refused node what to do. */
export const ErrorSchema = Type.Object({
  type: Type.Literal('error'),
  code: Label,
  message: Text,
  details: Opt(Json),
  trace_id: Opt(Id),
  utterance_index: Opt(Seq),
  retryable: Opt(Flag),
  retry_after_ms: Opt(DurationMs),
  fix: Opt(Text),
});
export type ErrorMessage = MessageOf<typeof ErrorSchema>;

export const ServerHeartbeatSchema = Type.Object({
  type: Type.Literal('server_heartbeat'),
  session_id: Id,
  timestamp: InstantMs,
});
export type ServerHeartbeat = MessageOf<typeof ServerHeartbeatSchema>;

export const SessionCloseAckSchema = Type.Object({ type: Type.Literal('session_close_ack'), session_id: Id });
export type SessionCloseAck = MessageOf<typeof SessionCloseAckSchema>;

/** `PAUSE` alone is ever sent: the other two silence the older web client for good. */
export const BackpressureSchema = Type.Object({
  type: Type.Literal('backpressure'),
  action: Type.Enum(['BUSY', 'SLOW_DOWN', 'PAUSE']),
  resume_after_ms: Opt(DurationMs),
  message: Opt(Text),
});
export type Backpressure = MessageOf<typeof BackpressureSchema>;

/** Speech without text. */
export const TtsAudioSchema = Type.Object({
  type: Type.Literal('tts_audio'),
  payload: Base64,
  seq: Opt(Seq),
  utterance_index: Opt(Seq),
  tts_format: Opt(Label),
});
export type TtsAudio = MessageWith<typeof TtsAudioSchema, { payload: WireAudio }>;

/** Known to the web client, never sent. */
export const TranslationSchema = Type.Object({ type: Type.Literal('translation'), text: Text });
export type Translation = MessageOf<typeof TranslationSchema>;

/** Known to the mobile app, never sent. */
export const LanguageDetectedSchema = Type.Object({
  type: Type.Literal('language_detected'),
  session_id: Opt(Id),
  lang: Lang,
  confidence: Opt(Real),
});
export type LanguageDetected = MessageOf<typeof LanguageDetectedSchema>;

/** How far the client's audio has come. Without `received_seq` no chunk has been taken yet. */
const progressFields = {
  session_id: Id,
  received_seq: Opt(Seq),
  received_ms: DurationMs,
  /** All audio before this offset has ended in a delivered outcome. */
  covered_ms: DurationMs,
};

/** Answer to `session_resume`; the client replays audio after `received_seq`. Held results follow. */
export const SessionResumeAckSchema = Type.Object({
  type: Type.Literal('session_resume_ack'),
  ...progressFields,
  resume_token: Id,
  resume_window_ms: Opt(DurationMs),
  next_utterance_index: Seq,
});
export type SessionResumeAck = MessageOf<typeof SessionResumeAckSchema>;

/** At least every second of audio and after each terminal outcome, to clients granted `ack`. */
export const AudioAckSchema = Type.Object({
  type: Type.Literal('audio_ack'),
  ...progressFields,
  /** Chunks that never came, first and last: what was said in them is lost. */
  missing_from_seq: Opt(Seq),
  missing_to_seq: Opt(Seq),
});
export type AudioAck = MessageOf<typeof AudioAckSchema>;

export const NOTICE_KINDS = [
  'queued',
  'capacity',
  'shed',
  'slow_down',
  'limit',
  'node_lost',
  'draining',
  'quality',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What goes on behind the scenes, to clients granted `notices`. */
export const NoticeSchema = Type.Object({
  type: Type.Literal('notice'),
  session_id: Id,
  kind: Type.Enum(NOTICE_KINDS),
  reason: Label,
  utterance_index: Opt(Seq),
  retry_after_ms: Opt(DurationMs),
  /** 1 = next. */
  queue_position: Opt(Uint),
  endpoint: Opt(Text),
  message: Opt(Text),
});
export type Notice = MessageOf<typeof NoticeSchema>;

/** Answer to `session_configure`: the values in effect from the next utterance on. */
export const SessionConfiguredSchema = Type.Object({
  type: Type.Literal('session_configured'),
  session_id: Id,
  src_lang: Lang,
  tgt_lang: Lang,
  endpointing: Opt(EndpointingSchema),
  features: Opt(FeatureFlagsSchema),
});
export type SessionConfigured = MessageOf<typeof SessionConfiguredSchema>;
