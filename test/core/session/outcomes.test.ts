import { describe, expect, test } from 'vitest';
import type { JobRequest } from '#core/jobs/job-request.ts';
import { SESSION_ID, SessionWorld } from './session-world.ts';
import { speech } from './speech.ts';

const speaking = (count: number, options: ConstructorParameters<typeof SessionWorld>[0] = {}) => {
  const world = new SessionWorld(options);
  const requests = Array.from({ length: count }, () => world.say(speech(1000)));
  world.sent.length = 0;
  return { world, requests };
};

const at = (requests: readonly JobRequest[], index: number): JobRequest => {
  const request = requests[index];
  if (request === undefined) throw new Error(`no request ${index}`);
  return request;
};

describe('order', () => {
  test('[RES1] [I2] [W39] results leave in the order of speech, whatever order they come in (cases 22 and 23 turned round)', () => {
    const { world, requests } = speaking(3);
    world.answer(at(requests, 2));
    world.advance(500);
    world.answer(at(requests, 0));
    expect(world.outcomes).toEqual([0]);
    world.answer(at(requests, 1));
    expect(world.outcomes).toEqual([0, 1, 2]);
    expect(world.count('results_held_total')).toBe(1);
    expect(world.observed.get('result_hold_ms')).toEqual([500]);
    expect(world.count('results_delivered_total')).toBe(3);
  });

  test('[RES6] only what waited is counted and observed', () => {
    const { world, requests } = speaking(2);
    world.answer(at(requests, 0));
    world.answer(at(requests, 1));
    expect(world.count('results_held_total')).toBe(0);
    expect(world.observed.has('result_hold_ms')).toBe(false);
  });

  test('[RES3] a third of the hold hastens the jobs in front', () => {
    const { world, requests } = speaking(3);
    world.answer(at(requests, 2));
    world.advance(3334);
    expect(world.hastened).toEqual([at(requests, 0).jobId, at(requests, 1).jobId]);
    world.advance(3000);
    expect(world.hastened).toHaveLength(2);
    world.advance(1000);
    expect(world.hastened).toHaveLength(4);
  });

  test('[RES4] [RES5] at the end of the hold the head is missing and fenced; what it still brings is dropped (case 24 turned round)', () => {
    const { world, requests } = speaking(2);
    world.dispatched(at(requests, 0));
    world.sent.length = 0;
    world.answer(at(requests, 1));
    world.advance(10_000);
    expect(world.cancelled).toMatchObject([{ jobId: at(requests, 0).jobId, reason: 'order_timeout' }]);
    expect(world.sent.map((message) => (message.type === 'ui_event' ? message.event : message.type))).toEqual(
      ['ERROR', 'missing_result', 'ASR_FINAL', 'NMT_DONE', 'translation_result'],
    );
    expect(world.outcomes).toEqual(['0 result_timeout', 1]);
    world.answer(at(requests, 0));
    world.fail(at(requests, 0), 'order_timeout');
    expect(world.outcomes).toEqual(['0 result_timeout', 1]);
    expect(world.count('results_dropped_total{late}')).toBe(1);
    expect(world.count('messages_ignored_total{job_ended}')).toBe(1);
    expect(world.pending).toEqual([]);
  });

  test('[I1] [W29] [W48] every utterance ends in exactly one outcome, however its job ends', () => {
    const { world, requests } = speaking(4);
    world.endJob(at(requests, 0).jobId, { kind: 'silence', times: world.times() });
    world.fail(at(requests, 1), 'node_failed');
    world.answer(at(requests, 2));
    world.answer(at(requests, 2));
    world.fail(at(requests, 3), 'no_capacity', false);
    expect(world.outcomes).toEqual(['0 silence_detected', '1 timeout', 2, '3 timeout']);
    expect(world.state.results.slots.size).toBe(0);
  });

  test('[SES11] [W7] [W98] above the bound an utterance is missing at once, in its place, and speech goes on', () => {
    const { world, requests } = speaking(2, {
      settings: { openUtterancesMax: 2 },
      init: { capabilities: ['opus'] },
    });
    world.chunk(speech(1000), { isFinal: true });
    world.advance(200);
    expect(world.submitted).toHaveLength(2);
    expect(world.outcomes).toEqual([]);
    for (const request of requests) world.answer(request);
    expect(world.outcomes).toEqual([0, 1, '2 no_capacity']);
    expect(world.say(speech(1000)).utteranceIndex).toBe(3);
  });
});

describe('what a client is told', () => {
  test('[SES17] [SES9] of a usual utterance, in order', () => {
    const { world, requests } = speaking(1);
    const request = at(requests, 0);
    world.dispatched(request);
    world.tell({ kind: 'jobAccepted', jobId: request.jobId });
    world.partial(request.jobId, '你');
    world.advance(1500);
    world.answer(request);
    const ids = { trace_id: 'trace-1', session_id: SESSION_ID, utterance_index: 0 };
    const event = { type: 'ui_event', ...ids, status: 'ok' };
    expect(world.sent.slice(0, -1)).toEqual([
      { ...event, job_id: request.jobId, event: 'DISPATCHED' },
      { ...event, job_id: request.jobId, event: 'NODE_ACCEPTED' },
      { type: 'asr_partial', ...ids, job_id: '', text: '你', is_final: false },
      { ...event, job_id: '', event: 'ASR_PARTIAL' },
      { ...event, job_id: request.jobId, event: 'ASR_FINAL', elapsed_ms: 1500 },
      { ...event, job_id: request.jobId, event: 'NMT_DONE', elapsed_ms: 1500 },
    ]);
    expect(world.sent.at(-1)).toMatchObject({ type: 'translation_result', ...ids, job_id: request.jobId });
  });

  test('[SES9] nothing of a job whose outcome is known', () => {
    const { world, requests } = speaking(2);
    const second = at(requests, 1);
    world.answer(second);
    world.dispatched(second);
    world.tell({ kind: 'jobAccepted', jobId: second.jobId });
    world.partial(second.jobId, '你', { isFinal: true });
    expect(world.sent).toEqual([]);
  });

  test('[SES18] the trace of an utterance message goes with it to the end', () => {
    const world = new SessionWorld();
    world.utterance(0, speech(2000), { trace_id: 'trace-9' });
    world.fail(at(world.submitted, 0), 'timeout');
    expect(world.sent.slice(1)).toMatchObject([{ trace_id: 'trace-9' }, { trace_id: 'trace-9' }]);
  });

  test('[GRP1] [GRP3] [GRP5] [W47] results are grouped, and the next utterance of a group knows what was said', () => {
    const { world, requests } = speaking(1);
    expect(at(requests, 0).contextText).toBeUndefined();
    world.answer(at(requests, 0), { text_asr: '你好', text_translated: 'hello' });
    const [first] = world.sentOf('translation_result');
    const group_id = first?.group_id ?? '';
    expect(first).toMatchObject({ group_id: `group_${SESSION_ID}_${world.now.wallMs}`, part_index: 0 });

    world.advance(60_000);
    world.message({ type: 'tts_play_ended', session_id: SESSION_ID, trace_id: 't', group_id, ts_end_ms: 5 });
    world.advance(1990);
    const second = world.say(speech(1000));
    expect(second).toMatchObject({ groupId: group_id, partIndex: 1, contextText: '你好\nhello' });
    world.advance(5000);
    world.answer(second, { text_asr: '', text_translated: '' });
    expect(world.sentOf('translation_result')[1]).not.toHaveProperty('group_id');

    world.advance(60_000);
    const third = world.say(speech(1000));
    expect(third).not.toHaveProperty('contextText');
    world.answer(third);
    const last = world.sentOf('translation_result').at(-1);
    expect(last).toMatchObject({ part_index: 0 });
    expect(last?.group_id).not.toBe(group_id);
  });

  test('[GRP3] parts are numbered in the order of delivery; a job is told its number only when that is known', () => {
    const { world, requests } = speaking(1);
    world.answer(at(requests, 0));
    world.advance(100);
    const second = world.say(speech(1000));
    const third = world.say(speech(1000));
    expect([second.partIndex, third.partIndex]).toEqual([1, undefined]);
    world.answer(third);
    world.answer(second);
    expect(world.sentOf('translation_result').map(({ part_index }) => part_index)).toEqual([0, 1, 2]);
  });

  test('[SES20] [RES7] deliveries are numbered all the same, and told to nobody who was not granted it', () => {
    const { world, requests } = speaking(2, { init: { capabilities: ['binary', 'opus'] } });
    world.answer(at(requests, 0));
    world.fail(at(requests, 1), 'timeout');
    expect(world.state.outbox).toMatchObject({ deliverySeq: 2, entries: [] });
    for (const message of world.sent) expect(message).not.toHaveProperty('delivery_seq');
  });
});
