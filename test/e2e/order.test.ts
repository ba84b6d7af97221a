import { afterEach, describe, expect, test } from 'vitest';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

/** Every order of `items`. */
const ordersOf = <T>(items: readonly T[]): T[][] =>
  items.length <= 1
    ? [[...items]]
    : items.flatMap((item, at) =>
        ordersOf([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
      );

describe('results over real sockets', () => {
  test('[I2] [W39] answers in all orders of four leave in index order, each once (case 25)', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl, { registration: { max_concurrent_jobs: 4 } });
    const web = await stage.web(sessionUrl);
    let said = 0;
    for (const order of ordersOf([0, 1, 2, 3])) {
      for (let at = 0; at < 4; at++) {
        web.say(1000);
        await stage.pass(time, 200, web, []);
        await node.untilJobs(said + at + 1);
      }
      for (const at of order) node.jobs[said + at]?.answer();
      said += 4;
      await web.client.untilOutcomes(said);
    }
    const outcomes = web.client.outcomes();
    expect(outcomes.map((message) => message.utterance_index)).toEqual(
      Array.from({ length: said }, (_, index) => index),
    );
    expect(outcomes.every((message) => message.type === 'translation_result')).toBe(true);
    expect(outcomes.map((message) => message.text_asr)).toEqual(
      Array.from({ length: said }, (_, index) => `heard ${index}`),
    );
  });

  test('[RES21] [GAT9] a result that frees 12 MiB of later ones costs nobody the socket', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl, { registration: { max_concurrent_jobs: 24 } });
    const web = await stage.web(sessionUrl);
    for (let at = 0; at < 24; at += 1) {
      web.say(1000);
      await stage.pass(time, 200, web, []);
      await node.untilJobs(at + 1);
    }
    const tts_audio = Buffer.alloc(512 * 1024, 'A').toString();
    const [first, ...rest] = node.jobs;
    for (const job of rest) job.answer({ tts_audio, tts_format: 'pcm16' });
    first?.answer();
    const outcomes = await web.client.untilOutcomes(24);
    expect(outcomes.map(({ utterance_index }) => utterance_index)).toEqual(
      Array.from({ length: 24 }, (_, index) => index),
    );
    expect(outcomes.at(-1)).toMatchObject({ type: 'translation_result', tts_audio });
  });

  test('[I2] [I4] a node that never answers: the second attempt runs beside it, nothing is lost or late', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const silent = await stage.node(nodeUrl, { registration: { max_concurrent_jobs: 1 } });
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const stuck = await silent.nextJob();
    const helpful = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    web.say(1000);
    await helpful.untilJobs(1);
    await stage.settle(web);
    expect(web.client.outcomes()).toEqual([]);
    // A third of the hold (10 s) after the later result was ready, the head gets a second attempt elsewhere.
    time.skip(3400);
    const hedge = (await helpful.untilJobs(2))[1];
    expect(hedge?.jobId).toBe(stuck.jobId);
    expect(hedge?.attemptId).toBe(2);
    const outcomes = await web.client.untilOutcomes(2);
    expect(outcomes.map((message) => [message.utterance_index, message.type])).toEqual([
      [0, 'translation_result'],
      [1, 'translation_result'],
    ]);
    // The first node wakes up late: counted, never shown.
    stuck.answer({ text_asr: 'too late' });
    await stage.settle(web);
    expect(web.client.outcomes()).toHaveLength(2);
  });

  test('[I2] a later result waits no longer than the hold when no other node fits', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl, { registration: { max_concurrent_jobs: 2 } });
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const stuck = await node.nextJob();
    web.say(1000);
    const later = await node.nextJob();
    later.answer();
    await stage.settle(web);
    time.skip(9500);
    await stage.settle(web);
    expect(web.client.outcomes()).toEqual([]);
    time.skip(600);
    const outcomes = await web.client.untilOutcomes(2);
    expect(outcomes.map((message) => [message.utterance_index, message.type, message.reason])).toEqual([
      [0, 'missing_result', 'result_timeout'],
      [1, 'translation_result', undefined],
    ]);
    stuck.answer();
    await stage.settle(web);
    expect(web.client.outcomes()).toHaveLength(2);
  });

  test('[I1] [W29] a failed job is tried once elsewhere; failing there too it ends as missing, and later ones go on', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const first = await stage.node(nodeUrl, { behaviour: (job) => job.fail('PROCESSING_ERROR') });
    const second = await stage.node(nodeUrl, { behaviour: (job) => job.fail('PROCESSING_ERROR') });
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const [missing] = await web.client.untilOutcomes(1);
    expect([missing?.type, missing?.reason, missing?.utterance_index]).toEqual([
      'missing_result',
      'timeout',
      0,
    ]);
    expect(first.jobs.length + second.jobs.length).toBe(2);
    expect(web.client.wire.ofType('error')).toEqual([]);
    first.behaviour = (job) => job.answer();
    second.behaviour = (job) => job.answer();
    web.say(1000);
    const [, result] = await web.client.untilOutcomes(2);
    expect([result?.type, result?.utterance_index]).toEqual(['translation_result', 1]);
  });

  test('[I1] a job whose attempts all expire ends as missing(timeout)', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl);
    const web = await stage.web(sessionUrl);
    web.say(1000);
    await node.nextJob();
    // Unsampled deadline for 1 s of audio is 17 s. Nobody else fits, so the same node gets it again under other names, until
    // then the wait for another one ends after 10 s.
    await stage.pass(time, 200_000, web, [node]);
    expect(new Set(node.jobs.map(({ jobId }) => jobId)).size).toBe(node.jobs.length);
    const [missing] = await web.client.untilOutcomes(1);
    expect([missing?.type, missing?.reason]).toEqual(['missing_result', 'timeout']);
    const events = web.client.wire.ofType('ui_event').map((event) => [event.event, event.error_code]);
    expect(events).toContainEqual(['ERROR', 'JOB_TIMEOUT']);
  });
});
