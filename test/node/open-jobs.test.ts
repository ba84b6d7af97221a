import { describe, expect, test, vi } from 'vitest';
import { base64Of } from '#testing/audio-samples.ts';
import type { WirePeer } from '#testing/wire-peer.ts';
import type { Heard } from '../testing/heard.ts';
import { type GivenJob, jobAssign, NODE_ID, registeredNode } from './node-pair.ts';

const nth = (given: Heard<GivenJob>, count = 1): Promise<GivenJob> => given.until((jobs) => jobs[count - 1]);

/** Bytes 0, 1 … as one even run of samples, so that the whole tells its order. */
const run = (from: number): Buffer => Buffer.from([from, from + 1, from + 2, from + 3]);

const open = (index = 0): object => jobAssign(index, { audio: base64Of(run(0)), open: true });

const append = (peer: WirePeer, seq: number, index = 0): void =>
  peer.send({
    type: 'audio_append',
    job_id: `job-${index}`,
    attempt_id: 1,
    seq,
    audio: base64Of(run(4 * seq)),
    audio_format: 'pcm16',
    sample_rate: 16_000,
  });

const end = (peer: WirePeer, seq: number, index = 0): void =>
  peer.send({
    type: 'audio_end',
    job_id: `job-${index}`,
    attempt_id: 1,
    seq,
    is_manual_cut: true,
    padding_ms: 280,
  });

const WHOLE = Buffer.concat([run(0), run(4), run(8)]);

describe('an open job', () => {
  test('[SDK91] comes to a handler that takes it at once, and its audio piece by piece', async () => {
    const { peer, given } = await registeredNode(['open_job', 'partials'], { handlesOpenJobs: true });
    peer.send(open());
    const { job, context, finish } = await nth(given);
    expect(job.isOpen).toBe(true);
    expect(Buffer.from(job.audioBytes)).toEqual(run(0));
    const pieces = job.audioPieces[Symbol.asyncIterator]();
    expect(await pieces.next()).toEqual({ done: false, value: run(0) });
    const second = pieces.next();
    append(peer, 1);
    expect(await second).toEqual({ done: false, value: run(4) });
    context.partial({ settled: 'one', tentative: ' two' });
    expect(await peer.untilType('asr_partial')).toMatchObject({
      job_id: 'job-0',
      attempt_id: 1,
      revision: 1,
      text: 'one two',
      settled: 'one',
      tentative: ' two',
      is_final: false,
    });
    append(peer, 2);
    end(peer, 3);
    expect(await pieces.next()).toEqual({ done: false, value: run(8) });
    expect((await pieces.next()).done).toBe(true);
    expect(job).toMatchObject({ isOpen: false, is_manual_cut: true, padding_ms: 280 });
    expect(Buffer.from(job.audioBytes)).toEqual(WHOLE);
    const again: Buffer[] = [];
    for await (const piece of job.audioPieces) again.push(Buffer.from(piece));
    expect(Buffer.concat(again)).toEqual(WHOLE);
    finish({ text_asr: 'one two' });
    expect(await peer.untilType('job_result')).toMatchObject({ success: true, text_asr: 'one two' });
  });

  test('[SDK91] comes whole to a handler that said nothing; it takes a place meanwhile', async () => {
    const { peer, given, node } = await registeredNode(['open_job'], { capacity: 1 });
    peer.send(open());
    append(peer, 1);
    append(peer, 2);
    peer.send(jobAssign(1));
    await vi.waitFor(() => expect(node.counts.jobsHeld).toBe(2));
    expect(given.items).toHaveLength(0);
    end(peer, 3);
    const { job, finish } = await nth(given);
    expect(job).toMatchObject({ job_id: 'job-0', isOpen: false, is_manual_cut: true });
    expect(Buffer.from(job.audioBytes)).toEqual(WHOLE);
    finish();
    (await nth(given, 2)).finish();
    await peer.untilType('job_result', 2);
  });

  test('[SDK92] a result given too early waits for the end of the audio, a failure does not', async () => {
    const { peer, given } = await registeredNode(['open_job'], { handlesOpenJobs: true });
    peer.send(open(0));
    (await nth(given)).finish({ text_asr: 'early' });
    peer.send(open(1));
    (await nth(given, 2)).throws(new Error('broken'));
    expect(await peer.untilType('job_result')).toMatchObject({ job_id: 'job-1', success: false });
    end(peer, 1);
    expect(await peer.untilType('job_result', 2)).toMatchObject({ job_id: 'job-0', success: true });
  });

  test('[SDK93] a hole in the audio fails the job for another node to try, whatever the handler makes of it', async () => {
    const { peer, given } = await registeredNode(['open_job'], { handlesOpenJobs: true });
    peer.send(open());
    const { job, finish } = await nth(given);
    const reading = (async () => {
      for await (const piece of job.audioPieces) void piece;
    })();
    append(peer, 2);
    await expect(reading).rejects.toThrow('missing');
    finish({ text_asr: 'half' });
    expect(await peer.untilType('job_result')).toMatchObject({
      success: false,
      error: { code: 'PROCESSING_ERROR' },
    });
    // What comes for it afterwards, or for a job nobody has, is ignored.
    append(peer, 3);
    append(peer, 1, 7);
    end(peer, 2, 7);
  });

  test('[SDK94] a cancel ends the reading, and so does the loss of the connection', async () => {
    const { peer, given, node, statuses } = await registeredNode(['open_job', 'job_reject']);
    peer.send(open(0));
    await vi.waitFor(() => expect(node.counts.jobsHeld).toBe(1));
    peer.send({ type: 'job_cancel', job_id: 'job-0', attempt_id: 1 });
    expect(await peer.untilType('job_cancelled')).toMatchObject({ job_id: 'job-0', node_id: NODE_ID });
    peer.send(open(1));
    peer.send(jobAssign(2));
    const whole = await nth(given);
    expect(whole.job.job_id).toBe('job-2');
    peer.terminate();
    await statuses.until((all) => all.find((one) => one.kind === 'jobEnded' && one.jobId === 'job-1'));
    expect(whole.context.signal.aborted).toBe(false);
    whole.finish();
  });

  test('[SDK94] an iterator of a handler rejects when its job is aborted', async () => {
    const { peer, given } = await registeredNode(['open_job'], { handlesOpenJobs: true });
    peer.send(open());
    const { job, context, finish } = await nth(given);
    const pieces = job.audioPieces[Symbol.asyncIterator]();
    await pieces.next();
    const next = pieces.next();
    peer.send({ type: 'job_cancel', job_id: 'job-0' });
    await expect(next).rejects.toThrow();
    expect(context.signal.aborted).toBe(true);
    finish();
  });
});
