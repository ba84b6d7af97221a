import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JobIdentity, jobIdOf } from '#core/session/job-id.ts';
import { murmur128 } from '#core/session/murmur128.ts';
import { asSessionId } from '#protocol/ids.ts';

const BASE: JobIdentity = {
  tenant: 'default',
  sessionId: asSessionId('s-1'),
  utteranceIndex: 7,
  kind: 'translate',
  tgtLang: 'en',
};

/** Published values of MurmurHash3 x86_128 with seed 0; the last three of our own, of more than ASCII and of many blocks. */
test.each([
  ['', '00000000000000000000000000000000'],
  ['I will not buy this record, it is scratched.', 'A0A9683B25AC5E40D9AF2895890DDDF5'],
  ['The quick brown fox jumps over the lazy dog', '2F1583C3ECEE2C675D7BF66CE5E91D2C'],
  ['éé中中😀😀 and then ASCII again', '2BC0DEE3D2AF3ED41EDAB736B97287BA'],
  ['1234é中😀', 'EF62BA10053DD858C9DB76B98FBD8643'],
  ['a long one '.repeat(100), 'AA3D89E121E7DAC5865B18E479AF0FEA'],
])('[JID2] the hash of "%s" stays as it is', (text, expected) => {
  expect(murmur128(text)).toBe(expected);
});

test('[JID2] ids stay as they are', () => {
  expect(jobIdOf(BASE)).toMatch(/^job-[0-9A-F]{32}$/);
  expect([jobIdOf(BASE), jobIdOf({ ...BASE, features: { emotion_detection: true } })]).toEqual([
    'job-0ED8AA5ED66135556C4397720F09FF9D',
    'job-41B57909A6BF21B759100D3620D816D4',
  ]);
});

test('[JID1] [W32] the same parts make the same id, in whatever order features are named (case 37)', () => {
  const one = { ...BASE, features: { emotion_detection: true, voice_style_detection: true } };
  const other = { ...BASE, features: { voice_style_detection: true, emotion_detection: true } };
  expect(jobIdOf(one)).toBe(jobIdOf(other));
  expect(jobIdOf({ ...BASE, features: { emotion_detection: false } })).toBe(jobIdOf(BASE));
});

test.each([
  ['tenant', { tenant: 'other' }],
  ['session', { sessionId: asSessionId('s-2') }],
  ['index', { utteranceIndex: 8 }],
  ['target language', { tgtLang: 'ja' }],
  ['features', { features: { emotion_detection: true } }],
  ['parts that read the same when joined', { tenant: 'default3', sessionId: asSessionId('s-') }],
])('[JID1] another part makes another id: %s', (_what, part) => {
  expect(jobIdOf({ ...BASE, ...part })).not.toBe(jobIdOf(BASE));
});

test('[JID1] [W36] different texts give different ids of 128 bits', () => {
  const anyText = fc.string({
    unit: fc.constantFrom('a', '1', ':', 'é', '中', '😀', '\ud800', '\udc00'),
    maxLength: 40,
  });
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      fc.pre(one !== other);
      expect(jobIdOf({ ...BASE, tenant: one })).not.toBe(jobIdOf({ ...BASE, tenant: other }));
    }),
  );
});

test('[JID1] a lone half of a character is told from another', () => {
  expect(jobIdOf({ ...BASE, tenant: '\ud800' })).not.toBe(jobIdOf({ ...BASE, tenant: '\udbff' }));
});
