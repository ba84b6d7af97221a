import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { Writable } from '../writable.ts';
import type { Attempt } from './job.ts';
import type { CutReason, JobRequest } from './job-request.ts';
import { wireSessionId } from './wire-ids.ts';

type CutFlags = Pick<JobAssign, 'is_manual_cut' | 'is_pause_triggered' | 'is_timeout_triggered'>;
type CutFields = CutFlags & Pick<JobAssign, 'padding_ms'>;

/** All agents answer a manual cut whole, so every cut is one; what we cut ourselves says so beside it [JOB13]. */
const WHOLE_UTTERANCE: Readonly<Record<CutReason, CutFlags>> = {
  manual: { is_manual_cut: true },
  close: { is_manual_cut: true },
  utterance: { is_manual_cut: true },
  pause: { is_manual_cut: true, is_pause_triggered: true },
  gap: { is_manual_cut: true, is_pause_triggered: true },
  max_duration: { is_manual_cut: true, is_pause_triggered: true },
  max_length: { is_manual_cut: true, is_pause_triggered: true },
};

/** As the reference sets them: its silence timer and its limit of duration are "timeout", a late chunk is "pause". */
const AS_REFERENCE: Readonly<Record<CutReason, CutFlags>> = {
  manual: { is_manual_cut: true },
  close: {},
  utterance: {},
  pause: { is_timeout_triggered: true },
  gap: { is_pause_triggered: true },
  max_duration: { is_timeout_triggered: true },
  max_length: {},
};

export const cutFlags = (cut: CutReason, mode: JobRequest['cutFlags']): CutFlags =>
  (mode === 'manual' ? WHOLE_UTTERANCE : AS_REFERENCE)[cut];

/** Fields that a legacy agent would misread: it takes `context_text` for something to translate [JOB12]. */
const addExtendedFields = (assign: Writable<JobAssign>, request: JobRequest, attempt: Attempt): void => {
  if (request.groupId !== undefined) assign.group_id = request.groupId;
  if (request.partIndex !== undefined) assign.part_index = request.partIndex;
  if (request.contextText !== undefined) assign.context_text = request.contextText;
  if (attempt.feed === null) assign.deadline_ms = attempt.deadlineMs;
  assign.audio_offset_ms = Math.round(request.audioStartMs);
};

/** What only some jobs have. */
const addWishes = (assign: Writable<JobAssign>, request: JobRequest): void => {
  if (request.dialect !== undefined) assign.dialect = request.dialect;
  if (request.features !== undefined) assign.features = request.features;
  if (request.mode !== undefined) assign.mode = request.mode;
  if (request.langA !== undefined) assign.lang_a = request.langA;
  if (request.langB !== undefined) assign.lang_b = request.langB;
  if (request.autoLangs !== undefined) assign.auto_langs = request.autoLangs;
};

/** How the audio ended; an open job is told with `audio_end` [CAP3]. */
export const cutFields = ({ paddingMs, cut, cutFlags: mode }: JobRequest): CutFields => {
  const fields: Writable<CutFields> = { ...cutFlags(cut, mode) };
  if (paddingMs !== undefined) fields.padding_ms = paddingMs;
  return fields;
};

/** One attempt as the node gets it. `isRepeat`: the node had this job before and needs other names for it. */
export const assignmentOf = (
  request: JobRequest,
  attempt: Attempt,
  node: { readonly isLegacy: boolean; readonly isRepeat: boolean },
): JobAssign => {
  const assign: Writable<JobAssign> = {
    type: 'job_assign',
    job_id: attempt.wireJobId,
    attempt_id: attempt.attemptId,
    session_id: wireSessionId(request.sessionId, attempt.attemptId, node.isRepeat),
    utterance_index: request.utteranceIndex,
    src_lang: request.srcLang,
    tgt_lang: request.tgtLang,
    pipeline: request.pipeline,
    audio: attempt.feed === null ? request.audio : [...request.audio],
    audio_format: request.encoding,
    sample_rate: request.sampleRateHz,
    enable_streaming_asr: true,
    partial_update_interval_ms: 1000,
    trace_id: request.traceId,
  };
  addWishes(assign, request);
  if (attempt.feed === null) Object.assign(assign, cutFields(request));
  else assign.open = true;
  if (!node.isLegacy) addExtendedFields(assign, request, attempt);
  return assign;
};
