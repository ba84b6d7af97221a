import type { SessionId } from '#protocol/ids.ts';
import type { SessionServerMessage } from '#protocol/messages.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { legacyMissingReason, type MissingReason } from '#protocol/reasons.ts';
import type { MissingResult, TranslationResult } from '#protocol/session-server-messages.ts';
import type { ExtraResult, NetworkTimings, NodeExtraResult, ServiceTimings } from '#protocol/shapes.ts';
import type { Now } from '../clock.ts';
import type { JobOutcome, JobTimes } from '../jobs/job-outcome.ts';
import type { Writable } from '../writable.ts';
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

/** A leg that took no time, or less, was measured by clocks that disagree: it is left out. */
const isPlausible = (ms: number | undefined): ms is number => ms !== undefined && ms > 0;

/** Each leg by the clocks of its two ends; the first one of this utterance alone [SES19]. */
const networkTimingsOf = (slot: ResultSlot, result: JobResult, times: JobTimes): NetworkTimings => {
  const { dispatchedWallMs, createdWallMs, endedWallMs } = times;
  const completedWallMs = result.node_completed_at_ms;
  const { uplinkMs } = slot.facts;
  const toNodeMs = dispatchedWallMs === undefined ? undefined : dispatchedWallMs - createdWallMs;
  const fromNodeMs = completedWallMs === undefined ? undefined : endedWallMs - completedWallMs;
  const timings: Writable<NetworkTimings> = {};
  if (isPlausible(uplinkMs)) timings.web_to_scheduler_ms = uplinkMs;
  if (isPlausible(toNodeMs)) timings.scheduler_to_node_ms = toNodeMs;
  if (isPlausible(fromNodeMs)) timings.node_to_scheduler_ms = fromNodeMs;
  return timings;
};

const serviceTimingsOf = ({ extra, processing_time_ms }: JobResult): ServiceTimings | undefined =>
  extra?.service_timings ?? (processing_time_ms === undefined ? undefined : { total_ms: processing_time_ms });

/** Nodes send dozens of keys; listeners get the ones that mean something to them. */
const knownExtra = (extra: NodeExtraResult): ExtraResult => {
  const known: Writable<ExtraResult> = {};
  if (extra.emotion !== undefined) known.emotion = extra.emotion;
  if (extra.speech_rate !== undefined) known.speech_rate = extra.speech_rate;
  if (extra.voice_style !== undefined) known.voice_style = extra.voice_style;
  if (extra.service_timings !== undefined) known.service_timings = extra.service_timings;
  if (extra.language_probability !== undefined) known.language_probability = extra.language_probability;
  if (extra.language_probabilities !== undefined) known.language_probabilities = extra.language_probabilities;
  return known;
};

/** What only listeners who asked for something that needs it are told. */
const addDeliveryFields = (
  told: Writable<TranslationResult> | Writable<MissingResult>,
  { deliverySeq, slot, outcome }: Delivery,
): void => {
  if (deliverySeq === null) return;
  told.delivery_seq = deliverySeq;
  told.audio_start_ms = Math.round(slot.facts.audioStartMs);
  told.audio_end_ms = Math.round(slot.facts.audioEndMs);
  told.attempts = outcome.times.attempts;
  told.queued_ms = outcome.times.queuedMs;
};

/** What the node found out about its own work, handed on as it is. */
const addQuality = (told: Writable<TranslationResult>, result: JobResult): void => {
  if (result.asr_quality_level !== undefined) told.asr_quality_level = result.asr_quality_level;
  if (result.reason_codes !== undefined) told.reason_codes = result.reason_codes;
  if (result.quality_score !== undefined) told.quality_score = result.quality_score;
  if (result.rerun_count !== undefined) told.rerun_count = result.rerun_count;
  if (result.segments_meta !== undefined) told.segments_meta = result.segments_meta;
};

const FORMAT_WITHOUT_NAME = 'pcm16';

const translationResult = (delivery: Delivery, result: JobResult, now: Now): TranslationResult => {
  const { slot, outcome, place } = delivery;
  const { extra, tts_audio } = result;
  const told: Writable<TranslationResult> = {
    type: 'translation_result',
    session_id: delivery.sessionId,
    utterance_index: slot.index,
    job_id: slot.jobId,
    text_asr: result.text_asr ?? '',
    text_translated: result.text_translated ?? '',
    tts_audio: tts_audio === undefined || tts_audio.rawBytes === 0 ? null : tts_audio,
    tts_format: result.tts_format ?? FORMAT_WITHOUT_NAME,
    trace_id: slot.facts.traceId,
    scheduler_sent_at_ms: now.wallMs,
  };
  if (extra !== undefined) told.extra = knownExtra(extra);
  if (place !== null) {
    told.group_id = place.groupId;
    told.part_index = place.partIndex;
  }
  const serviceTimings = serviceTimingsOf(result);
  if (serviceTimings !== undefined) told.service_timings = serviceTimings;
  if (outcome.times.dispatchedWallMs !== undefined)
    told.network_timings = networkTimingsOf(slot, result, outcome.times);
  addQuality(told, result);
  addDeliveryFields(told, delivery);
  return told;
};

const missingResult = (delivery: Delivery, reason: MissingReason, now: Now): MissingResult => {
  const told: Writable<MissingResult> = {
    type: 'missing_result',
    session_id: delivery.sessionId,
    utterance_index: delivery.slot.index,
    reason: delivery.isLegacy ? legacyMissingReason(reason) : reason,
    created_at_ms: now.wallMs,
    trace_id: delivery.slot.facts.traceId,
  };
  addDeliveryFields(told, delivery);
  return told;
};

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
