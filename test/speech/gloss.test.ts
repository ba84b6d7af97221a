import { statSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { stemsOf, withoutContractions } from '../../speech-node/src/english-forms.ts';
import { createGloss } from '../../speech-node/src/gloss.ts';
import { KEY_WORDS_MAX, loadGlossTable } from '../../speech-node/src/gloss-table.ts';

let gloss: (text: string) => string = (text) => text;
let keys: readonly string[] = [];
beforeAll(async () => {
  const table = await loadGlossTable();
  keys = [...table.keys()];
  gloss = createGloss(table);
});

describe('sentences', () => {
  it.each([
    ['Where is the train station?', '哪里是火车站？'],
    ["I don't know.", '我不知道。'],
    ['Thank you very much!', '非常感谢！'],
    ['The doctor is in the hospital.', '医生处于医院。'],
    ['She bought three books yesterday.', '她买三书籍昨天。'],
    ['I want to read, not to write.', '我想要读，不写。'],
  ])('[SPN6] %s', (english, chinese) => {
    expect(gloss(english)).toBe(chinese);
  });

  it('[SPN6] the longest phrase wins over its words', () => {
    expect(gloss('train station')).toBe('火车站');
    expect(gloss('train')).toBe('火车');
  });

  it('[SPN6] a verb is taken where a verb follows', () => {
    expect(gloss('I open the book')).toBe('我打开书');
    expect(gloss('they train')).toBe('他们训练');
  });

  it('[SPN6] a command not to do something stays one', () => {
    expect(gloss('Ask not what')).toBe('不要问什么');
  });

  it('[SPN6] words that nobody knows stay as they are, apart from each other', () => {
    expect(gloss('Xylotropin Qwertzu and water')).toBe('Xylotropin Qwertzu和水');
    expect(gloss('my water-Qwertzu')).toBe('我的水Qwertzu');
  });

  it('[SPN6] numbers and punctuation come through', () => {
    expect(gloss('Mr. Qwertzu, 10:30 (3.5)')).toBe('先生Qwertzu，10:30（3.5）');
  });

  it('[SPN6] any text gives a text', () => {
    for (const text of [
      '',
      '   ',
      '。',
      "'",
      '-',
      '--',
      'a',
      'the',
      '你好',
      '😀',
      "o'clock o''",
      'constructor',
    ])
      expect(typeof gloss(text)).toBe('string');
    expect(gloss('the')).toBe('');
  });

  it('[SPN6] a long text is no more than the sum of its sentences', () => {
    const sentence = 'Where is the train station? ';
    expect(gloss(sentence.repeat(200))).toBe(gloss(sentence).repeat(200));
  });
});

describe('table', () => {
  it('[SPN6] is small, and its keys are lower case and short', () => {
    const path = new URL('../../speech-node/data/en-zh.tsv.gz', import.meta.url);
    expect(statSync(path).size).toBeLessThan(1_100_000);
    expect(keys.length).toBeGreaterThan(80_000);
    expect(keys.filter((key) => key !== key.toLowerCase() || key.split(' ').length > KEY_WORDS_MAX)).toEqual(
      [],
    );
  });
});

describe('forms', () => {
  it.each([
    ['children', 'child'],
    ['countries', 'country'],
    ['stopped', 'stop'],
    ['making', 'make'],
    ['went', 'go'],
    ['boxes', 'box'],
    ["doctor's", 'doctor'],
  ])('[SPN6] %s may stem from %s', (form, stem) => {
    expect(stemsOf(form)).toContain(stem);
  });

  it('[SPN6] short forms are written out', () => {
    expect(withoutContractions("I'm sure we won't; it's what they'd say")).toBe(
      'I am sure we will not; it is what they would say',
    );
  });
});
