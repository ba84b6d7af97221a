import fc from 'fast-check';
import { nodeAgentSchemas, sessionClientSchemas } from '#protocol/messages.ts';
import { arbitraryFrame } from './arbitrary-message.ts';
import { packet, prefixed } from './opus-run.ts';
import { readVector, vectorNames } from './vectors.ts';

/**
 * Frames as friends and foes write them: any message, its JSON written in any order and style, strewn with what looks
 * like its audio but is not, and at last spoilt. All drawn from one recipe, so that a failure shrinks.
 */
export const AUDIO_FIELDS = { audio_chunk: 'payload', utterance: 'audio', job_result: 'tts_audio' } as const;
const FIELDS = Object.values(AUDIO_FIELDS);

type Entry = readonly [key: string, value: string];
type Style = (typeof STYLES)[number];
/** Compact as JavaScript writes, spaced as Python does, spread as people do. */
const STYLES = ['compact', 'spaced', 'spread'] as const;

/** Of even length, valid as Opus packets and so as PCM too. */
const longAudio = prefixed(...Array.from({ length: 12 }, (_, at) => packet(150 + 2 * at)));
const longBase64 = Buffer.from(longAudio).toString('base64');

/** What may stand where audio should: JSON text, quotes included. */
const audioTexts: readonly string[] = [
  `"${longBase64}"`,
  `"${longBase64}${longBase64}"`,
  `"${longBase64.slice(0, -4)}"`,
  `"${longBase64}A"`,
  `"${longBase64}AA=="`,
  `"${longBase64}AA=A"`,
  `"${longBase64}AA-_"`,
  `"${longBase64}AAA\\u0041"`,
  `"${longBase64}AAA\\"`,
  `"${longBase64}AAA\\""`,
  `"${longBase64}AAA\\\\"`,
  `"AAA\\/${longBase64}"`,
  `"${longBase64}AA\nA"`,
  `"${longBase64}A\u00e9A"`,
  `"${longBase64}AAA\u0141"`,
  '""',
  '"AAAA"',
  'null',
  '7',
  '["AAAA"]',
  `{"payload":"${longBase64}"}`,
];

/** Looks like the audio of a message, in a place where it is not; `field` is its true name. */
const strays: readonly ((field: string, text: string) => Entry)[] = [
  (field, text) => [JSON.stringify(field), text],
  (field, text) => ['"x"', `{"y":1,"${field}":${text}}`],
  (field, text) => ['"x"', `[0,{"${field}":${text}}]`],
  (field, text) => ['"__proto__"', `{"y":1,"${field}":${text}}`],
  (field) => ['"x"', `",\\"${field}\\":\\"AAAA"`],
  (field) => [`"x,\\"${field}"`, '"AAAA"'],
  (field) => [`"x\\",\\"${field}"`, '"AAAA"'],
  (field) => ['"x\\\\"', `"y\\\\","${field}":"AAAA"`],
  (field) => [`"\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}"`, `"${longBase64}"`],
  () => ['"type"', '"audio_chunk"'],
  () => ['"type"', '"utterance"'],
  () => ['"type"', '"heartbeat"'],
  () => ['"text_asr"', '"\u4f60\u597d, \\"G\u00fcnter\\"\\n"'],
];

const sampleObjects = vectorNames()
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readVector(name).toString('utf8')) as Record<string, unknown>);

const audioMessages = arbitraryFrame({
  audio_chunk: sessionClientSchemas.audio_chunk,
  utterance: sessionClientSchemas.utterance,
  job_result: nodeAgentSchemas.job_result,
});

const damage = fc.record({
  how: fc.constantFrom('flip', 'insert', 'remove', 'truncate'),
  at: fc.nat(99_999),
  /** Where the structure is, rather than anywhere in the audio. */
  isAtQuote: fc.boolean(),
  byte: fc.oneof(
    fc.constantFrom(...[...'"\\,:{}[] =-A\n'].map((letter) => letter.charCodeAt(0))),
    fc.nat(255),
  ),
});
type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never;

const recipe = fc.record({
  message: fc.oneof(
    { weight: 6, arbitrary: audioMessages },
    { weight: 1, arbitrary: arbitraryFrame({ ...sessionClientSchemas, ...nodeAgentSchemas }) },
    { weight: 1, arbitrary: fc.constantFrom(...sampleObjects) },
  ),
  /** Index into `audioTexts`, null for the audio that the message has. */
  audio: fc.option(fc.oneof(fc.constant(0), fc.nat(audioTexts.length - 1)), { freq: 6 }),
  /** Null: as it was made, the type first. */
  order: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.array(fc.nat(99), { minLength: 30, maxLength: 30 }) },
  ),
  style: fc.oneof({ weight: 4, arbitrary: fc.constant('compact' as const) }, fc.constantFrom(...STYLES)),
  padAt: fc.option(fc.nat(30)),
  strays: fc.array(
    fc.record({
      kind: fc.nat(strays.length - 1),
      at: fc.nat(30),
      audio: fc.nat(audioTexts.length - 1),
      isEscaped: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  escapes: fc.oneof(fc.constant([]), fc.array(fc.nat(9999), { maxLength: 2 })),
  damage: fc.oneof(
    { weight: 2, arbitrary: fc.constant<readonly Damage[]>([]) },
    { weight: 1, arbitrary: fc.array(damage, { minLength: 1, maxLength: 2 }) },
  ),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer Value> ? Value : never;

const written = (entries: readonly Entry[], style: Style): string => {
  const [colon, comma, open, close] = {
    compact: [':', ',', '{', '}'],
    spaced: [': ', ', ', '{', '}'],
    spread: [' :\t', '\n,  ', ' {\n', '\r\n} '],
  }[style] as [string, string, string, string];
  return `${open}${entries.map(([key, value]) => `${key}${colon}${value}`).join(comma)}${close}`;
};

const inserted = (entries: Entry[], at: number, entry: Entry): void => {
  // Mostly behind the type, or no frame would begin as a friend's does.
  entries.splice(Math.min(1 + (at % (entries.length + 1)), entries.length), 0, entry);
};

const fieldOf = (message: Readonly<Record<string, unknown>>, pick: number): string =>
  AUDIO_FIELDS[message.type as keyof typeof AUDIO_FIELDS] ?? FIELDS[pick % FIELDS.length] ?? 'payload';

/** A letter of the text as an escape of six: the same JSON where it stands in a string. */
const withEscape = (text: string, pick: number): string => {
  const letters = [...text.matchAll(/[a-zA-Z]/g)];
  const at = letters[pick % Math.max(1, letters.length)]?.index;
  if (at === undefined) return text;
  return `${text.slice(0, at)}\\u00${text.charCodeAt(at).toString(16)}${text.slice(at + 1)}`;
};

const textOf = ({ message, audio, order, style, padAt, strays: strewn, escapes }: Recipe): string => {
  const entries: Entry[] = Object.entries(message).map(([key, value]) => [
    JSON.stringify(key),
    JSON.stringify(value),
  ]);
  const replacement = audio === null ? undefined : audioTexts[audio];
  if (replacement !== undefined) {
    const key = JSON.stringify(fieldOf(message, 0));
    const at = entries.findIndex(([name]) => name === key);
    if (at === -1) entries.push([key, replacement]);
    else entries[at] = [key, replacement];
  }
  if (padAt !== null) inserted(entries, padAt, ['"x_pad"', `"${'. '.repeat(1100)}"`]);
  for (const { kind, at, audio: pick, isEscaped } of strewn) {
    const entry = strays[kind]?.(fieldOf(message, pick), audioTexts[pick] ?? '""');
    if (entry) inserted(entries, at, isEscaped ? [withEscape(entry[0], at), entry[1]] : entry);
  }
  for (const pick of escapes) {
    const at = pick % entries.length;
    const entry = entries[at];
    if (entry) entries[at] = [withEscape(entry[0], pick), entry[1]];
  }
  const ordered =
    order === null
      ? entries
      : entries.map((_, at) => at).sort((a, b) => (order[a] ?? a) - (order[b] ?? b) || a - b);
  return written(
    ordered.map((entry) => (typeof entry === 'number' ? (entries[entry] ?? ['"x"', '0']) : entry)),
    style,
  );
};

const spoilt = (frame: Buffer, damages: readonly Damage[]): Buffer =>
  damages.reduce((bytes: Buffer, { how, at: anywhere, isAtQuote, byte }) => {
    const quotes = [...bytes.keys()].filter((at) => bytes[at] === 0x22);
    const near = (quotes[anywhere % Math.max(1, quotes.length)] ?? 0) + (anywhere % 3) - 1;
    const at = Math.max(0, isAtQuote ? near : anywhere % Math.max(1, bytes.length));
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (how === 'truncate') return head;
    if (how === 'insert') return Buffer.concat([head, Buffer.of(byte), tail]);
    return Buffer.concat([head, how === 'flip' ? Buffer.of(byte) : Buffer.of(), tail.subarray(1)]);
  }, frame);

export const hostileFrame: fc.Arbitrary<Buffer> = recipe.map((drawn) =>
  spoilt(Buffer.from(textOf(drawn), 'utf8'), drawn.damage),
);
