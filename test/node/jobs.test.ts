import { describe, expect, test } from 'vitest';
import { NodeJobError } from '#node/node-job.ts';
import { base64Of, opusSpeech, pcmBytes, pcmTone } from '#testing/audio-samples.ts';
import type { Heard } from '../testing/heard.ts';
import { type GivenJob, jobAssign, NODE_ID, registeredAgain, registeredNode, WALL_MS } from './node-pair.ts';

const nth = (given: Heard<GivenJob>, count = 1): Promise<GivenJob> => given.until((jobs) => jobs[count - 1]);

describe('a job', () => {
  test('[SDK23] comes with its audio, and its result echoes ids and trace', async () => {
    const { peer, given, timers } = await registeredNode();
    const audio = pcmBytes(pcmTone(300));
    peer.send(jobAssign(4, { audio: base64Of(audio), attempt_id: 2, context_text: 'before' }));
    const { job, finish } = await nth(given);
    expect(job).toMatchObject({
      job_id: 'job-4',
      attempt_id: 2,
      context_text: 'before',
      audio_format: 'pcm16',
    });
    expect(Buffer.from(job.audioBytes).equals(audio)).toBe(true);
    timers.advance(120);
    const speech = opusSpeech(400);
    finish({
      text_asr: 'hello',
      text_translated: 'ni hao',
      tts_audio: speech,
      extra: { service_timings: { asr_ms: 80 } },
      quality_score: 0.5,
    });
    expect(await peer.untilType('job_result')).toEqual({
      type: 'job_result',
      job_id: 'job-4',
      attempt_id: 2,
      node_id: NODE_ID,
      session_id: 's-1',
      utterance_index: 4,
      trace_id: 'trace-1',
      success: true,
      text_asr: 'hello',
      text_translated: 'ni hao',
      tts_audio: base64Of(speech),
      tts_format: 'opus',
      extra: { service_timings: { asr_ms: 80 } },
      quality_score: 0.5,
      processing_time_ms: 120,
      node_completed_at_ms: WALL_MS,
    });
  });

  test('[SDK23] an empty output is an empty success; measured times may be overruled', async () => {
    const { peer, given } = await registeredNode();
    peer.send(jobAssign(0, { audio: '' }));
    const { job, finish } = await nth(given);
    expect(job.audioBytes).toHaveLength(0);
    finish({ processing_time_ms: 7 });
    const result = await peer.untilType('job_result');
    expect(result).toMatchObject({ success: true, processing_time_ms: 7 });
    expect(result).not.toHaveProperty('text_asr');
    expect(result).not.toHaveProperty('tts_audio');
  });

  test('[SDK23] a NodeJobError gives its code, message and details', async () => {
    const { peer, given, statuses } = await registeredNode();
    peer.send(jobAssign(0));
    const error = new NodeJobError('MODEL_NOT_AVAILABLE', 'asr is not running', {
      details: { service_id: 'asr-1', reason: 'not running' },
    });
    (await nth(given)).throws(error);
    expect(await peer.untilType('job_result')).toMatchObject({
      success: false,
      error: {
        code: 'MODEL_NOT_AVAILABLE',
        message: 'asr is not running',
        details: { service_id: 'asr-1', reason: 'not running' },
      },
    });
    expect(statuses.items.at(-1)).toMatchObject({
      kind: 'jobEnded',
      outcome: 'failed',
      code: 'MODEL_NOT_AVAILABLE',
      cause: error,
    });
  });

  test('[SDK23] the text of an unforeseen error stays in the node', async () => {
    const { peer, given } = await registeredNode([], {});
    peer.send(jobAssign(0));
    (await nth(given)).throws(new Error('cannot translate "my secret sentence"'));
    const result = await peer.untilType('job_result');
    expect(result).toMatchObject({ success: false, error: { code: 'PROCESSING_ERROR' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('[SDK23] a handler that throws at once, and speech too long for a frame, are failures of that job', async () => {
    const { peer } = await registeredNode([], {
      onJob: (job) => {
        if (job.utterance_index === 0) throw new Error('at once');
        return Promise.resolve({ tts_audio: new Uint8Array(6 * 1024 * 1024) });
      },
    });
    peer.send(jobAssign(0));
    peer.send(jobAssign(1));
    await peer.untilType('job_result', 2);
    for (const result of peer.ofType('job_result'))
      expect(result).toMatchObject({ success: false, error: { code: 'PROCESSING_ERROR' } });
  });
});

describe('capacity', () => {
  test('[SDK22] two run, two wait, the fifth is refused at once', async () => {
    const { peer, given, node } = await registeredNode();
    for (let index = 0; index < 5; index += 1) peer.send(jobAssign(index));
    expect(await peer.untilType('job_result')).toMatchObject({
      job_id: 'job-4',
      success: false,
      error: { code: 'NODE_OVERLOADED' },
    });
    expect(given.items.map(({ job }) => job.job_id)).toEqual(['job-0', 'job-1']);
    expect(node.counts.jobsHeld).toBe(4);
    (await nth(given, 2)).finish();
    expect((await nth(given, 3)).job.job_id).toBe('job-2');
    for (const { finish } of given.items) finish();
    (await nth(given, 4)).finish();
    await peer.untilType('job_result', 5);
    expect(node.counts.jobsHeld).toBe(0);
  });

  test('[SDK22] with job_reject granted the refusal is no failure and tells the counts', async () => {
    const { peer } = await registeredNode(['job_reject']);
    for (let index = 0; index < 5; index += 1) peer.send(jobAssign(index));
    expect(await peer.untilType('job_reject')).toEqual({
      type: 'job_reject',
      job_id: 'job-4',
      attempt_id: 1,
      node_id: NODE_ID,
      reason: 'full',
      running_jobs: 4,
      free_slots: 0,
    });
    expect(peer.ofType('job_result')).toHaveLength(0);
  });

  test('[SDK27] a repeated assignment is ignored, while it runs and after its end; another attempt is not', async () => {
    const { peer, given } = await registeredNode(['job_ack']);
    peer.send(jobAssign(0));
    peer.send(jobAssign(0));
    (await nth(given)).finish();
    await peer.untilType('job_result');
    peer.send(jobAssign(0));
    peer.send(jobAssign(0, { attempt_id: 2 }));
    await peer.untilType('job_ack', 2);
    (await nth(given, 2)).finish();
    await peer.untilType('job_result', 2);
    expect(given.items.map(({ job }) => job.attempt_id)).toEqual([1, 2]);
    expect(peer.ofType('job_ack')).toHaveLength(2);
  });
});

describe('cancelling', () => {
  test('[SDK26] aborts the signal; whatever the handler gives is not sent, the slot is free after it', async () => {
    const { peer, given, statuses, node } = await registeredNode();
    peer.send(jobAssign(0));
    peer.send({ type: 'job_cancel', job_id: 'job-0', trace_id: 'trace-1', reason: 'job_timeout' });
    const { context, finish } = await nth(given);
    await new Promise((resolve) => {
      if (context.signal.aborted) resolve(null);
      context.signal.addEventListener('abort', resolve);
    });
    expect(node.counts.jobsHeld).toBe(1);
    finish({ text_asr: 'too late' });
    expect(await statuses.until((all) => all.find(({ kind }) => kind === 'jobEnded'))).toMatchObject({
      outcome: 'cancelled',
      code: null,
    });
    expect(node.counts.jobsHeld).toBe(0);
    peer.send(jobAssign(1));
    (await nth(given, 2)).finish();
    await peer.untilType('job_result');
    expect(peer.ofType('job_result').map(({ job_id }) => job_id)).toEqual(['job-1']);
  });

  test('[SDK26] job_cancelled is sent where granted, when the job has really ended', async () => {
    const { peer, given } = await registeredNode(['job_reject'], { capacity: 1 });
    peer.send(jobAssign(0));
    peer.send(jobAssign(1));
    const { context, throws } = await nth(given);
    peer.send({ type: 'job_cancel', job_id: 'job-1' });
    expect(await peer.untilType('job_cancelled')).toEqual({
      type: 'job_cancelled',
      job_id: 'job-1',
      attempt_id: 1,
      node_id: NODE_ID,
    });
    peer.send({ type: 'job_cancel', job_id: 'job-0', attempt_id: 1 });
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    expect(peer.ofType('job_cancelled')).toHaveLength(1);
    throws(context.signal.reason);
    expect(await peer.untilType('job_cancelled', 2)).toMatchObject({ job_id: 'job-0' });
    expect(given.items).toHaveLength(1);
    expect(peer.ofType('job_result')).toHaveLength(0);
  });

  test('[SDK26] a cancel of another attempt, of an unknown or a finished job does nothing', async () => {
    const { peer, given } = await registeredNode();
    peer.send(jobAssign(0, { attempt_id: 2 }));
    const { context, finish } = await nth(given);
    peer.send({ type: 'job_cancel', job_id: 'job-0', attempt_id: 1 });
    peer.send({ type: 'job_cancel', job_id: 'job-77' });
    peer.send(jobAssign(1));
    await nth(given, 2);
    expect(context.signal.aborted).toBe(false);
    finish();
    await peer.untilType('job_result');
    peer.send({ type: 'job_cancel', job_id: 'job-0' });
    peer.send(jobAssign(2));
    await nth(given, 3);
    expect(peer.ofType('job_result')).toHaveLength(1);
  });
});

describe('signs of life', () => {
  test('[SDK28] ack at once, start once, partials with attempt and revision', async () => {
    const { peer, given } = await registeredNode(['job_ack', 'partials'], { capacity: 1 });
    peer.send(jobAssign(0));
    peer.send(jobAssign(1));
    const own = { job_id: 'job-0', attempt_id: 1, node_id: NODE_ID, session_id: 's-1', trace_id: 'trace-1' };
    await peer.untilType('job_ack', 2);
    expect(peer.ofType('job_ack')[0]).toEqual({ type: 'job_ack', ...own });
    const { context, finish } = await nth(given);
    context.started();
    context.started();
    context.partial({ settled: '', tentative: 'hel' });
    context.partial({ settled: 'hello', tentative: '', isFinal: true });
    finish({ text_asr: 'hello' });
    await peer.untilType('job_result');
    context.partial({ settled: 'after the end', tentative: '' });
    (await nth(given, 2)).finish();
    await peer.untilType('job_result', 2);
    expect(peer.ofType('job_started')).toEqual([{ type: 'job_started', ...own }]);
    const partial = { type: 'asr_partial', ...own, utterance_index: 0 };
    expect(peer.ofType('asr_partial')).toEqual([
      { ...partial, text: 'hel', settled: '', tentative: 'hel', is_final: false, revision: 1 },
      { ...partial, text: 'hello', settled: 'hello', tentative: '', is_final: true, revision: 2 },
    ]);
  });

  test('[SDK28] with nothing granted: no ack, plain partials only when the job asks for streaming', async () => {
    const { peer, given } = await registeredNode();
    peer.send(jobAssign(0));
    const first = await nth(given);
    first.context.partial({ settled: '', tentative: 'unwanted' });
    first.finish();
    peer.send(jobAssign(1, { enable_streaming_asr: true }));
    const second = await nth(given, 2);
    second.context.partial({ settled: 'wan', tentative: 'ted' });
    second.finish();
    await peer.untilType('job_result', 2);
    expect(peer.ofType('job_ack')).toHaveLength(0);
    const partials = peer.ofType('asr_partial');
    expect(partials.map(({ text }) => text)).toEqual(['wanted']);
    expect(partials[0]).not.toHaveProperty('attempt_id');
    expect(partials[0]).not.toHaveProperty('settled');
  });
});

describe('jobs over a lost connection', () => {
  test('[SDK25] what ended while nobody was there, and within 5 s of the takeover, is sent', async () => {
    const pair = await registeredNode();
    pair.peer.send(jobAssign(0));
    pair.peer.send(jobAssign(1));
    await nth(pair.given, 2);
    pair.peer.terminate();
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    (await nth(pair.given, 1)).finish({ text_asr: 'while away' });
    pair.timers.advance(1_000);
    const again = await registeredAgain(pair, 2);
    expect(await again.untilType('job_result', 1)).toMatchObject({ job_id: 'job-0', text_asr: 'while away' });
    pair.timers.advance(4_999);
    (await nth(pair.given, 2)).finish({ text_asr: 'just in time' });
    expect(await again.untilType('job_result', 2)).toMatchObject({ job_id: 'job-1', attempt_id: 1 });
  });

  test('[SDK25] what still runs 5 s after the takeover is aborted', async () => {
    const pair = await registeredNode();
    pair.peer.send(jobAssign(0));
    const { context, finish } = await nth(pair.given);
    pair.peer.terminate();
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    pair.timers.advance(1_000);
    const again = await registeredAgain(pair, 2);
    again.send(jobAssign(1));
    const own = await nth(pair.given, 2);
    pair.timers.advance(5_000);
    expect(context.signal.aborted).toBe(true);
    expect(own.context.signal.aborted).toBe(false);
    finish({ text_asr: 'too late' });
    own.finish();
    await again.untilType('job_result');
    expect(again.ofType('job_result').map(({ job_id }) => job_id)).toEqual(['job-1']);
  });

  test('[SDK25] under another id nothing of before counts', async () => {
    const pair = await registeredNode();
    pair.peer.send(jobAssign(0));
    pair.peer.send(jobAssign(1));
    const running = await nth(pair.given, 2);
    pair.peer.terminate();
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    (await nth(pair.given, 1)).finish();
    pair.timers.advance(1_000);
    const again = await registeredAgain(pair, 2, 'node-other');
    expect(running.context.signal.aborted).toBe(true);
    const dropped = await pair.statuses.until((all) => all.find((event) => event.kind === 'jobEnded'));
    expect(dropped).toMatchObject({ jobId: 'job-0', outcome: 'dropped' });
    expect(again.ofType('job_result')).toHaveLength(0);
  });

  test('[SDK25] after 60 s away everything of before is dropped', async () => {
    const pair = await registeredNode();
    pair.peer.send(jobAssign(0));
    const { context } = await nth(pair.given);
    pair.server.refuseWith = 503;
    pair.peer.terminate();
    await pair.statuses.until((all) => all.find(({ kind }) => kind === 'disconnected'));
    pair.timers.advance(60_000);
    expect(context.signal.aborted).toBe(true);
  });
});
