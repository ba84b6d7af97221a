import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createSpeechNode } from '#node/create-speech-node.ts';
import type { ScriptedJob, ScriptedNode, WebClient } from '#testing/mod.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

const OPEN_FEATURES = ['job_ack', 'job_reject', 'partials', 'open_job', 'audio:opus'];

const speaker = (url: string): Promise<WebClient> =>
  stage.web(url, { vintage: 'newer', init: { capabilities: ['partials', 'opus'], audio_format: 'opus' } });

const untilAudio = (node: ScriptedNode, job: ScriptedJob, bytes: number): Promise<unknown> =>
  node.wire.until(() => job.audio.length > bytes);

const partialsOf = (web: WebClient) => web.client.wire.ofType('asr_partial');

describe('captions while a person speaks', () => {
  test('[CAP1] [CAP3] [CAP4] the first text comes before the speaker has finished, and the result once', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const web = await speaker(sessionUrl);
    web.speak(780);
    const job = await node.nextJob();
    expect(job.message).toMatchObject({ open: true, utterance_index: 0 });
    expect(job.message).not.toHaveProperty('is_manual_cut');
    expect(job.isOpen).toBe(true);
    const before = job.audio.length;
    job.ack();
    job.caption(1, '', 'good');
    expect(await web.client.untilType('asr_partial')).toMatchObject({
      utterance_index: 0,
      job_id: job.jobId,
      revision: 1,
      settled: '',
      tentative: 'good',
    });
    web.speak(520);
    await untilAudio(node, job, before);
    job.caption(2, 'good', ' morn');
    await web.client.untilType('asr_partial', 2);
    expect(web.client.outcomes()).toEqual([]);
    web.speak(260);
    web.finish();
    await node.wire.untilType('audio_end');
    expect(job.end).toMatchObject({ is_manual_cut: true, padding_ms: 280 });
    job.caption(3, 'good morning', '');
    job.answer({ text_asr: 'good morning', text_translated: 'buenos dias' });
    const [result] = await web.client.untilOutcomes(1);
    expect(result).toMatchObject({
      type: 'translation_result',
      utterance_index: 0,
      job_id: job.jobId,
      text_asr: 'good morning',
    });
    expect(node.jobs).toHaveLength(1);
    const settled = partialsOf(web).map((partial) => String(partial.settled));
    for (const [at, text] of settled.entries()) expect(text.startsWith(settled[at - 1] ?? '')).toBe(true);
    await stage.settle(web);
    expect(web.client.outcomes()).toHaveLength(1);
  });

  test('[CAP3] the node hears the same audio, piece by piece, that a whole job would have had', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const open = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const captioned = await speaker(sessionUrl);
    captioned.speak(780);
    const job = await open.nextJob();
    captioned.speak(1560);
    captioned.finish();
    await open.wire.until(() => job.end !== null);
    job.answer();
    await captioned.client.untilOutcomes(1);
    const plain = await stage.web(sessionUrl, { vintage: 'newer' });
    plain.speak(780);
    plain.speak(1560);
    plain.finish();
    const whole = await open.nextJob();
    expect(whole.message).not.toHaveProperty('open');
    expect(job.audio.equals(whole.audio)).toBe(true);
  });

  test('[CAP5] the node dies while the person speaks: nothing is lost', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const first = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const web = await speaker(sessionUrl);
    web.speak(780);
    await first.nextJob();
    const second = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    first.kill();
    web.speak(1040);
    await stage.settle(web);
    web.finish();
    const [result] = await web.client.untilOutcomes(1);
    expect(result).toMatchObject({ type: 'translation_result', utterance_index: 0 });
    expect(second.jobs[0]?.message).toMatchObject({ attempt_id: 2, is_manual_cut: true });
    expect(second.jobs[0]?.message).not.toHaveProperty('open');
  });

  test('[CAP5] with another such node the captions go on there, from the first word', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const first = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const web = await speaker(sessionUrl);
    web.speak(780);
    const lost = await first.nextJob();
    const second = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    first.kill();
    const job = await second.nextJob();
    expect(job.message).toMatchObject({ open: true, job_id: lost.jobId, attempt_id: 2 });
    expect(job.audio.length).toBeGreaterThanOrEqual(lost.audio.length);
    web.finish();
    await second.wire.untilType('audio_end');
    job.answer();
    const [result] = await web.client.untilOutcomes(1);
    expect(result).toMatchObject({ type: 'translation_result', utterance_index: 0 });
  });

  test('[CAP2] without such a node, and for clients that did not ask, the job comes whole as ever', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const plain = await stage.node(nodeUrl, { features: ['job_ack', 'partials'] });
    const web = await speaker(sessionUrl);
    web.speak(1560);
    await stage.settle(web);
    expect(plain.jobs).toHaveLength(0);
    web.finish();
    const job = await plain.nextJob();
    expect(job.message).not.toHaveProperty('open');
    job.answer();
    await web.client.untilOutcomes(1);
    plain.kill();
    const open = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const legacy = await stage.web(sessionUrl, { vintage: 'newer' });
    legacy.speak(1560);
    await stage.settle(legacy);
    expect(open.jobs).toHaveLength(0);
  });

  test('[CAP6] an answer before the end is no answer', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const hasty = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const web = await speaker(sessionUrl);
    web.speak(780);
    (await hasty.nextJob()).answer({ text_asr: 'half' });
    await stage.settleNode(hasty);
    web.speak(780);
    web.finish();
    const whole = await hasty.nextJob();
    expect(whole.message).not.toHaveProperty('open');
    whole.answer({ text_asr: 'whole' });
    const [result] = await web.client.untilOutcomes(1);
    expect(result).toMatchObject({ text_asr: 'whole' });
  });

  test('[CAP8] a client that goes away in the middle of a word takes its open job along', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { features: OPEN_FEATURES });
    const web = await speaker(sessionUrl);
    web.speak(780);
    const job = await node.nextJob();
    web.client.terminate();
    await node.wire.until(() => job.isCancelled);
  });

  test('[CAP3] [SDK91] the SDK on both ends of it: words while they are spoken, the whole at the end', async () => {
    const { nodeUrl, sessionUrl, scheduler } = await stage.set();
    const heard: number[] = [];
    const node = createSpeechNode({
      url: nodeUrl,
      capacity: 2,
      handlesOpenJobs: true,
      registration: {
        version: '1.0.0',
        platform: 'linux',
        hardware: { cpu_cores: 4, memory_gb: 8, gpus: [{ name: 'a GPU', memory_gb: 8 }] },
        installed_services: (['asr', 'nmt', 'tts'] as const).map((type) => ({
          service_id: type,
          type,
          device: 'gpu',
          status: 'running',
        })),
        capability_by_type: (['asr', 'nmt', 'tts'] as const).map((type) => ({ type, ready: true })),
        advanced_features: ['open_job', 'partials', 'audio:opus'],
      },
      onJob: async (job, context) => {
        let settled = '';
        for await (const piece of job.audioPieces) {
          heard.push(piece.byteLength);
          if (settled !== '') context.partial({ settled, tentative: ' and' });
          settled += settled === '' ? 'word' : ' and word';
        }
        return { text_asr: settled, text_translated: `${job.audioBytes.byteLength}` };
      },
    });
    onTestFinished(() => node.stop({ deadlineMs: 0 }));
    await node.start();
    const { registry } = scheduler.runtime.view.dispatcher;
    const web = await speaker(sessionUrl);
    await web.client.until(() => {
      web.client.heartbeat();
      return [...registry.nodes.values()].some(({ status }) => status === 'ready');
    });
    for (let at = 0; at < 6; at += 1) web.speak(260);
    await web.client.untilType('asr_partial');
    expect(web.client.outcomes()).toEqual([]);
    for (let at = 0; at < 4; at += 1) web.speak(260);
    web.finish();
    const [result] = await web.client.untilOutcomes(1);
    const bytes = heard.reduce((sum, count) => sum + count, 0);
    expect(heard.length).toBeGreaterThan(2);
    expect(result).toMatchObject({ type: 'translation_result', text_translated: `${bytes}` });
    expect(String(result?.text_asr).startsWith('word and word')).toBe(true);
  });
});
