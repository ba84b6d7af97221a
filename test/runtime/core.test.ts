import { describe, expect, it } from 'vitest';
import { decodeNodeFrame } from '#codec/decode-node.ts';
import { asNodeId, asSessionId } from '#protocol/ids.ts';
import type { NodeAgentMessage, SessionClientMessage } from '#protocol/messages.ts';
import { coreDomain, type Domain } from '#runtime/domain.ts';
import { legacyHeartbeat, legacyRegister } from '#testing/node-registration.ts';
import { connection, type RecordedLink, type RuntimeStage, runtimeStage } from './runtime-stage.ts';

const message = (fields: object): NodeAgentMessage => {
  const decoded = decodeNodeFrame(Buffer.from(JSON.stringify(fields)));
  if (decoded.kind !== 'message') throw new Error(decoded.kind);
  return decoded.message;
};

const speech = (index: number): SessionClientMessage => ({
  type: 'utterance',
  session_id: asSessionId('s-1'),
  utterance_index: index,
  manual_cut: true,
  src_lang: 'zh',
  tgt_lang: 'en',
  audio_format: 'opus',
  sample_rate: 16_000,
  audio: {
    encoding: 'opus',
    bytes: new Uint8Array(64_000).fill(0x11),
    durationMs: 2000,
    sampleRateHz: 16_000,
    isSilent: false,
  },
});

/** A real session and a real dispatcher; the test is the client and the nodes. */
const scene = (domain: Domain = coreDomain) => {
  const stage = runtimeStage({}, { domain, settings: { dispatcherMailboxMax: 100, mailboxMax: 100 } });
  stage.runtime.start();
  const client = stage.openSession('s-1');
  return {
    ...stage,
    client,
    tell: (index: number) => stage.runtime.tellClientMessage(asSessionId('s-1'), speech(index)),
  };
};

const attachReady = async (
  { attachNode, driver, runtime }: RuntimeStage,
  name: string,
): Promise<RecordedLink> => {
  const link = attachNode(name);
  runtime.tellNodeMessage(connection(name), message(legacyRegister(name)));
  runtime.tellNodeMessage(connection(name), message({ ...legacyHeartbeat(name), timestamp: 1 }));
  await driver.settle();
  return link;
};

const assignedTo = (link: RecordedLink) =>
  link.messages.flatMap((sent) => (sent.type === 'job_assign' ? [sent] : []));

const answerAll = ({ runtime }: RuntimeStage, name: string, link: RecordedLink): void => {
  for (const { job_id, attempt_id, session_id, utterance_index, trace_id } of assignedTo(link)) {
    const echoed = { job_id, attempt_id, session_id, utterance_index, trace_id };
    const result = {
      type: 'job_result',
      node_id: name,
      success: true,
      text_asr: 'heard',
      text_translated: 'said',
    };
    runtime.tellNodeMessage(connection(name), message({ ...result, ...echoed }));
  }
};

const resultsAt = (client: RecordedLink) =>
  client.messages.flatMap((sent) => (sent.type === 'translation_result' ? [sent.utterance_index] : []));

describe('with the real core', () => {
  it('[RUN11] [RUN14] an utterance goes to a node and its result comes back to the speaker', async () => {
    const stage = scene();
    const link = await attachReady(stage, 'node-1');
    stage.tell(0);
    await stage.driver.settle();
    expect(assignedTo(link).map(({ utterance_index }) => utterance_index)).toEqual([0]);
    answerAll(stage, 'node-1', link);
    await stage.driver.settle();
    expect(resultsAt(stage.client)).toEqual([0]);
    expect(stage.counts.get('jobs_ended_total{result}')).toBe(1);
    expect([...stage.counts.keys()].filter((key) => key.startsWith('store_failures'))).toEqual([]);
  });

  it('[NOD46] an operator drains a node by its id; an unknown one is said to be unknown', async () => {
    const stage = scene();
    const link = await attachReady(stage, 'node-1');
    const nodeId = asNodeId('node-1');
    const wish = { deadlineMs: null, reason: 'new card' };
    expect(stage.runtime.drainNode(asNodeId('nobody'), wish)).toBe('unknown');
    expect(stage.runtime.drainNode(nodeId, wish)).toBe('asked');
    stage.tell(0);
    await stage.driver.settle();
    expect(assignedTo(link)).toEqual([]);
    expect(stage.runtime.undrainNode(nodeId)).toBe('asked');
    await stage.driver.settle();
    expect(assignedTo(link)).toHaveLength(1);
  });

  it('[NOD46] when too many wishes wait, the operator is told', async () => {
    const stage = scene();
    await attachReady(stage, 'node-1');
    const ask = () => stage.runtime.drainNode(asNodeId('node-1'), { deadlineMs: 1, reason: '' });
    const answers = Array.from({ length: 101 }, ask);
    expect(answers.at(-2)).toBe('asked');
    expect(answers.at(-1)).toBe('busy');
  });

  it('[RUN18] [I1] when the dispatcher fails in the middle, the sentence is translated all the same, once', async () => {
    let isBroken = false;
    const stage = scene({
      ...coreDomain,
      stepDispatcher: (state, event, now) => {
        if (isBroken && event.kind === 'nodeMessage') throw new Error('impossible state');
        return coreDomain.stepDispatcher(state, event, now);
      },
    });
    const before = await attachReady(stage, 'node-1');
    stage.tell(0);
    await stage.driver.settle();
    isBroken = true;
    answerAll(stage, 'node-1', before);
    await stage.driver.settle();
    expect(before.said.at(-1)).toBe('close 1011 INTERNAL_ERROR');
    expect(resultsAt(stage.client)).toEqual([]);
    isBroken = false;
    await stage.driver.settleBy(200);
    const after = await attachReady(stage, 'node-1');
    expect(assignedTo(after).map(({ utterance_index }) => utterance_index)).toEqual([0]);
    answerAll(stage, 'node-1', after);
    await stage.driver.settle();
    expect(resultsAt(stage.client)).toEqual([0]);
    expect(stage.client.said.filter((said) => said.startsWith('close'))).toEqual([]);
  });

  it('[RUN17] [I6] when the session fails, its job is cancelled and the dispatcher keeps nothing of it', async () => {
    let isBroken = false;
    const stage = scene({
      ...coreDomain,
      stepSession: (state, event, now) => {
        if (isBroken && event.kind === 'clientMessage') throw new Error('impossible state');
        return coreDomain.stepSession(state, event, now);
      },
    });
    const link = await attachReady(stage, 'node-1');
    stage.tell(0);
    await stage.driver.settle();
    isBroken = true;
    stage.tell(1);
    await stage.driver.settle();
    expect(stage.runtime.view.dispatcher.jobs.size).toBe(0);
    expect(link.said).toContain('send job_cancel');
    expect(stage.client.said.slice(-2)).toEqual(['close 1011 INTERNAL_ERROR', 'ended']);
  });

  it('[RUN20] a drain waits for the result of what was said before it', async () => {
    const stage = scene();
    const link = await attachReady(stage, 'node-1');
    stage.tell(0);
    await stage.driver.settle();
    let isDone = false;
    void stage.runtime.drain(20_000).then(() => {
      isDone = true;
    });
    await stage.driver.settleBy(2000);
    expect(isDone).toBe(false);
    answerAll(stage, 'node-1', link);
    await stage.driver.settle();
    expect(resultsAt(stage.client)).toEqual([0]);
    expect(stage.client.said.slice(-2)).toEqual(['close 1012 DRAINING', 'ended']);
    expect(link.said.at(-1)).toBe('close 1012 DRAINING');
    expect(isDone).toBe(true);
  });

  it('[RUN2] the same inputs at the same times give the same messages', async () => {
    const play = async (): Promise<unknown> => {
      const stage = scene();
      const links = [await attachReady(stage, 'node-1'), await attachReady(stage, 'node-2')];
      for (let index = 0; index < 4; index += 1) {
        stage.tell(index);
        await stage.driver.settleBy(700);
      }
      for (const [place, link] of links.entries()) answerAll(stage, `node-${place + 1}`, link);
      await stage.driver.settleBy(30_000);
      expect(resultsAt(stage.client)).toEqual([0, 1, 2, 3]);
      return [stage.client, ...links].map(({ messages, said }) => ({ messages, said }));
    };
    expect(await play()).toEqual(await play());
  });
});
