import { describe, expect, it } from 'vitest';
import { decodeOpus, encodeOpus } from '../../speech-node/src/opus.ts';
import { ENGINE_RATE_HZ } from '../../speech-node/src/samples.ts';
import { carrierSentences, seedOfThisRun } from './carrier-sentences.ts';
import { unbothered, useRealEngines } from './engines-for-tests.ts';
import { pooledWordErrorRate, wordErrors, wordsOf } from './word-error.ts';

const WORD_ERROR_RATE_MAX = 0.3;

describe('read back', () => {
  const engines = useRealEngines();

  it('[SPN8] spoken sentences with words drawn by chance are understood again, through Opus', async () => {
    const seed = seedOfThisRun();
    console.log(`seed ${seed}`);
    const outcomes = [];
    for (const sentence of carrierSentences(seed, 5)) {
      const speech = await engines().speak(sentence, 'en', unbothered());
      const carried = decodeOpus(encodeOpus(speech), 60 * ENGINE_RATE_HZ);
      outcomes.push(wordErrors(sentence, await engines().recognize(carried)));
    }
    const rate = pooledWordErrorRate(outcomes);
    console.log(`word error rate ${(100 * rate).toFixed(1)} %`);
    expect(rate, `seed ${seed}`).toBeLessThanOrEqual(WORD_ERROR_RATE_MAX);
  });
});

describe('measuring', () => {
  it.each([
    ['a b c', 'a b c', 0],
    ['a b c', 'A, b. C!', 0],
    ['a b c', 'a x c', 1],
    ['a b c', 'a c', 1],
    ['a b c', 'a b b c', 1],
    ['a b c', '', 3],
    ['', 'a', 1],
    ['cold-hearted', 'cold hearted', 0],
    ['don’t', "don't", 0],
  ])('[SPN8] "%s" heard as "%s" is %i errors', (said, heard, errorCount) => {
    expect(wordErrors(said, heard).errorCount).toBe(errorCount);
  });

  it('[SPN8] a rate is over all words together', () => {
    const results = [wordErrors('a', 'b'), wordErrors('a b c', 'a b c')];
    expect(pooledWordErrorRate(results)).toBe(0.25);
    expect(pooledWordErrorRate([])).toBe(0);
  });

  it('[SPN8] a seed gives the same sentences again, and another seed others', () => {
    expect(carrierSentences(7, 5)).toEqual(carrierSentences(7, 5));
    expect(carrierSentences(7, 5)).not.toEqual(carrierSentences(8, 5));
    for (const sentence of carrierSentences(7, 20)) expect(wordsOf(sentence).length).toBeGreaterThan(6);
  });
});
