import type { SessionId } from '#protocol/ids.ts';
import type { SessionServerMessage } from '#protocol/messages.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { legacyMissingReason, type MissingReason } from '#protocol/reasons.ts';
import type { MissingResult, TranslationResult } from '#protocol/session-server-messages.ts';
import type { ExtraResult, NetworkTimings, NodeExtraResult, ServiceTimings } from '#protocol/shapes.ts';
import type { Now } from '../clock.ts';
import type { JobOutcome, JobTimes } from '../jobs/job-outcome.ts';
import type { GroupPlace } from './groups.ts';
import type { ResultSlot } from './results.ts';
import { type UiEventPlace, uiError, uiEvent } from './ui-event.ts';
import { utteranceError } from './utterance-error.ts';

/** How one outcome is told to one listener. */
export interface Delivery {
  readonly sessionId: SessionId;
  readonly slot: ResultSlot;
  readonly outcome: JobOutcome;
  /** For results in which speech was recognised. */
  readonly place: GroupPlace | null;
  /** Gets the reference's words for why a result is missing. */
  readonly isLegacy: boolean;
  /** Was granted `errors`. */
  readonly wantsErrors: boolean;
  /** Null for listeners who asked for nothing that needs it. */
  readonly deliverySeq: number | null;
}

type Optional<Key extends string, Value> = { readonly [K in Key]?: Value };
const given = <Key extends string, Value>(key: Key, value: Value | undefined): Optional<Key, Value> =>
  value === undefined ? {} : ({ [key]: value } as Optional<Key, Value>);

/** A leg that took no time, or less, was measured by clocks that disagree: it is left out. */
const leg = <Key extends keyof NetworkTimings>(key: Key, ms: number | undefined): Optional<Key, number> =>
  ms !== undefined && ms > 0 ? given(key, ms) : {};

/** Each leg by the clocks of its two ends; the first one of this utterance alone [SES19]. */
const networkTimingsOf = (slot: ResultSlot, result: JobResult, times: JobTimes): NetworkTimings => {
  const { dispatchedWallMs, createdWallMs, endedWallMs } = times;
  const completedWallMs = result.node_completed_at_ms;
  return {
    ...leg('web_to_scheduler_ms', slot.facts.uplinkMs),
    ...leg(
      'scheduler_to_node_ms',
      dispatchedWallMs === undefined ? undefined : dispatchedWallMs - createdWallMs,
    ),
    ...leg('node_to_scheduler_ms', completedWallMs === undefined ? undefined : endedWallMs - completedWallMs),
  };
};

const serviceTimingsOf = ({ extra, processing_time_ms }: JobResult): ServiceTimings | undefined =>
  extra?.service_timings ?? (processing_time_ms === undefined ? undefined : { total_ms: processing_time_ms });

/** Nodes send dozens of keys; listeners get the ones that mean something to them. */
const knownExtra = (extra: NodeExtraResult): ExtraResult => ({
  ...given('emotion', extra.emotion),
  ...given('speech_rate', extra.speech_rate),
  ...given('voice_style', extra.voice_style),
  ...given('service_timings', extra.service_timings),
  ...given('language_probability', extra.language_probability),
  ...given('language_probabilities', extra.language_probabilities),
});

const deliveryFields = ({ deliverySeq, slot, outcome }: Delivery) =>
  deliverySeq === null
    ? {}
    : {
        delivery_seq: deliverySeq,
        audio_start_ms: Math.round(slot.facts.audioStartMs),
        audio_end_ms: Math.round(slot.facts.audioEndMs),
        attempts: outcome.times.attempts,
        queued_ms: outcome.times.queuedMs,
      };

const FORMAT_WITHOUT_NAME = 'pcm16';

const translationResult = (delivery: Delivery, result: JobResult, now: Now): TranslationResult => {
  const { slot, outcome, place } = delivery;
  const { extra, tts_audio } = result;
  const wasDispatched = outcome.times.dispatchedWallMs !== undefined;
  return {
    type: 'translation_result',
    session_id: delivery.sessionId,
    utterance_index: slot.index,
    job_id: slot.jobId,
    text_asr: result.text_asr ?? '',
    text_translated: result.text_translated ?? '',
    tts_audio: tts_audio === undefined || tts_audio.rawBytes === 0 ? null : tts_audio,
    tts_format: result.tts_format ?? FORMAT_WITHOUT_NAME,
    ...given('extra', extra === undefined ? undefined : knownExtra(extra)),
    trace_id: slot.facts.traceId,
    ...given('group_id', place?.groupId),
    ...given('part_index', place?.partIndex),
    ...given('service_timings', serviceTimingsOf(result)),
    ...given('network_timings', wasDispatched ? networkTimingsOf(slot, result, outcome.times) : undefined),
    scheduler_sent_at_ms: now.wallMs,
    ...given('asr_quality_level', result.asr_quality_level),
    ...given('reason_codes', result.reason_codes),
    ...given('quality_score', result.quality_score),
    ...given('rerun_count', result.rerun_count),
    ...given('segments_meta', result.segments_meta),
    ...deliveryFields(delivery),
  };
};

const missingResult = (delivery: Delivery, reason: MissingReason, now: Now): MissingResult => ({
  type: 'missing_result',
  session_id: delivery.sessionId,
  utterance_index: delivery.slot.index,
  reason: delivery.isLegacy ? legacyMissingReason(reason) : reason,
  created_at_ms: now.wallMs,
  trace_id: delivery.slot.facts.traceId,
  ...deliveryFields(delivery),
});

/** What a listener is told of one utterance: the steps first, the outcome last [SES17, SES18]. */
export const messagesOf = (delivery: Delivery, now: Now): readonly SessionServerMessage[] => {
  const { slot, outcome } = delivery;
  const place: UiEventPlace = {
    sessionId: delivery.sessionId,
    traceId: slot.facts.traceId,
    jobId: slot.jobId,
    utteranceIndex: slot.index,
  };
  const elapsedMs = Math.round(now.atMs - slot.openedAtMs);
  switch (outcome.kind) {
    case 'result': {
      const { text_asr = '', text_translated = '' } = outcome.result;
      return [
        ...(text_asr === '' ? [] : [uiEvent(place, 'ASR_FINAL', elapsedMs)]),
        ...(text_translated === '' ? [] : [uiEvent(place, 'NMT_DONE', elapsedMs)]),
        translationResult(delivery, outcome.result, now),
      ];
    }
    case 'silence':
      return [missingResult(delivery, 'silence', now)];
    case 'missing': {
      const { reason, wasSent } = outcome;
      if (reason === 'silence') return [missingResult(delivery, reason, now)];
      const error = wasSent ? uiError(place, 'JOB_TIMEOUT', elapsedMs) : uiError(place, 'NODE_UNAVAILABLE');
      const details = delivery.wantsErrors ? utteranceError(slot, outcome) : null;
      return [error, ...(details === null ? [] : [details]), missingResult(delivery, reason, now)];
    }
  }
};
