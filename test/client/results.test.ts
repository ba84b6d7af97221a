import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readServerFrame } from '#client/server-frame.ts';
import type { SessionEvent } from '#client/session-event.ts';
import type { SessionResult } from '#client/session-result.ts';
import { firstOf, openPair, SESSION_ID, translation, WALL_MS } from './session-pair.ts';

const vector = (name: string): string =>
  readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8');
const take = async <Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> => {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
};

describe('outcomes', () => {
  test('[SDK5] translations and missing ones, in the order of arrival', async () => {
    const { session, peer } = await openPair();
    peer.send(
      translation(0, {
        delivery_seq: 1,
        audio_start_ms: 0,
        audio_end_ms: 2_400,
        attempts: 1,
        queued_ms: 20,
        service_timings: { asr_ms: 12, total_ms: 30 },
        network_timings: { node_to_scheduler_ms: 4 },
        scheduler_sent_at_ms: 1_790_000_000_123,
        extra: { emotion: 'calm' },
      }),
    );
    peer.send({
      type: 'missing_result',
      session_id: SESSION_ID,
      utterance_index: 1,
      reason: 'no_capacity',
      created_at_ms: 1,
      delivery_seq: 2,
    });
    peer.send(translation(2, { tts_audio: '', tts_format: 'pcm16', group_id: undefined, part_index: null }));
    const results = await take<SessionResult>(session.results, 3);
    expect(results[0]).toEqual({
      kind: 'translated',
      index: 0,
      speakerSessionId: SESSION_ID,
      traceId: 'trace-1',
      deliverySeq: 1,
      audioStartMs: 0,
      audioEndMs: 2_400,
      attempts: 1,
      queuedMs: 20,
      text: 'heard 0',
      translated: 'translated 0',
      audio: { format: 'opus', bytes: new Uint8Array([1, 2, 3]) },
      jobId: 'job-0',
      groupId: 'group-1',
      partIndex: 0,
      timings: {
        service: { asr_ms: 12, total_ms: 30 },
        network: { node_to_scheduler_ms: 4 },
        sentAtMs: 1_790_000_000_123,
      },
      extra: { emotion: 'calm' },
    });
    expect(results[1]).toEqual({
      kind: 'missing',
      index: 1,
      speakerSessionId: SESSION_ID,
      traceId: null,
      deliverySeq: 2,
      audioStartMs: null,
      audioEndMs: null,
      attempts: null,
      queuedMs: null,
      reason: 'no_capacity',
    });
    expect(results[2]).toMatchObject({ index: 2, audio: null, groupId: null, partIndex: null, extra: null });
  });

  test('[SDK5] the result of the sample vectors is read as it is', () => {
    const frame = readServerFrame(vector('session.server.translation_result'));
    const raw = JSON.parse(vector('session.server.translation_result'));
    if (frame.kind !== 'result' || frame.result.kind !== 'translated') throw new Error('not a result');
    expect(frame.result.text).toBe(raw.text_asr);
    expect(Buffer.from(frame.result.audio?.bytes ?? []).toString('base64')).toBe(raw.tts_audio);
  });

  test('[SDK5] speech that is no base64 is no speech; the texts stay', async () => {
    const { session, peer } = await openPair();
    peer.send(translation(0, { tts_audio: 'not base64!' }));
    expect(await firstOf(session.results)).toMatchObject({ audio: null, translated: 'translated 0' });
  });

  test('[SDK12] one unread outcome too many fails the session; those before are still read', async () => {
    const { session, peer, timers } = await openPair();
    for (let index = 0; index <= 1_000; index += 1) peer.send(translation(index, { tts_audio: '' }));
    await peer.untilClosed();
    const indices: number[] = [];
    const reading = (async () => {
      for await (const { index } of session.results) indices.push(index);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'RESULTS_UNREAD' });
    expect(indices).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    expect(timers.pendingCount).toBe(0);
  });
});

describe('events', () => {
  test('[SDK6] partials, steps, notices and errors', async () => {
    const { session, peer } = await openPair();
    const base = { session_id: SESSION_ID, utterance_index: 3, trace_id: 't' };
    peer.send({
      ...base,
      type: 'asr_partial',
      job_id: '',
      text: 'hel',
      is_final: false,
      revision: 2,
      settled: 'he',
    });
    peer.send({ ...base, type: 'ui_event', job_id: 'j', event: 'ASR_FINAL', status: 'ok', elapsed_ms: 40 });
    peer.send({ ...base, type: 'notice', kind: 'queued', reason: 'NO_CAPACITY', queue_position: 2 });
    peer.send({
      type: 'error',
      code: 'INVALID_MESSAGE',
      message: 'seq: expected more',
      details: { field: 'seq' },
      retryable: false,
    });
    expect(await take<SessionEvent>(session.events, 4)).toEqual([
      { kind: 'partial', index: 3, text: 'hel', isFinal: false, revision: 2, settled: 'he', tentative: null },
      {
        kind: 'progress',
        index: 3,
        jobId: 'j',
        step: 'ASR_FINAL',
        status: 'ok',
        elapsedMs: 40,
        errorCode: null,
      },
      {
        kind: 'notice',
        notice: 'queued',
        reason: 'NO_CAPACITY',
        index: 3,
        retryAfterMs: null,
        queuePosition: 2,
        message: null,
      },
      {
        kind: 'error',
        code: 'INVALID_MESSAGE',
        message: 'seq: expected more',
        index: null,
        field: 'seq',
        isRetryable: false,
        retryAfterMs: null,
      },
    ]);
  });

  test('[SDK6] malformed and unknown frames are counted and do no harm', async () => {
    const { session, peer } = await openPair();
    const frames = [
      '',
      'not json',
      '[]',
      'null',
      '{"type":1}',
      '{"type":"new_thing"}',
      '{"type":"asr_partial"}',
    ];
    for (const frame of frames) peer.sendText(frame);
    for (const type of ['translation_result', 'missing_result', 'ui_event', 'notice', 'error'])
      peer.send({ type, utterance_index: null, code: 7, event: [], kind: {} });
    peer.sendBinary(new Uint8Array([1, 2, 3]));
    peer.send(translation(0));
    expect(await firstOf(session.results)).toMatchObject({ index: 0 });
    expect(session.counts.framesIgnored).toBe(frames.length + 5);
  });

  test('[SDK6] of unread events the newest 256 are kept, the others counted', async () => {
    const { session, peer } = await openPair();
    for (let index = 0; index < 300; index += 1)
      peer.send({
        type: 'asr_partial',
        session_id: SESSION_ID,
        utterance_index: index,
        text: '',
        is_final: false,
      });
    peer.send(translation(0));
    await firstOf(session.results);
    expect(session.counts.eventsDropped).toBe(44);
    expect(await firstOf(session.events)).toMatchObject({ kind: 'partial', index: 44 });
  });
});

describe('playback', () => {
  test('[SDK15] is reported with trace and group; without a group it is not', async () => {
    const { session, peer } = await openPair();
    peer.send(translation(0, { group_id: null }));
    peer.send(translation(1));
    for (const result of await take<SessionResult>(session.results, 2)) {
      if (result.kind !== 'translated') continue;
      session.playbackStarted(result);
      session.playbackEnded(result);
    }
    await peer.untilType('tts_play_ended');
    const about = { session_id: SESSION_ID, trace_id: 'trace-1', group_id: 'group-1' };
    expect(peer.ofType('tts_started')).toEqual([{ ...about, type: 'tts_started', ts_start_ms: WALL_MS }]);
    expect(peer.ofType('tts_play_ended')).toEqual([{ ...about, type: 'tts_play_ended', ts_end_ms: WALL_MS }]);
  });
});
