import { afterEach, describe, expect, test } from 'vitest';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

describe('nodes over real sockets', () => {
  test('[R2] [W26] a node killed mid-job: the job runs elsewhere within 2 s and is delivered once', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const doomed = await stage.node(nodeUrl);
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const lost = await doomed.nextJob();
    const other = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const killedAtMs = performance.now();
    doomed.kill();
    const [again] = await other.untilJobs(1);
    expect(performance.now() - killedAtMs).toBeLessThan(2000);
    expect([again?.jobId, again?.attemptId]).toEqual([lost.jobId, 2]);
    await web.client.untilOutcomes(1);
    await stage.settle(web);
    expect(web.client.outcomes().map((message) => message.type)).toEqual(['translation_result']);
  });

  test('[W22] with no node an utterance waits, and runs when one comes', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const web = await stage.web(sessionUrl);
    web.say(1000);
    await stage.settle(web);
    expect(web.client.outcomes()).toEqual([]);
    await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const [result] = await web.client.untilOutcomes(1);
    expect(result?.type).toBe('translation_result');
  });

  test('[I1] with no node for ten seconds it ends as missing, and nothing pops up in the page', async () => {
    const { sessionUrl, time } = await stage.set();
    const web = await stage.web(sessionUrl);
    web.say(1000);
    await stage.pass(time, 300, web, []);
    await stage.pass(time, 10_500, web, []);
    const [missing] = await web.client.untilOutcomes(1);
    expect([missing?.type, missing?.reason]).toEqual(['missing_result', 'timeout']);
    const events = web.client.wire.ofType('ui_event').map((event) => [event.event, event.error_code]);
    expect(events).toContainEqual(['ERROR', 'NODE_UNAVAILABLE']);
    expect(web.client.wire.ofType('error')).toEqual([]);
  });

  test('[W50] [W51] a node that comes back with its id takes over; the end of its old socket changes nothing', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl);
    const old = node.wire;
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const job = await node.nextJob();
    const id = node.nodeId;
    const ack = await node.reconnect();
    expect(ack.node_id).toBe(id);
    expect((await old.untilClosed()).code).toBe(4004);
    // The agent answers the job of its old socket on the new one: the result counts.
    job.answer();
    const [first] = await web.client.untilOutcomes(1);
    expect(first?.text_asr).toBe('heard 0');
    node.behaviour = (next) => next.answer();
    web.say(1000);
    const [, second] = await web.client.untilOutcomes(2);
    expect([second?.type, second?.utterance_index]).toEqual(['translation_result', 1]);
  });

  test('[W87] [I8] a result under another node’s id changes nothing', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const honest = await stage.node(nodeUrl);
    const web = await stage.web(sessionUrl);
    web.say(1000);
    const job = await honest.nextJob();
    const liar = await stage.node(nodeUrl);
    const { message } = job;
    liar.send({
      type: 'job_result',
      job_id: job.jobId,
      attempt_id: job.attemptId,
      node_id: honest.nodeId,
      session_id: message.session_id,
      utterance_index: 0,
      success: true,
      text_asr: 'a lie',
      text_translated: 'a lie',
      trace_id: message.trace_id,
    });
    liar.send({
      type: 'job_result',
      job_id: job.jobId,
      attempt_id: job.attemptId,
      node_id: liar.nodeId,
      session_id: message.session_id,
      utterance_index: 0,
      success: true,
      text_asr: 'a lie',
      text_translated: 'a lie',
      trace_id: message.trace_id,
    });
    await stage.settleNode(liar);
    job.answer();
    const [result] = await web.client.untilOutcomes(1);
    expect(result?.text_asr).toBe('heard 0');
  });

  test('[NOD2] a node without a GPU is refused with code and fix while one is required', async () => {
    const { nodeUrl } = await stage.set();
    const node = await stage.bareNode(nodeUrl);
    node.sendRegister({ hardware: { cpu_cores: 4, memory_gb: 8 } });
    const error = await node.wire.untilType('error');
    expect(error.code).toBe('NO_GPU_AVAILABLE');
    node.sendRegister();
    await node.wire.untilType('node_register_ack');
  });
});
