import { afterEach, describe, expect, test } from 'vitest';
import { encodeSessionBinaryFrame } from '#codec/binary-frame.ts';
import type { Scheduler } from '#server/compose.ts';
import {
  type FakeClient,
  legacyInit,
  opusSpeech,
  pcmBytes,
  pcmTone,
  type WireMessage,
} from '#testing/mod.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

const ASKED = ['resume', 'ack'];

/** A client that may come back, on its first socket. */
const openResumable = async (url: string, fields: object = {}) => {
  const client = await stage.bareClient(url);
  const ack = await client.init(legacyInit({ capabilities: ASKED, ...fields }));
  return { client, token: ack.resume_token };
};

const comeBack = async (url: string, token: unknown, lastDeliverySeq = 0, nextSeq = 0) => {
  const client = await stage.bareClient(url);
  const ack = await client.resume(token, lastDeliverySeq);
  client.nextSeq = nextSeq;
  return { client, ack, token: ack.resume_token };
};

const say = (client: FakeClient): void => client.chunk({ payload: opusSpeech(1000), isFinal: true });
const seqs = (outcomes: readonly WireMessage[]) => outcomes.map(({ delivery_seq }) => delivery_seq);
const indices = (outcomes: readonly WireMessage[]) => outcomes.map(({ utterance_index }) => utterance_index);

/** The server has seen that the socket is gone. */
const untilAway = async ({ runtime }: Scheduler): Promise<void> => {
  const untilMs = performance.now() + 5000;
  for (;;) {
    for (const { away } of runtime.view.sessions()) if (away !== null) return;
    if (performance.now() > untilMs) throw new Error('the session is not away');
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('a session that survives its socket', () => {
  test('[I1] [I2] [W3] results that come while the client is away are there when it comes back, once and in order', async () => {
    const { nodeUrl, sessionUrl, scheduler } = await stage.set();
    const node = await stage.node(nodeUrl, { registration: { max_concurrent_jobs: 4 } });
    const first = await openResumable(sessionUrl);
    expect(first.token).toMatch(/^resume-[0-9A-F]{32}$/);
    for (let at = 0; at < 3; at += 1) say(first.client);
    const jobs = await node.untilJobs(3);
    jobs[0]?.answer();
    await first.client.untilOutcomes(1);
    first.client.terminate();
    await untilAway(scheduler);
    jobs[2]?.answer();
    jobs[1]?.answer();

    const second = await comeBack(sessionUrl, first.token, 1, 3);
    expect(second.ack).toMatchObject({
      type: 'session_resume_ack',
      session_id: first.client.sessionId,
      received_seq: 2,
      received_ms: 3000,
      covered_ms: 1000,
      next_utterance_index: 3,
    });
    await second.client.untilOutcomes(2);
    say(second.client);
    (await node.untilJobs(4))[3]?.answer();
    const outcomes = await second.client.untilOutcomes(3);
    expect(seqs(outcomes)).toEqual([2, 3, 4]);
    expect(indices(outcomes)).toEqual([1, 2, 3]);
    expect(outcomes.every(({ type }) => type === 'translation_result')).toBe(true);
    expect(outcomes.map(({ audio_start_ms }) => audio_start_ms)).toEqual([1000, 2000, 3000]);
  });

  test('[I5] what is said again is heard once; what had not arrived is heard', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const first = await openResumable(sessionUrl);
    const pieces = Array.from({ length: 10 }, (_, at) => opusSpeech(100, at));
    for (const payload of pieces.slice(0, 6)) first.client.chunk({ payload });
    first.client.heartbeat();
    await first.client.untilType('server_heartbeat');
    first.client.terminate();
    const second = await comeBack(sessionUrl, first.token, 0, 3);
    expect(second.ack.received_seq).toBe(5);
    // From further back than it has to.
    for (const payload of pieces.slice(3)) second.client.chunk({ payload });
    second.client.chunk({ isFinal: true });
    await second.client.untilOutcomes(1);
    expect(node.jobs).toHaveLength(1);
    expect(node.jobs[0]?.audio).toEqual(Buffer.concat(pieces));
  });

  test('[GAT43] [I5] a minute of speech that is sent again in one heap is heard whole, and nobody is asked to wait', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const pcm = { capabilities: [...ASKED, 'pcm16'], audio_format: 'pcm16' };
    const registration = { advanced_features: ['audio:pcm16'], max_concurrent_jobs: 4 };
    const node = await stage.node(nodeUrl, { registration, behaviour: (job) => job.answer() });
    const first = await openResumable(sessionUrl, pcm);
    first.client.terminate();
    const { client } = await comeBack(sessionUrl, first.token);
    const payload = pcmBytes(pcmTone(96));
    for (let at = 0; at < 600; at += 1) client.chunk({ payload });
    client.chunk({ isFinal: true });
    await client.until(() => client.wire.ofType('audio_ack').some(({ covered_ms }) => covered_ms === 57_600));
    expect(client.wire.ofType('backpressure')).toEqual([]);
    const heardBytes = node.jobs.reduce((sum, { audio }) => sum + audio.byteLength, 0);
    expect(heardBytes).toBe(600 * payload.byteLength);
  });

  test('[RUN40] a token that was used says nothing any more, and the socket may begin anew', async () => {
    const { sessionUrl } = await stage.set();
    const first = await openResumable(sessionUrl);
    first.client.terminate();
    const second = await comeBack(sessionUrl, first.token);
    second.client.heartbeat();
    await second.client.untilType('server_heartbeat');
    const third = await stage.bareClient(sessionUrl);
    expect(await third.resume(first.token)).toMatchObject({ type: 'error', code: 'RESUME_EXPIRED' });
    const ack = await third.init(legacyInit());
    expect(ack.session_id).not.toBe(first.client.sessionId);
    expect(second.client.wire.closed).toBeNull();
  });

  test('[SES44] past the window it is over, and its jobs are cancelled', async () => {
    const { nodeUrl, sessionUrl, scheduler, time } = await stage.set();
    const node = await stage.node(nodeUrl);
    const first = await openResumable(sessionUrl);
    say(first.client);
    await node.untilJobs(1);
    first.client.terminate();
    await untilAway(scheduler);
    const bystander = await stage.web(sessionUrl);
    await stage.pass(time, 119_000, bystander, [node]);
    expect(scheduler.runtime.view.sessionCount).toBe(2);
    await stage.pass(time, 2000, bystander, [node]);
    const late = await stage.bareClient(sessionUrl);
    expect(await late.resume(first.token)).toMatchObject({ type: 'error', code: 'RESUME_EXPIRED' });
    expect(scheduler.runtime.view.sessionCount).toBe(1);
  });

  test('[GAT42] a socket that is still open is replaced: the new one wins, the old one closes with 4004', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl);
    const first = await openResumable(sessionUrl);
    say(first.client);
    const [job] = await node.untilJobs(1);
    const second = await comeBack(sessionUrl, first.token, 0, 1);
    const closed = await first.client.untilClosed();
    expect(closed).toEqual({ code: 4004, reason: '{"code":"IDENTITY_REPLACED"}' });
    job?.answer();
    const outcomes = await second.client.untilOutcomes(1);
    expect(seqs(outcomes)).toEqual([1]);
    expect(first.client.outcomes()).toEqual([]);
  });

  test('[SES50] one that was closed while the client was away gives the rest and its goodbye', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl);
    const first = await openResumable(sessionUrl);
    say(first.client);
    const [job] = await node.untilJobs(1);
    first.client.send({ type: 'session_close', session_id: first.client.sessionId, reason: 'test' });
    first.client.heartbeat();
    await first.client.untilType('server_heartbeat');
    first.client.terminate();
    const second = await comeBack(sessionUrl, first.token);
    job?.answer();
    await second.client.untilType('session_close_ack');
    expect(seqs(second.client.outcomes())).toEqual([1]);
  });

  test('[SES49] a drain does not wait for who is away', async () => {
    const { nodeUrl, sessionUrl, scheduler } = await stage.set();
    const node = await stage.node(nodeUrl);
    const first = await openResumable(sessionUrl);
    say(first.client);
    await node.untilJobs(1);
    first.client.terminate();
    await untilAway(scheduler);
    await scheduler.stop(20_000);
    expect(scheduler.runtime.view.sessionCount).toBe(0);
  });

  test('[SES10] a client that did not ask loses its session with its socket, as ever', async () => {
    const { sessionUrl, scheduler } = await stage.set();
    const client = await stage.bareClient(sessionUrl);
    const ack = await client.init(legacyInit());
    expect(ack).not.toHaveProperty('resume_token');
    client.terminate();
    const bystander = await stage.web(sessionUrl);
    await stage.settle(bystander);
    expect(scheduler.runtime.view.sessionCount).toBe(1);
  });
});

describe('what is told of audio', () => {
  test('[SES47] [SES48] arrivals each second, coverage behind each outcome, and what is acknowledged is not sent again', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const { client, token } = await openResumable(sessionUrl);
    say(client);
    say(client);
    await client.untilOutcomes(2);
    await client.until(() => client.wire.ofType('audio_ack').some(({ covered_ms }) => covered_ms === 2000));
    const acks = client.wire.ofType('audio_ack');
    expect(acks.length).toBeGreaterThanOrEqual(3);
    expect(acks.at(-1)).toMatchObject({ received_seq: 1, received_ms: 2000, covered_ms: 2000 });
    client.send({ type: 'delivery_ack', session_id: client.sessionId, delivery_seq: 2 });
    client.terminate();
    const back = await comeBack(sessionUrl, token, 0);
    back.client.heartbeat();
    await back.client.untilType('server_heartbeat');
    expect(back.client.outcomes()).toEqual([]);
  });

  test('[SES51] a gap is told', async () => {
    const { sessionUrl } = await stage.set();
    const { client } = await openResumable(sessionUrl);
    client.chunk({ payload: opusSpeech(40), seq: 0 });
    client.chunk({ payload: opusSpeech(40), seq: 5 });
    expect(await client.untilType('audio_ack')).toMatchObject({
      received_seq: 5,
      missing_from_seq: 1,
      missing_to_seq: 4,
    });
  });

  test('[GAT40] [W16] audio in binary frames, byte for byte', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { registration: { advanced_features: ['audio:pcm16'] } });
    const client = await stage.bareClient(sessionUrl);
    const ack = await client.init(legacyInit({ capabilities: ['binary', 'pcm16'], audio_format: 'pcm16' }));
    expect(ack).toMatchObject({ use_binary_frame: true, negotiated_audio_format: 'pcm16' });
    const bytes = pcmBytes(pcmTone(500));
    const audio = {
      encoding: 'pcm16',
      bytes,
      durationMs: 500,
      sampleRateHz: 16_000,
      isSilent: false,
    } as const;
    const session_id = client.sessionId;
    const frame = { type: 'audio_chunk', session_id, seq: 0, is_final: true, audio } as const;
    client.wire.sendBinary(encodeSessionBinaryFrame(frame, 12));
    const [job] = await node.untilJobs(1);
    expect(job?.audio).toEqual(Buffer.from(bytes));
  });
});
