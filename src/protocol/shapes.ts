import { Type } from 'typebox';
import {
  DurationMs,
  Flag,
  FlagByKey,
  FlooredUint,
  Id,
  Label,
  Lang,
  listOf,
  type MessageOf,
  NumberByKey,
  Opt,
  Real,
  RoundedUint,
  Text,
  Uint,
} from './field-kinds.ts';
import {
  GPUS_COUNT_MAX,
  LANGUAGE_PAIRS_COUNT_MAX,
  LANGUAGES_COUNT_MAX,
  MODELS_COUNT_MAX,
  SERVICES_COUNT_MAX,
} from './limits.ts';

/** What a speaker wants to be done beside translating. */
export const FeatureFlagsSchema = Type.Object({
  emotion_detection: Opt(Flag),
  voice_style_detection: Opt(Flag),
  speech_rate_detection: Opt(Flag),
  speech_rate_control: Opt(Flag),
  speaker_identification: Opt(Flag),
  persona_adaptation: Opt(Flag),
});
export type FeatureFlags = MessageOf<typeof FeatureFlagsSchema>;

/** Time spent in each service, milliseconds. */
export const ServiceTimingsSchema = Type.Object({
  asr_ms: Opt(DurationMs),
  nmt_ms: Opt(DurationMs),
  tts_ms: Opt(DurationMs),
  total_ms: Opt(DurationMs),
});
export type ServiceTimings = MessageOf<typeof ServiceTimingsSchema>;

/** Time spent on each leg of the way, milliseconds. */
export const NetworkTimingsSchema = Type.Object({
  web_to_scheduler_ms: Opt(DurationMs),
  scheduler_to_node_ms: Opt(DurationMs),
  node_to_scheduler_ms: Opt(DurationMs),
  scheduler_to_web_ms: Opt(DurationMs),
});
export type NetworkTimings = MessageOf<typeof NetworkTimingsSchema>;

const extraResultFields = {
  emotion: Opt(Text),
  speech_rate: Opt(Real),
  voice_style: Opt(Text),
  service_timings: Opt(ServiceTimingsSchema),
  /** 0 to 1. */
  language_probability: Opt(Real),
  language_probabilities: Opt(NumberByKey),
};
/** What listeners get beside the texts; other keys of a node are dropped on the way through. */
export const ExtraResultSchema = Type.Object(extraResultFields);
export type ExtraResult = MessageOf<typeof ExtraResultSchema>;

/** What nodes send: `reason` (`ASR_EMPTY`, `NO_TEXT_ASSIGNED`) is for us alone. */
export const NodeExtraResultSchema = Type.Object({ ...extraResultFields, reason: Opt(Text) });
export type NodeExtraResult = MessageOf<typeof NodeExtraResultSchema>;

/** `max_gap` and `avg_duration` in seconds. */
export const SegmentsMetaSchema = Type.Object({ count: Uint, max_gap: Real, avg_duration: Real });
export type SegmentsMeta = MessageOf<typeof SegmentsMetaSchema>;

export const ASR_QUALITY_LEVELS = ['good', 'suspect', 'bad'] as const;
export type AsrQualityLevel = (typeof ASR_QUALITY_LEVELS)[number];
export const AsrQualityLevelSchema = Type.Enum(ASR_QUALITY_LEVELS, { 'x-unknown': 'drop' });

/** One member of a room; `participant_id` = `session_id`, `joined_at` = RFC 3339. */
export const ParticipantSchema = Type.Object({
  participant_id: Id,
  session_id: Id,
  display_name: Opt(Label),
  preferred_lang: Opt(Lang),
  /** My wish per other session id: false = I do not want that one's raw voice. */
  raw_voice_preferences: FlagByKey,
  joined_at: Label,
});
export type Participant = MessageOf<typeof ParticipantSchema>;

/** Wished or effective cutting rules of one session; the server clamps wishes to its limits. */
export const EndpointingSchema = Type.Object({
  pause_ms: Opt(DurationMs),
  max_duration_ms: Opt(DurationMs),
  min_utterance_ms: Opt(DurationMs),
  manual_only: Opt(Flag),
});
export type Endpointing = MessageOf<typeof EndpointingSchema>;

/** Which services a job runs through. */
export const PipelineSchema = Type.Object({
  use_asr: Flag,
  use_nmt: Flag,
  use_tts: Flag,
  use_tone: Opt(Flag),
  use_semantic: Opt(Flag),
});
export type Pipeline = MessageOf<typeof PipelineSchema>;

export const SERVICE_TYPES = ['asr', 'nmt', 'tts', 'tone'] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];
export const SERVICE_STATUSES = ['running', 'stopped', 'error'] as const;
export type ServiceStatus = (typeof SERVICE_STATUSES)[number];
export const SERVICE_DEVICES = ['gpu', 'cpu'] as const;
export type ServiceDevice = (typeof SERVICE_DEVICES)[number];

export const InstalledModelSchema = Type.Object({
  model_id: Label,
  kind: Label,
  src_lang: Opt(Lang),
  tgt_lang: Opt(Lang),
  dialect: Opt(Label),
  version: Label,
  enabled: Opt(Flag),
});
export type InstalledModel = MessageOf<typeof InstalledModelSchema>;
export const InstalledModelsSchema = listOf(InstalledModelSchema, MODELS_COUNT_MAX);

export const InstalledServiceSchema = Type.Object({
  service_id: Label,
  type: Type.Enum(SERVICE_TYPES),
  device: Type.Enum(SERVICE_DEVICES),
  status: Type.Enum(SERVICE_STATUSES),
  version: Opt(Label),
  model_id: Opt(Label),
  engine: Opt(Label),
  mem_mb: Opt(FlooredUint),
  warmup_ms: Opt(DurationMs),
  last_error: Opt(Text),
});
export type InstalledService = MessageOf<typeof InstalledServiceSchema>;
export const InstalledServicesSchema = listOf(InstalledServiceSchema, SERVICES_COUNT_MAX, {
  'x-skip-unknown': true,
});

export const CapabilityByTypeSchema = Type.Object({
  type: Type.Enum(SERVICE_TYPES),
  ready: Flag,
  reason: Opt(Label),
  ready_impl_ids: Opt(listOf(Label, SERVICES_COUNT_MAX)),
});
export type CapabilityByType = MessageOf<typeof CapabilityByTypeSchema>;
export const CapabilitiesByTypeSchema = listOf(CapabilityByTypeSchema, SERVICES_COUNT_MAX, {
  'x-skip-unknown': true,
});

export const GpuSchema = Type.Object({ name: Label, memory_gb: FlooredUint });
export type Gpu = MessageOf<typeof GpuSchema>;

export const HardwareSchema = Type.Object({
  cpu_cores: RoundedUint,
  memory_gb: FlooredUint,
  gpus: Opt(listOf(GpuSchema, GPUS_COUNT_MAX)),
});
export type Hardware = MessageOf<typeof HardwareSchema>;

/** Load of a node, percent 0 to 100. Absent = unknown: a reading that failed must not lose the heartbeat. */
export const ResourceUsageSchema = Type.Object({
  cpu_percent: Opt(Real),
  gpu_percent: Opt(Real),
  gpu_mem_percent: Opt(Real),
  mem_percent: Opt(Real),
  running_jobs: Opt(RoundedUint),
  gpu_queue_length: Opt(RoundedUint),
});
export type ResourceUsage = MessageOf<typeof ResourceUsageSchema>;

/** One direction of translation; `*` stands for any language. */
export const LanguagePairSchema = Type.Object({ src: Lang, tgt: Lang });
export type LanguagePair = MessageOf<typeof LanguagePairSchema>;
export const LanguagePairsSchema = listOf(LanguagePairSchema, LANGUAGE_PAIRS_COUNT_MAX);

/** The newer agents' way to say the same. */
export const LanguageCapabilitiesSchema = Type.Object({
  asr_languages: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  tts_languages: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  semantic_languages: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  semantic_core_ready: Opt(Flag),
});
export type LanguageCapabilities = MessageOf<typeof LanguageCapabilitiesSchema>;

/** Running totals since the agent started. */
export const RerunMetricsSchema = Type.Object({
  totalReruns: Opt(Uint),
  successfulReruns: Opt(Uint),
  failedReruns: Opt(Uint),
  timeoutReruns: Opt(Uint),
  qualityImprovements: Opt(Uint),
});
export type RerunMetrics = MessageOf<typeof RerunMetricsSchema>;

export const AsrMetricsSchema = Type.Object({ processingEfficiency: Opt(Real) });
export type AsrMetrics = MessageOf<typeof AsrMetricsSchema>;

/** Seconds of audio (or the like) worked off per second, by service id. */
export const ProcessingMetricsSchema = Type.Object({ serviceEfficiencies: NumberByKey });
export type ProcessingMetrics = MessageOf<typeof ProcessingMetricsSchema>;
