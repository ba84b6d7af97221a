import { afterEach, describe, expect, test } from 'vitest';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

/** What was seen of clients and agents that exist; their cases have numbers of their own (docs/real-clients.md). */
describe('clients and agents as they are', () => {
  test('[SES1] [IDX1] each page gets a session id of its own that begins with "s-", and index 0 (case 2)', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const pages = [await stage.web(sessionUrl), await stage.web(sessionUrl), await stage.web(sessionUrl)];
    const ids = pages.map(({ client }) => String(client.sessionId));
    expect(new Set(ids).size).toBe(3);
    for (const [at, page] of pages.entries()) {
      expect(ids[at]).toMatch(/^s-.{22,}$/);
      page.say(1000);
      const [outcome] = await page.client.untilOutcomes(1);
      expect(outcome).toMatchObject({ utterance_index: 0, session_id: ids[at] });
    }
  });

  test('[I1] one utterance is one job_assign, then one translation_result of that session with its texts (case 15)', async () => {
    const { nodeUrl, sessionUrl, time } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    web.say(2000);
    const [outcome] = await web.client.untilOutcomes(1);
    expect(outcome).toMatchObject({
      type: 'translation_result',
      session_id: web.client.sessionId,
      text_asr: 'heard 0',
      text_translated: 'translated 0',
    });
    await stage.pass(time, 20_000, web, [node]);
    expect(node.jobs).toHaveLength(1);
    expect(web.client.outcomes()).toHaveLength(1);
  });

  test('[JOB11] a node calls the job a repeat and then answers it after all: the answer counts', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, {
      behaviour: (job) => {
        job.fail('PROCESSING_ERROR', { error: { code: 'PROCESSING_ERROR', message: 'DUPLICATE_JOB_ID' } });
        job.answer();
      },
    });
    const web = await stage.web(sessionUrl);
    web.say(1000);
    expect(await web.client.untilOutcomes(1)).toMatchObject([{ type: 'translation_result' }]);
    expect(node.jobs).toHaveLength(1);
  });

  test('[SES17] texts without audio come as they are, with an empty audio', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl, { behaviour: (job) => job.answer({ tts_audio: '', tts_format: 'opus' }) });
    const web = await stage.web(sessionUrl);
    web.say(1000);
    expect(await web.client.untilOutcomes(1)).toMatchObject([
      { type: 'translation_result', text_asr: 'heard 0', text_translated: 'translated 0', tts_audio: '' },
    ]);
  });

  test('[GAT3] what we do not know of a newer page gets no reply at all, least of all an error', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    const session_id = web.client.sessionId;
    web.client.send({
      type: 'tts_started',
      session_id,
      trace_id: 'of nothing',
      group_id: 'none',
      ts_start_ms: 1,
    });
    web.client.send({ type: 'tts_paused', session_id, group_id: 'none' });
    web.say(1000);
    await web.client.untilOutcomes(1);
    expect(web.client.wire.ofType('error')).toEqual([]);
  });
});
