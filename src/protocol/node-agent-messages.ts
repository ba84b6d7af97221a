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
import {
  AsrMetricsSchema,
  AsrQualityLevelSchema,
  CapabilitiesByTypeSchema,
  FeatureFlagsSchema,
  HardwareSchema,
  InstalledModelsSchema,
  InstalledServicesSchema,
  LanguageCapabilitiesSchema,
  LanguagePairsSchema,
  NodeExtraResultSchema,
  ProcessingMetricsSchema,
  RerunMetricsSchema,
  ResourceUsageSchema,
  SegmentsMetaSchema,
} from './shapes.ts';

/** What a node may say about itself both when it registers and in any heartbeat. */
const capacityFields = {
  max_concurrent_jobs: Opt(Uint),
  language_pairs: Opt(LanguagePairsSchema),
  language_capabilities: Opt(LanguageCapabilitiesSchema),
};

/** Answered by `node_register_ack`, or by `error` and a delayed close. */
export const NodeRegisterSchema = Type.Object({
  type: Type.Literal('node_register'),
  node_id: Opt(Id),
  version: Label,
  capability_schema_version: Opt(Label),
  platform: Label,
  hardware: HardwareSchema,
  installed_models: InstalledModelsSchema,
  installed_services: Opt(InstalledServicesSchema),
  capability_by_type: CapabilitiesByTypeSchema,
  features_supported: FeatureFlagsSchema,
  /** By the names of `capabilities.ts`; unknown ones are ignored. */
  advanced_features: Opt(listOf(Label, CAPABILITIES_COUNT_MAX)),
  accept_public_jobs: Flag,
  ...capacityFields,
});
export type NodeRegister = MessageOf<typeof NodeRegisterSchema>;

/** `installed_models` absent = keep the old list; the other two lists replace. */
export const NodeHeartbeatSchema = Type.Object({
  type: Type.Literal('node_heartbeat'),
  node_id: Id,
  timestamp: InstantMs,
  resource_usage: ResourceUsageSchema,
  installed_models: Opt(InstalledModelsSchema),
  installed_services: InstalledServicesSchema,
  capability_by_type: CapabilitiesByTypeSchema,
  rerun_metrics: Opt(RerunMetricsSchema),
  asr_metrics: Opt(AsrMetricsSchema),
  processing_metrics: Opt(ProcessingMetricsSchema),
  ...capacityFields,
});
export type NodeHeartbeat = MessageOf<typeof NodeHeartbeatSchema>;

const attemptFields = { job_id: Id, attempt_id: Uint, node_id: Id };

/** The node has the job. */
export const JobAckSchema = Type.Object({
  type: Type.Literal('job_ack'),
  ...attemptFields,
  session_id: Id,
  trace_id: Id,
});
export type JobAck = MessageOf<typeof JobAckSchema>;

/** The node works on the job. */
export const JobStartedSchema = Type.Object({
  type: Type.Literal('job_started'),
  ...attemptFields,
  session_id: Id,
  trace_id: Id,
});
export type JobStarted = MessageOf<typeof JobStartedSchema>;

/** Text of a job that still runs. */
export const NodeAsrPartialSchema = Type.Object({
  type: Type.Literal('asr_partial'),
  job_id: Id,
  node_id: Id,
  session_id: Id,
  utterance_index: Seq,
  text: Text,
  is_final: Flag,
  trace_id: Id,
  attempt_id: Opt(Uint),
  revision: Opt(Uint),
  settled: Opt(Text),
  tentative: Opt(Text),
});
export type NodeAsrPartial = MessageOf<typeof NodeAsrPartialSchema>;

/** What a node says went wrong with a job. */
export const JobErrorSchema = Type.Object({ code: Label, message: Text, details: Opt(Json) });
export type JobError = MessageOf<typeof JobErrorSchema>;

/** The end of an attempt. `tgt_lang` names the language of a `multi_target` job's part. */
export const JobResultSchema = Type.Object({
  type: Type.Literal('job_result'),
  ...attemptFields,
  session_id: Id,
  utterance_index: Seq,
  success: Flag,
  text_asr: Opt(Text),
  text_translated: Opt(Text),
  tts_audio: Opt(Base64),
  tts_format: Opt(Label),
  extra: Opt(NodeExtraResultSchema),
  processing_time_ms: Opt(DurationMs),
  error: Opt(JobErrorSchema),
  trace_id: Id,
  /** Ignored: the server makes its own groups. */
  group_id: Opt(Id),
  part_index: Opt(Uint),
  node_completed_at_ms: Opt(InstantMs),
  asr_quality_level: Opt(AsrQualityLevelSchema),
  reason_codes: Opt(listOf(Label, REASON_CODES_COUNT_MAX)),
  quality_score: Opt(Real),
  rerun_count: Opt(Uint),
  segments_meta: Opt(SegmentsMetaSchema),
  tgt_lang: Opt(Lang),
});
export type JobResult = MessageWith<typeof JobResultSchema, { tts_audio?: WireAudio }, 'tts_audio'>;

/** Trouble of the node that belongs to no job. Logged only. */
export const NodeErrorSchema = Type.Object({
  type: Type.Literal('node_error'),
  node_id: Id,
  code: Label,
  message: Text,
  details: Opt(Json),
});
export type NodeError = MessageOf<typeof NodeErrorSchema>;

/** Answered by `pairing_code`. */
export const RequestPairingCodeSchema = Type.Object({ type: Type.Literal('request_pairing_code') });
export type RequestPairingCode = MessageOf<typeof RequestPairingCodeSchema>;

export const JOB_REJECT_REASONS = ['full', 'draining', 'unsupported', 'overloaded'] as const;
export type JobRejectReason = (typeof JOB_REJECT_REASONS)[number];

/** The node will not take the job; its true counts. An unknown reason counts as `overloaded`. */
export const JobRejectSchema = Type.Object({
  type: Type.Literal('job_reject'),
  ...attemptFields,
  reason: Type.Enum(JOB_REJECT_REASONS, { 'x-unknown': 'overloaded' }),
  running_jobs: Uint,
  free_slots: Uint,
});
export type JobReject = MessageOf<typeof JobRejectSchema>;

export const JOB_STAGES = ['asr', 'nmt', 'tts', 'other'] as const;
export type JobStage = (typeof JOB_STAGES)[number];

/** Sign of life of a running job; an unknown stage counts as `other`. */
export const JobProgressSchema = Type.Object({
  type: Type.Literal('job_progress'),
  ...attemptFields,
  stage: Type.Enum(JOB_STAGES, { 'x-unknown': 'other' }),
  percent: Opt(Real),
});
export type JobProgress = MessageOf<typeof JobProgressSchema>;

/** Answer to `job_cancel`: the attempt no longer runs, its slot is free. */
export const JobCancelledSchema = Type.Object({
  type: Type.Literal('job_cancelled'),
  job_id: Id,
  attempt_id: Uint,
  node_id: Opt(Id),
});
export type JobCancelled = MessageOf<typeof JobCancelledSchema>;

/** The node asks to be drained: send nothing more, let run. */
export const NodeDrainSchema = Type.Object({
  type: Type.Literal('node_drain'),
  node_id: Id,
  deadline_ms: Opt(DurationMs),
  reason: Opt(Text),
});
export type NodeDrain = MessageOf<typeof NodeDrainSchema>;
