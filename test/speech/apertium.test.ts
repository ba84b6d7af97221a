import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createApertium, findPairs } from '../../speech-node/src/apertium.ts';
import { cacheFolder } from '../../speech-node/src/tokens.ts';
import type { Translator } from '../../speech-node/src/translator.ts';
import { loadTranslators } from '../../speech-node/src/translators.ts';
import { unbothered } from './engines-for-tests.ts';

const folder = mkdtempSync(join(tmpdir(), 'lingua-apertium-'));
const opened: Translator[] = [];
afterAll(() => {
  for (const translator of opened) translator.close();
  rmSync(folder, { recursive: true, force: true });
});

const plant = (path: string, text: string): void => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
};

/** Keeps what a stream of Apertium keeps, and swaps the case of letters: a language of its own. */
const PROGRAM = `#!${process.execPath}
  const { readFileSync } = require('node:fs');
  if (process.argv[2] !== '-z' || readFileSync(process.argv.at(-1), 'utf8') !== 'dictionary') process.exit(1);
  let text = '';
  process.stdin.setEncoding('utf8').on('data', (data) => {
    text += data;
    for (let end = text.indexOf('\\0'); end >= 0; end = text.indexOf('\\0')) {
      process.stdout.write(text.slice(0, end).replace(/\\p{Ll}+/gu, (word) => word.toUpperCase()) + '\\0');
      text = text.slice(end + 1);
    }
  });`;
plant('usr/bin/planted-program', PROGRAM);
plant('usr/share/apertium/planted/spa.bin', 'dictionary');
const line = "planted-program $1 $2 '/usr/share/apertium/planted/spa.bin'";
plant('usr/share/apertium/modes/eng-spa.mode', `${line} | ${line}\n`);
plant('usr/share/apertium/modes/eng-spa_LA.mode', 'no-such-program');
plant('usr/share/apertium/modes/spa-eng.mode', 'no-such-program');
plant('usr/share/apertium/modes/en-eo.mode', 'no-such-program');
plant('usr/share/apertium/modes/eng-xyz.mode', 'no-such-program');

/** What `npm start` and `npm test` fetched, or the machine has: none where neither is possible. */
const real = findPairs(undefined, cacheFolder(undefined)).find(({ target }) => target === 'es');
const planted = findPairs(folder, folder).find(({ target }) => target === 'es');
const open = (pair: typeof planted): Translator => {
  if (pair === undefined) throw new Error('no such pair');
  const translator = createApertium(pair);
  opened.push(translator);
  return translator;
};

describe.each([
  ['the planted program', planted],
  [real === undefined ? 'the planted program once more' : 'the real one', real ?? planted],
])('%s', (_name, pair) => {
  const translator = open(pair);

  it('[SPN40] signs that mean something to the programs come through as they are, unknown words unmarked', async () => {
    const text = await translator.translate('Zzyzx [z] {y} <x> ^ @w $5 a/b 50% \\ end', unbothered());
    for (const part of ['[', '{', '<', '^ @', '$5', '50%', '\\']) expect(text).toContain(part);
    expect(text).not.toMatch(/[*#]\p{L}|\[\]/u);
    expect(text).toMatch(/^zzyzx/i);
  });

  it('[SPN40] sentences keep their ends, and nothing stays nothing', async () => {
    expect(await translator.translate('Is it good?', unbothered())).toMatch(/[^.]\?$/);
    expect(await translator.translate('It is good.', unbothered())).toMatch(/[^.]\.$/);
    expect(await translator.translate('good', unbothered())).toMatch(/\p{L}$/u);
    expect(await translator.translate(' \n ', unbothered())).toBe('');
  });

  it('[SPN41] many sentences at once come back each in its place', async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => String(1_000 + index));
    const texts = await Promise.all(
      numbers.map((number) => translator.translate(`I see ${number} houses.`, unbothered())),
    );
    for (const [index, number] of numbers.entries()) expect(texts[index]).toContain(number);
  });
});

it('[SPN40] Spanish is Spanish, with what translates on this machine', async () => {
  const text = await open(real ?? planted).translate('The house is white.', unbothered());
  expect(text).toMatch(real === undefined ? /^THE HOUSE/ : /^La casa es blanca\.$/);
});

describe('which pairs are there', () => {
  it('[SPN44] a folder of the user comes first, variants and other directions are no pairs', () => {
    const pairs = findPairs(folder, cacheFolder(undefined));
    expect(pairs.map(({ target }) => target).sort()).toEqual(['eo', 'es', 'xyz']);
    const spanish = pairs.find(({ target }) => target === 'es');
    expect(spanish).toMatchObject({ modelId: 'apertium-eng-spa' });
    expect(spanish?.command.line).toBe(
      ['', ''].map(() => `planted-program -z -n  '${folder}/usr/share/apertium/planted/spa.bin'`).join(' | '),
    );
  });

  it('[SPN42] a pair that does not translate, or has no voice, is left out with a sentence; the gloss is there', async () => {
    const notices: string[] = [];
    const translators = await loadTranslators({
      modelDir: folder,
      cacheDir: folder,
      isSpoken: (language) => language !== 'xyz',
      onNotice: (sentence) => notices.push(sentence),
    });
    opened.push(...translators);
    expect(translators.map(({ target, kind }) => [target, kind])).toEqual([
      ['es', 'translation'],
      ['zh', 'gloss'],
    ]);
    expect(notices).toEqual([
      'apertium-en-eo is there, but does not translate: English to eo is not offered',
    ]);
  });

  it('[SPN42] a machine without any pair is told how to get one, and glosses', async () => {
    const notices: string[] = [];
    const translators = await loadTranslators({
      modelDir: undefined,
      cacheDir: join(folder, 'nowhere'),
      isSpoken: () => false,
      onNotice: (sentence) => notices.push(sentence),
    });
    expect(translators.map(({ target }) => target)).toEqual(['zh']);
    expect(await translators[0]?.translate('Where is the train station?', unbothered())).toMatch(/火车站/);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('node scripts/fetch-apertium.mjs');
  });

  it('[SPN40] Apertium runs in processes of its own: no package of the workspace is under its licence', async () => {
    const { default: manifest } = await import('../../speech-node/package.json', { with: { type: 'json' } });
    expect(Object.keys(manifest.dependencies).filter((name) => name.includes('apertium'))).toEqual([]);
  });
});
