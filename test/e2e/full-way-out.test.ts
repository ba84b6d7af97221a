import { afterEach, expect, test } from 'vitest';
import type { ScriptedJob } from '#testing/mod.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
afterEach(() => stage.strike());

/** Twenty seconds of samples: most of a megabyte as base64, so that five of them are more than the way out may hold. */
const LONG_PCM = Buffer.alloc(20 * 32_000, 7).toString('base64');

test('[GAT90] [I1] more audio waits for a node than its socket may hold: it stays, and every job is answered', async () => {
  const { nodeUrl, sessionUrl, scheduler } = await stage.set();
  const speakers = await Promise.all(Array.from({ length: 6 }, () => stage.web(sessionUrl)));
  for (const { client } of speakers) {
    client.send({
      type: 'utterance',
      session_id: client.sessionId,
      utterance_index: 0,
      manual_cut: true,
      src_lang: 'zh',
      tgt_lang: 'en',
      audio: LONG_PCM,
      audio_format: 'pcm16',
      sample_rate: 16_000,
    });
  }
  await expect.poll(() => scheduler.runtime.view.dispatcher.waiting.size).toBe(speakers.length);
  await stage.node(nodeUrl, {
    features: ['audio:pcm16'],
    registration: { max_concurrent_jobs: 10 },
    behaviour: (job: ScriptedJob) => job.answer(),
  });
  for (const { client } of speakers) {
    const [outcome] = await client.untilOutcomes(1);
    expect(outcome).toMatchObject({ type: 'translation_result', text_asr: 'heard 0' });
  }
});
