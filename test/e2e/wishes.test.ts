import { afterEach, describe, expect, test } from 'vitest';
import { legacyInit } from '#testing/mod.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

const asking = (capabilities: readonly string[], more: object = {}) => ({ init: { capabilities, ...more } });

describe('what a client asks for, over real sockets', () => {
  test('[SES60] partial texts with revision, settled and tentative text; the settled part stays', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { features: ['partials'] });
    const web = await stage.web(sessionUrl, asking(['partials']));
    web.say(1000);
    const job = await node.nextJob();
    job.partial('one tw', false, { revision: 1, settled: 'one', tentative: ' tw' });
    job.partial('won two', false, { revision: 2, settled: 'won', tentative: ' two' });
    job.partial('one two', true, { revision: 3 });
    job.answer();
    await web.client.untilOutcomes(1);
    const jobId = job.message.job_id;
    expect(web.client.wire.ofType('asr_partial')).toMatchObject([
      { job_id: jobId, revision: 1, settled: 'one', tentative: ' tw', is_final: false },
      { job_id: jobId, revision: 2, settled: 'one two', tentative: '', is_final: true },
    ]);
  });

  test('[SES68] [SES72] a sentence without a node: its place in the queue at once, and at the end why it failed', async () => {
    const { sessionUrl, time } = await stage.set();
    const web = await stage.web(sessionUrl, asking(['notices', 'errors']));
    web.say(1000);
    const queued = await web.client.untilType('notice');
    expect(queued).toMatchObject({
      kind: 'queued',
      queue_position: 1,
      utterance_index: 0,
      reason: 'no_nodes',
    });
    time.skip(10_100);
    await web.client.untilOutcomes(1);
    expect(web.client.wire.ofType('notice').map(({ kind }) => kind)).toEqual(['queued', 'capacity']);
    expect(web.client.wire.ofType('error')).toMatchObject([
      { code: 'NO_CAPACITY', utterance_index: 0, retryable: true },
    ]);
  });

  test('[SES65] endpointing and languages change with the next sentence', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    const node = await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl, asking(['opus']));
    const session_id = web.client.sessionId;
    web.client.send({
      type: 'session_configure',
      session_id,
      tgt_lang: 'fr',
      endpointing: { min_utterance_ms: 400 },
    });
    await web.client.untilType('session_configured');
    expect(web.client.wire.ofType('session_configured')).toMatchObject([
      { tgt_lang: 'fr', endpointing: { pause_ms: 3000, min_utterance_ms: 400 } },
    ]);
    web.say(1000);
    await web.client.untilOutcomes(1);
    expect(node.jobs[0]?.message.tgt_lang).toBe('fr');
  });

  test('[GAT54] pcm16 is refused where only Opus is taken, and the socket may ask again', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl);
    const client = await stage.bareClient(sessionUrl);
    client.send(legacyInit({ capabilities: ['pcm16'], audio_format: 'pcm16' }));
    await client.wire.untilType('error');
    expect(client.wire.ofType('error')).toMatchObject([
      { code: 'UNSUPPORTED_FEATURE', details: { field: 'audio_format', expected: 'opus' } },
    ]);
    const ack = await client.init(legacyInit({ capabilities: ['opus'] }));
    expect(ack.negotiated_audio_format).toBe('opus');
  });

  test('[GAT54] a refused wish changes nothing: the session that the socket has goes on', async () => {
    const { nodeUrl, sessionUrl } = await stage.set();
    await stage.node(nodeUrl, { behaviour: (job) => job.answer() });
    const web = await stage.web(sessionUrl);
    web.client.send(legacyInit({ capabilities: ['pcm16'], audio_format: 'pcm16' }));
    await web.client.untilType('error');
    web.say(1000);
    const [result] = await web.client.untilOutcomes(1);
    expect(result).toMatchObject({ type: 'translation_result', session_id: web.client.sessionId });
  });
});
