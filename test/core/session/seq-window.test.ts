import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newSeqWindow, takeSeq } from '#core/session/seq-window.ts';

const verdicts = (...seqs: readonly number[]) => {
  const window = newSeqWindow();
  return seqs.map((seq) => takeSeq(window, seq));
};

test.each([
  ['[SES14] numbers in a row', [0, 1, 2], ['next', 'next', 'next']],
  ['[SES14] any first number', [4_294_967_295], ['next']],
  ['[SES14] [W14] a repeat', [5, 5, 6, 5], ['next', 'repeat', 'next', 'repeat']],
  ['[SES14] [W14] a gap', [0, 3, 4], ['next', 'gap', 'next']],
  ['[SES14] a late number is taken once', [0, 3, 1, 1, 4], ['next', 'gap', 'late', 'repeat', 'next']],
  ['[SES14] a count that begins anew', [500, 0, 1, 1], ['next', 'restart', 'next', 'repeat']],
  ['[SES14] 31 back is remembered', [0, 31, 0], ['next', 'gap', 'repeat']],
  ['[SES14] 32 back is not', [0, 32, 0], ['next', 'gap', 'restart']],
])('%s', (_what, seqs, expected) => {
  expect(verdicts(...seqs)).toEqual(expected);
});

test('[SES14] within the window every number is taken once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 31 }), { maxLength: 100, size: 'max' }), (seqs) => {
      const taken = verdicts(...seqs).flatMap((verdict, at) => (verdict === 'repeat' ? [] : [seqs[at]]));
      // What lies below the first number counts as late, and is taken as well.
      expect(taken).toEqual([...new Set(seqs)]);
    }),
  );
});
