import type { Endpointing, ExtraResult, FeatureFlags } from '#protocol/shapes.ts';
import { decodeBase64 } from './base64.ts';
import {
  asFields,
  countOf,
  type Fields,
  flagOf,
  numberOf,
  parseFields,
  stringOf,
  stringsOf,
} from './fields.ts';
import type { Configuration } from './session.ts';
import type { SessionEvent } from './session-event.ts';
import type { ResultAudio, SessionResult } from './session-result.ts';

/** What the server granted. */
export interface InitAck {
  readonly sessionId: string;
  readonly traceId: string | null;
  readonly capabilities: readonly string[];
  readonly assignedNodeId: string | null;
  /** Effective cutting rules, where the server tells them. */
  readonly endpointing: Endpointing | null;
  /** Single use; null = this session does not outlive its socket. */
  readonly resumeToken: string | null;
  readonly usesBinaryFrames: boolean;
}

/** How far the server has come with our audio; `receivedSeq` null = it has none. */
export interface AudioProgress {
  readonly receivedSeq: number | null;
  readonly receivedMs: number;
  readonly coveredMs: number;
}

/** The session goes on, on this socket. */
export interface ResumeAck extends AudioProgress {
  readonly sessionId: string;
  readonly resumeToken: string | null;
}

/** A text frame of the server as the session sees it. */
export type ServerFrame =
  | { readonly kind: 'initAck'; readonly ack: InitAck }
  | { readonly kind: 'resumeAck'; readonly ack: ResumeAck }
  | { readonly kind: 'audioAck'; readonly progress: AudioProgress }
  | { readonly kind: 'configured'; readonly configuration: Configuration }
  | { readonly kind: 'result'; readonly result: SessionResult }
  | { readonly kind: 'event'; readonly event: SessionEvent }
  | { readonly kind: 'backpressure'; readonly resumeAfterMs: number }
  | { readonly kind: 'closeAck' }
  | { readonly kind: 'heartbeat' }
  /** Malformed, or a type that this version does not know. */
  | { readonly kind: 'ignored' };

const IGNORED: ServerFrame = { kind: 'ignored' };
/** What the protocol says when the server leaves it out. */
const RESUME_AFTER_MS_DEFAULT = 5_000;

/** Never throws. By hand instead of by schema: a validator would be most of a page's script [SDK14]. */
export const readServerFrame = (text: string): ServerFrame => {
  const fields = parseFields(text);
  if (fields === null) return IGNORED;
  switch (fields.type) {
    case 'session_init_ack':
      return readInitAck(fields);
    case 'session_resume_ack':
      return readResumeAck(fields);
    case 'audio_ack':
      return { kind: 'audioAck', progress: audioProgress(fields) };
    case 'session_configured':
      return readConfigured(fields);
    case 'translation_result':
      return readTranslation(fields);
    case 'missing_result':
      return readMissing(fields);
    case 'asr_partial':
      return readPartial(fields);
    case 'ui_event':
      return readProgress(fields);
    case 'notice':
      return readNotice(fields);
    case 'error':
      return readError(fields);
    case 'backpressure':
      return {
        kind: 'backpressure',
        resumeAfterMs: Math.max(0, numberOf(fields.resume_after_ms) ?? RESUME_AFTER_MS_DEFAULT),
      };
    case 'session_close_ack':
      return { kind: 'closeAck' };
    case 'server_heartbeat':
      return { kind: 'heartbeat' };
    default:
      return IGNORED;
  }
};

const readInitAck = (fields: Fields): ServerFrame => {
  const sessionId = stringOf(fields.session_id);
  if (sessionId === null) return IGNORED;
  const ack: InitAck = {
    sessionId,
    traceId: stringOf(fields.trace_id),
    capabilities: stringsOf(fields.capabilities),
    assignedNodeId: stringOf(fields.assigned_node_id),
    endpointing: asFields(fields.endpointing) as Endpointing | null,
    resumeToken: stringOf(fields.resume_token),
    usesBinaryFrames: flagOf(fields.use_binary_frame) ?? false,
  };
  return { kind: 'initAck', ack };
};

const audioProgress = (fields: Fields): AudioProgress => ({
  receivedSeq: countOf(fields.received_seq),
  receivedMs: numberOf(fields.received_ms) ?? 0,
  coveredMs: numberOf(fields.covered_ms) ?? 0,
});

const readResumeAck = (fields: Fields): ServerFrame => {
  const sessionId = stringOf(fields.session_id);
  if (sessionId === null) return IGNORED;
  return {
    kind: 'resumeAck',
    ack: { sessionId, resumeToken: stringOf(fields.resume_token), ...audioProgress(fields) },
  };
};

const readConfigured = (fields: Fields): ServerFrame => {
  const srcLang = stringOf(fields.src_lang);
  const tgtLang = stringOf(fields.tgt_lang);
  if (srcLang === null || tgtLang === null) return IGNORED;
  const configuration: Configuration = {
    srcLang,
    tgtLang,
    endpointing: asFields(fields.endpointing) as Endpointing | null,
    features: asFields(fields.features) as FeatureFlags | null,
  };
  return { kind: 'configured', configuration };
};

const outcomeFields = (fields: Fields, index: number) => ({
  index,
  speakerSessionId: stringOf(fields.speaker_session_id) ?? stringOf(fields.session_id) ?? '',
  traceId: stringOf(fields.trace_id),
  deliverySeq: countOf(fields.delivery_seq),
  audioStartMs: numberOf(fields.audio_start_ms),
  audioEndMs: numberOf(fields.audio_end_ms),
  attempts: countOf(fields.attempts),
  queuedMs: numberOf(fields.queued_ms),
});

const readTranslation = (fields: Fields): ServerFrame => {
  const index = countOf(fields.utterance_index);
  if (index === null) return IGNORED;
  const result: SessionResult = {
    kind: 'translated',
    ...outcomeFields(fields, index),
    text: stringOf(fields.text_asr) ?? '',
    translated: stringOf(fields.text_translated) ?? '',
    audio: readAudio(fields),
    jobId: stringOf(fields.job_id) ?? '',
    groupId: stringOf(fields.group_id),
    partIndex: countOf(fields.part_index),
    timings: {
      service: asFields(fields.service_timings) ?? {},
      network: asFields(fields.network_timings) ?? {},
      sentAtMs: numberOf(fields.scheduler_sent_at_ms),
    },
    extra: asFields(fields.extra) as ExtraResult | null,
  };
  return { kind: 'result', result };
};

/** Speech that cannot be decoded is no speech: the texts are still worth showing. */
const readAudio = (fields: Fields): ResultAudio | null => {
  const bytes = decodeBase64(stringOf(fields.tts_audio) ?? '');
  if (bytes === null || bytes.length === 0) return null;
  return { format: stringOf(fields.tts_format) ?? 'pcm16', bytes };
};

const readMissing = (fields: Fields): ServerFrame => {
  const index = countOf(fields.utterance_index);
  if (index === null) return IGNORED;
  const reason = stringOf(fields.reason) ?? 'timeout';
  return { kind: 'result', result: { kind: 'missing', ...outcomeFields(fields, index), reason } };
};

const readPartial = (fields: Fields): ServerFrame => {
  const index = countOf(fields.utterance_index);
  const text = stringOf(fields.text);
  if (index === null || text === null) return IGNORED;
  return asEvent({
    kind: 'partial',
    index,
    text,
    isFinal: flagOf(fields.is_final) ?? false,
    revision: countOf(fields.revision),
    settled: stringOf(fields.settled),
    tentative: stringOf(fields.tentative),
  });
};

const readProgress = (fields: Fields): ServerFrame => {
  const index = countOf(fields.utterance_index);
  const step = stringOf(fields.event);
  if (index === null || step === null) return IGNORED;
  return asEvent({
    kind: 'progress',
    index,
    step,
    jobId: stringOf(fields.job_id) ?? '',
    status: stringOf(fields.status) ?? 'ok',
    elapsedMs: numberOf(fields.elapsed_ms),
    errorCode: stringOf(fields.error_code),
  });
};

const readNotice = (fields: Fields): ServerFrame => {
  const notice = stringOf(fields.kind);
  if (notice === null) return IGNORED;
  return asEvent({
    kind: 'notice',
    notice,
    reason: stringOf(fields.reason) ?? '',
    index: countOf(fields.utterance_index),
    retryAfterMs: numberOf(fields.retry_after_ms),
    queuePosition: countOf(fields.queue_position),
    message: stringOf(fields.message),
  });
};

const readError = (fields: Fields): ServerFrame => {
  const code = stringOf(fields.code);
  if (code === null) return IGNORED;
  return asEvent({
    kind: 'error',
    code,
    message: stringOf(fields.message) ?? '',
    index: countOf(fields.utterance_index),
    field: stringOf(asFields(fields.details)?.field),
    isRetryable: flagOf(fields.retryable),
    retryAfterMs: numberOf(fields.retry_after_ms),
  });
};

const asEvent = (event: SessionEvent): ServerFrame => ({ kind: 'event', event });
