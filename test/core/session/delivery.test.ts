import { describe, expect, test } from 'vitest';
import type { JobOutcome, JobTimes } from '#core/jobs/job-outcome.ts';
import { type Delivery, messagesOf } from '#core/session/delivery.ts';
import { asJobId, asNodeId, asSessionId, type GroupId } from '#protocol/ids.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';
import { MISSING_REASONS, type MissingReason } from '#protocol/reasons.ts';

const WALL_MS = 1_790_000_000_000;
const NOW = { atMs: 5000, wallMs: WALL_MS };
const TIMES: JobTimes = {
  createdWallMs: WALL_MS - 2000,
  dispatchedWallMs: WALL_MS - 1900,
  endedWallMs: WALL_MS,
  queuedMs: 100,
  attempts: 2,
};
const RESULT: JobResult = {
  type: 'job_result',
  job_id: 'job-1',
  attempt_id: 2,
  node_id: 'node-1',
  session_id: 's-1',
  utterance_index: 4,
  success: true,
  trace_id: 'trace-1',
};

const delivery = (outcome: JobOutcome, overrides: Partial<Delivery> = {}): Delivery => ({
  sessionId: asSessionId('s-1'),
  slot: {
    index: 4,
    jobId: asJobId('job-1'),
    facts: {
      audioStartMs: 1000.4,
      audioEndMs: 3000.6,
      firstArrivedAtMs: 0,
      speechStartWallMs: 0,
      uplinkMs: 40,
      traceId: 'trace-1',
    },
    openedAtMs: 3000,
    openedWallMs: WALL_MS - 2000,
    ending: null,
    wasSent: true,
    hastenings: 0,
    caption: null,
  },
  outcome,
  place: null,
  isLegacy: true,
  wantsErrors: false,
  deliverySeq: null,
  ...overrides,
});

const answered = (fields: Partial<JobResult> = {}, times: Partial<JobTimes> = {}): JobOutcome => ({
  kind: 'result',
  result: { ...RESULT, ...fields },
  nodeId: asNodeId('node-1'),
  times: { ...TIMES, ...times },
});

const missing = (reason: MissingReason, wasSent = true): JobOutcome => ({
  kind: 'missing',
  reason,
  wasSent,
  times: TIMES,
});

const translation = (outcome: JobOutcome, overrides: Partial<Delivery> = {}) => {
  const message = messagesOf(delivery(outcome, overrides), NOW).at(-1);
  if (message?.type !== 'translation_result') throw new Error('no translation_result');
  return message;
};

describe('a result', () => {
  test('[SES17] with everything', () => {
    const tts_audio = { base64: new Uint8Array([65]), rawBytes: 120 };
    const quality = {
      asr_quality_level: 'suspect' as const,
      reason_codes: ['LOW_CONFIDENCE'],
      quality_score: 0.4,
      rerun_count: 1,
      segments_meta: { count: 2, max_gap: 0.5, avg_duration: 1.5 },
    };
    const outcome = answered({
      text_asr: '你好',
      text_translated: 'hello',
      tts_audio,
      tts_format: 'opus',
      extra: { emotion: 'calm', language_probability: 0.9, reason: 'for us alone' },
      processing_time_ms: 700,
      group_id: 'the node’s own',
      part_index: 99,
      ...quality,
    });
    const place = { groupId: 'group_s-1_1' as GroupId, partIndex: 3 };
    expect(translation(outcome, { place })).toEqual({
      type: 'translation_result',
      session_id: 's-1',
      utterance_index: 4,
      job_id: 'job-1',
      text_asr: '你好',
      text_translated: 'hello',
      tts_audio,
      tts_format: 'opus',
      extra: { emotion: 'calm', language_probability: 0.9 },
      trace_id: 'trace-1',
      group_id: 'group_s-1_1',
      part_index: 3,
      service_timings: { total_ms: 700 },
      network_timings: { web_to_scheduler_ms: 40, scheduler_to_node_ms: 100 },
      scheduler_sent_at_ms: WALL_MS,
      ...quality,
    });
  });

  test('[SES17] [W43] texts without speech are left as they are', () => {
    const outcome = answered({ text_asr: ' 你好', text_translated: 'hello', tts_format: 'opus' });
    expect(translation(outcome)).toMatchObject({
      text_asr: ' 你好',
      text_translated: 'hello',
      tts_audio: null,
      tts_format: 'opus',
    });
    const empty = { base64: new Uint8Array(), rawBytes: 0 };
    expect(translation(answered({ text_asr: 'x', tts_audio: empty })).tts_audio).toBeNull();
  });

  test.each([
    ['both texts', { text_asr: 'a', text_translated: 'b' }, ['ASR_FINAL', 'NMT_DONE']],
    ['what was heard only', { text_asr: 'a' }, ['ASR_FINAL']],
    ['a translation only', { text_translated: 'b' }, ['NMT_DONE']],
    ['speech only', { tts_audio: { base64: new Uint8Array([65]), rawBytes: 1 } }, []],
  ])('[SES17] the steps of one with %s', (_what, fields, steps) => {
    const messages = messagesOf(delivery(answered(fields)), NOW);
    const told = messages.slice(0, -1).map((message) => (message.type === 'ui_event' ? message.event : null));
    expect(told).toEqual(steps);
    expect(messages.at(-1)).toMatchObject({ type: 'translation_result', tts_format: 'pcm16' });
  });

  test('[SES17] a node’s own timings go before its total', () => {
    const service_timings = { asr_ms: 5, total_ms: 9 };
    const outcome = answered({ extra: { service_timings }, processing_time_ms: 700 });
    expect(translation(outcome)).toMatchObject({ service_timings, extra: { service_timings } });
    expect(translation(answered())).not.toHaveProperty('service_timings');
  });

  test.each([
    [
      'a node that says when it was done',
      { node_completed_at_ms: WALL_MS - 30 },
      {},
      { node_to_scheduler_ms: 30 },
    ],
    ['a node whose clock is ahead', { node_completed_at_ms: WALL_MS + 30 }, {}, {}],
    ['no wait at all', {}, { dispatchedWallMs: WALL_MS - 2000 }, { scheduler_to_node_ms: undefined }],
  ])('[SES19] [W17] legs of the way: %s', (_what, fields, times, expected) => {
    const { network_timings } = translation(answered(fields, times));
    expect(network_timings).toEqual({ web_to_scheduler_ms: 40, scheduler_to_node_ms: 100, ...expected });
    expect(Object.values(network_timings ?? {}).every((ms) => ms === undefined || ms > 0)).toBe(true);
  });

  test('[SES19] none for a job that was never sent', () => {
    const { dispatchedWallMs: _, ...times } = TIMES;
    const outcome: JobOutcome = { kind: 'result', result: RESULT, nodeId: asNodeId('node-1'), times };
    expect(translation(outcome)).not.toHaveProperty('network_timings');
  });
});

describe('a missing result', () => {
  const LEGACY: Readonly<Record<MissingReason, string>> = {
    silence: 'silence_detected',
    order_timeout: 'result_timeout',
    no_capacity: 'timeout',
    node_failed: 'timeout',
    timeout: 'timeout',
    rejected: 'timeout',
    shed: 'timeout',
    cancelled: 'timeout',
    session_closed: 'timeout',
  };

  test.each(MISSING_REASONS.map((reason) => [reason]))(
    '[SES18] [W29] %s, in the words of each kind of client',
    (reason) => {
      const reasonFor = (isLegacy: boolean) => {
        const message = messagesOf(delivery(missing(reason), { isLegacy }), NOW).at(-1);
        return message?.type === 'missing_result' ? message.reason : null;
      };
      expect([reasonFor(true), reasonFor(false)]).toEqual([LEGACY[reason], reason]);
    },
  );

  test('[SES18] after a node had it: ERROR with JOB_TIMEOUT goes before', () => {
    expect(messagesOf(delivery(missing('node_failed')), NOW)).toEqual([
      {
        type: 'ui_event',
        trace_id: 'trace-1',
        session_id: 's-1',
        job_id: 'job-1',
        utterance_index: 4,
        event: 'ERROR',
        elapsed_ms: 2000,
        status: 'error',
        error_code: 'JOB_TIMEOUT',
        hint: 'The task took too long.',
      },
      {
        type: 'missing_result',
        session_id: 's-1',
        utterance_index: 4,
        reason: 'timeout',
        created_at_ms: WALL_MS,
        trace_id: 'trace-1',
      },
    ]);
  });

  test('[SES18] before any node had it: ERROR with NODE_UNAVAILABLE', () => {
    const [event] = messagesOf(delivery(missing('no_capacity', false)), NOW);
    expect(event).toMatchObject({ event: 'ERROR', error_code: 'NODE_UNAVAILABLE' });
    expect(event).not.toHaveProperty('elapsed_ms');
  });

  test.each([
    ['as an outcome of its own', { kind: 'silence', times: TIMES } as const],
    ['as a reason', missing('silence')],
  ])('[SES18] for silence nothing goes before: %s', (_what, outcome) => {
    expect(messagesOf(delivery(outcome), NOW).map(({ type }) => type)).toEqual(['missing_result']);
  });

  test('[SES20] with delivery fields for those who were granted them, on either kind of outcome', () => {
    const fields = {
      delivery_seq: 12,
      audio_start_ms: 1000,
      audio_end_ms: 3001,
      attempts: 2,
      queued_ms: 100,
    };
    for (const outcome of [missing('timeout'), answered({ text_asr: 'a' })]) {
      expect(messagesOf(delivery(outcome, { deliverySeq: 12 }), NOW).at(-1)).toMatchObject(fields);
    }
  });
});
