import { expect, it } from 'vitest';
import { openSession } from '#client/mod.ts';
import { compose } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { carrierSentences, seedOfThisRun } from './carrier-sentences.ts';
import { unbothered, useRealEngines } from './engines-for-tests.ts';
import { Program } from './node-at-work.ts';
import { pooledWordErrorRate, wordErrors } from './word-error.ts';

const wordErrorRateMax = 0.3;
const engines = useRealEngines();

/** Nothing canned survives this: the sentences are drawn, spoken and sent through every part when the test runs. */
it('[SPN20] five sentences drawn by chance come back through client, scheduler and node', async () => {
  const seed = seedOfThisRun();
  console.log(`seed ${seed}`);
  const scheduler = await compose({
    ...loadConfig({ sets: ['server.port=0', 'nodes.require_gpu=false'] }),
    log: { write: () => undefined },
  });
  const { port } = await scheduler.start();
  const program = new Program(['--url', `ws://127.0.0.1:${port}/ws/node`, '--json'], {});
  try {
    await program.untilEvent('registered');
    const session = await openSession({
      url: `ws://127.0.0.1:${port}/ws/session`,
      srcLang: 'en',
      tgtLang: 'zh',
      audioFormat: 'pcm16',
      endpointing: false,
    });
    const results = session.results[Symbol.asyncIterator]();
    const sentences = carrierSentences(seed, 5);
    const errors = [];
    for (const [index, sentence] of sentences.entries()) {
      const speech = await engines().speak(sentence, 'en', unbothered());
      session.sendPcm(Int16Array.from(speech, (sample) => Math.round(sample * 32_767)));
      session.endUtterance();
      const { value } = await results.next();
      expect(value).toMatchObject({ kind: 'translated', index });
      if (value?.kind !== 'translated') continue;
      errors.push(wordErrors(sentence, value.text));
      expect(value.translated).toMatch(/\p{Script=Han}/u);
      expect(value.audio?.format).toBe('opus');
      expect(value.audio?.bytes.byteLength).toBeGreaterThan(1000);
    }
    await session.close();
    const rate = pooledWordErrorRate(errors);
    console.log(`word error rate ${(100 * rate).toFixed(1)} % over ${errors.length} sentences`);
    expect(errors).toHaveLength(5);
    expect(rate, `seed ${seed}`).toBeLessThanOrEqual(wordErrorRateMax);
  } finally {
    program.child.kill('SIGTERM');
    await program.untilExit();
    await scheduler.stop(1000);
  }
}, 90_000);
