import { Type } from 'typebox';
import type { AudioPiece } from './audio.ts';
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
import { AudioEncodingSchema } from './session-client-messages.ts';
import { FeatureFlagsSchema, PipelineSchema } from './shapes.ts';

export const NODE_STATUSES = ['registering', 'ready', 'degraded', 'draining', 'offline'] as const;
export type NodeStatusWord = (typeof NODE_STATUSES)[number];

/** The node is known from now on. `features` = granted ones of `capabilities.ts`. */
export const NodeRegisterAckSchema = Type.Object({
  type: Type.Literal('node_register_ack'),
  node_id: Id,
  message: Text,
  status: Type.Enum(NODE_STATUSES),
  features: Opt(listOf(Label, CAPABILITIES_COUNT_MAX)),
  ack_timeout_ms: Opt(DurationMs),
});
export type NodeRegisterAck = MessageOf<typeof NodeRegisterAckSchema>;

/** `timestamp` in epoch SECONDS. `code` and `fix`: why you are idle, what to do. */
export const NodeStatusSchema = Type.Object({
  type: Type.Literal('node_status'),
  node_id: Id,
  status: Type.Enum(NODE_STATUSES),
  reason: Opt(Text),
  timestamp: InstantMs,
  code: Opt(Label),
  fix: Opt(Text),
});
export type NodeStatus = MessageOf<typeof NodeStatusSchema>;

/** How the audio of a job was cut. A flag that is false is left out. */
const cutFields = {
  padding_ms: Opt(DurationMs),
  is_manual_cut: Opt(Flag),
  is_pause_triggered: Opt(Flag),
  is_timeout_triggered: Opt(Flag),
};

/** One attempt at one utterance. `audio`: pieces in order, concatenated on the wire. */
export const JobAssignSchema = Type.Object({
  type: Type.Literal('job_assign'),
  job_id: Id,
  attempt_id: Uint,
  session_id: Id,
  utterance_index: Seq,
  src_lang: Lang,
  tgt_lang: Lang,
  dialect: Opt(Label),
  features: Opt(FeatureFlagsSchema),
  pipeline: PipelineSchema,
  audio: Base64,
  audio_format: AudioEncodingSchema,
  sample_rate: SampleRateHz,
  mode: Opt(Label),
  lang_a: Opt(Lang),
  lang_b: Opt(Lang),
  auto_langs: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  enable_streaming_asr: Opt(Flag),
  partial_update_interval_ms: Opt(DurationMs),
  trace_id: Id,
  ...cutFields,
  group_id: Opt(Id),
  part_index: Opt(Uint),
  context_text: Opt(Text),
  /** Time left for the attempt, from the receipt of this message. */
  deadline_ms: Opt(DurationMs),
  tgt_langs: Opt(listOf(Lang, LANGUAGES_COUNT_MAX)),
  /** The audio is not complete: `audio_append` and `audio_end` follow. */
  open: Opt(Flag),
  /** Where the audio begins in what was accepted of its speaker: the axis of `audio_start_ms`. */
  audio_offset_ms: Opt(DurationMs),
});
export type JobAssign = MessageWith<typeof JobAssignSchema, { audio: readonly AudioPiece[] }>;

/** Stop that job; no attempt named = all of them. */
export const JobCancelSchema = Type.Object({
  type: Type.Literal('job_cancel'),
  job_id: Id,
  trace_id: Opt(Id),
  reason: Opt(Text),
  attempt_id: Opt(Uint),
});
export type JobCancel = MessageOf<typeof JobCancelSchema>;

export const NODE_COMMANDS = ['drain', 'undrain', 'shutdown', 'reregister'] as const;
export type NodeCommand = (typeof NODE_COMMANDS)[number];

export const NodeControlSchema = Type.Object({
  type: Type.Literal('node_control'),
  command: Type.Enum(NODE_COMMANDS),
  deadline_ms: Opt(DurationMs),
  reason: Opt(Text),
});
export type NodeControl = MessageOf<typeof NodeControlSchema>;

/** Six digits, single use, for a person to read out. */
export const PairingCodeSchema = Type.Object({ type: Type.Literal('pairing_code'), code: Id });
export type PairingCode = MessageOf<typeof PairingCodeSchema>;

/** More audio of an open job; `seq` counts from 1 after the assignment. */
export const AudioAppendSchema = Type.Object({
  type: Type.Literal('audio_append'),
  job_id: Id,
  attempt_id: Uint,
  seq: Seq,
  audio: Base64,
  audio_format: AudioEncodingSchema,
  sample_rate: SampleRateHz,
});
export type AudioAppend = MessageWith<typeof AudioAppendSchema, { audio: readonly AudioPiece[] }>;

/** The open job's audio is complete. */
export const AudioEndSchema = Type.Object({
  type: Type.Literal('audio_end'),
  job_id: Id,
  attempt_id: Uint,
  seq: Seq,
  ...cutFields,
});
export type AudioEnd = MessageOf<typeof AudioEndSchema>;
