import { afterEach, describe, expect, test } from 'vitest';
import { type FakeClient, framedOpus, opusSilentPackets } from '#testing/mod.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

describe('sessions over real sockets', () => {
  test('[W2] session_close cuts what was said, waits for its result, and acknowledges last', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl);
    const web = await stage.web(sessionUrl);
    web.speak(1500);
    web.client.send({ type: 'session_close', session_id: web.client.sessionId, reason: 'test' });
    const job = await node.nextJob();
    expect(web.client.wire.ofType('session_close_ack')).toEqual([]);
    job.answer();
    await web.client.untilType('session_close_ack');
    const types = web.client.frames.map(({ message }) => message.type);
    expect(types.at(-1)).toBe('session_close_ack');
    expect(web.client.outcomes().map((message) => message.type)).toEqual(['translation_result']);
  });

  test('[W2] [I1] what is still open ten seconds after session_close ends as missing, then the ack', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl);
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const job = await node.nextJob();
    web.client.send({ type: 'session_close', session_id: web.client.sessionId, reason: 'test' });
    await stage.settle(web);
    time.skip(10_100);
    await web.client.untilType('session_close_ack');
    expect(web.client.outcomes().map((message) => message.type)).toEqual(['missing_result']);
    await node.wire.untilType('job_cancel');
    expect(job.isCancelled).toBe(true);
  });

  test('[W1] five minutes of silence, and it still hears', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    await stage.pass(time, 300_000, web, [node]);
    web.say(1000);
    const [result] = await web.client.untilOutcomes(1);
    expect([result?.type, result?.utterance_index]).toEqual(['translation_result', 0]);
  });

  test('[SEG7] a final before its audio takes the audio that follows', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    web.sayWithFinalFirst(2000);
    const [result] = await web.client.untilOutcomes(1);
    expect([result?.type, result?.utterance_index]).toEqual(['translation_result', 0]);
    expect(node.jobs).toHaveLength(1);
    expect(node.jobs[0]?.message.is_manual_cut).toBe(true);
  });

  test('[SEG11] seven finals with a piece of silence each make no utterance of their own', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    web.speak(2000);
    web.stormFinals();
    await web.client.untilOutcomes(1);
    await stage.pass(time, 5000, web, [node]);
    web.say(1000);
    const outcomes = await web.client.untilOutcomes(2);
    expect(outcomes.map((message) => [message.type, message.utterance_index])).toEqual([
      ['translation_result', 0],
      ['translation_result', 1],
    ]);
    expect(node.jobs).toHaveLength(2);
  });

  test('[IDX2] a session whose first chunk has seq 7 starts at index 7', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    web.client.nextSeq = 7;
    web.say(1000);
    const [result] = await web.client.untilOutcomes(1);
    expect(result?.utterance_index).toBe(7);
  });

  test('silence alone makes no job, whatever finals say', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl);
    const web = await stage.web(sessionUrl);
    web.client.chunk({ payload: framedOpus(opusSilentPackets(2560)), isFinal: true });
    await stage.pass(time, 10_000, web, [node]);
    expect(node.jobs).toEqual([]);
    expect(web.client.outcomes()).toEqual([]);
  });

  test('[W87] [I8] audio under another session’s id reaches nobody and its sender is told once', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const victim = await stage.web(sessionUrl);
    const intruder = await stage.web(sessionUrl);
    const message = {
      type: 'audio_chunk',
      session_id: victim.client.sessionId,
      seq: 0,
      is_final: true,
      payload: Buffer.from(framedOpus(opusSilentPackets(20))).toString('base64'),
    };
    intruder.client.send(message);
    intruder.client.send(message);
    await stage.settle(intruder);
    expect(intruder.client.wire.ofType('error').map((error) => error.code)).toEqual(['INVALID_SESSION']);
    victim.say(1000);
    await victim.client.untilOutcomes(1);
    expect(node.jobs).toHaveLength(1);
    expect(victim.client.wire.ofType('error')).toEqual([]);
  });

  test('[R6] garbage on both sockets leaves others undisturbed', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    const rudeClient = await stage.bareClient(sessionUrl);
    const rudeNode = await stage.bareNode(nodeUrl);
    for (const text of garbage) {
      rudeClient.wire.sendText(text);
      rudeNode.wire.sendText(text);
    }
    rudeClient.wire.sendBinary(Uint8Array.from([1, 255, 0, 0, 9]));
    rudeNode.wire.sendBinary(Uint8Array.from([1, 255, 0, 0, 9]));
    web.say(1000);
    const [result] = await web.client.untilOutcomes(1);
    expect(result?.type).toBe('translation_result');
    expect(node.jobs).toHaveLength(1);
    // The rude client was answered and may still open a session.
    await rudeClient.wire.untilType('error');
    await rudeClient.init();
  });

  test('[PRO4] an unknown type and a malformed message: no reply to the one, field and expectation to the other', async () => {
    const { sessionUrl } = await stage.set();
    const client: FakeClient = (await stage.web(sessionUrl)).client;
    client.send({ type: 'something_new', session_id: client.sessionId });
    client.send({ type: 'audio_chunk', session_id: client.sessionId, seq: -1, is_final: false });
    const error = await client.untilType('error');
    expect(client.wire.ofType('error')).toHaveLength(1);
    expect(error.code).toBe('INVALID_MESSAGE');
    expect(String(error.message)).toContain('seq');
    expect(error.details).toMatchObject({ field: 'seq' });
  });
});

const garbage = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{"type":7}',
  '{"type":"session_init"}',
  '{"type":"node_register"}',
  '{"type":"job_result","job_id":"job-0"}',
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  `{"type":"audio_chunk","session_id":"s-0","seq":1e99,"is_final":true,"payload":"${'!'.repeat(4000)}"}`,
  '\u0000\u0001\ud800',
  '9'.repeat(100_000),
  `${'['.repeat(50_000)}`,
];
