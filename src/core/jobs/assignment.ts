import type { JobAssign } from '#protocol/node-server-messages.ts';
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

/** How the audio ended; an open job is told with `audio_end` [CAP3]. */
export const cutFields = ({ paddingMs, cut, cutFlags: mode }: JobRequest): CutFields => ({
  ...(paddingMs === undefined ? {} : { padding_ms: paddingMs }),
  ...cutFlags(cut, mode),
});

const given = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });

/** Fields that a legacy agent would misread: it takes `context_text` for something to translate [JOB12]. */
const extendedFields = (request: JobRequest, attempt: Attempt): Partial<JobAssign> => ({
  ...given('group_id', request.groupId),
  ...given('part_index', request.partIndex),
  ...given('context_text', request.contextText),
  ...given('deadline_ms', attempt.feed === null ? attempt.deadlineMs : undefined),
});

/** One attempt as the node gets it. `isRepeat`: the node had this job before and needs other names for it. */
export const assignmentOf = (
  request: JobRequest,
  attempt: Attempt,
  node: { readonly isLegacy: boolean; readonly isRepeat: boolean },
): JobAssign => ({
  type: 'job_assign',
  job_id: attempt.wireJobId,
  attempt_id: attempt.attemptId,
  session_id: wireSessionId(request.sessionId, attempt.attemptId, node.isRepeat),
  utterance_index: request.utteranceIndex,
  src_lang: request.srcLang,
  tgt_lang: request.tgtLang,
  ...given('dialect', request.dialect),
  ...given('features', request.features),
  pipeline: request.pipeline,
  audio: attempt.feed === null ? request.audio : [...request.audio],
  audio_format: request.encoding,
  sample_rate: request.sampleRateHz,
  ...given('mode', request.mode),
  ...given('lang_a', request.langA),
  ...given('lang_b', request.langB),
  ...given('auto_langs', request.autoLangs),
  enable_streaming_asr: true,
  partial_update_interval_ms: 1000,
  trace_id: request.traceId,
  ...(attempt.feed === null ? cutFields(request) : { open: true }),
  ...(node.isLegacy ? {} : extendedFields(request, attempt)),
});
