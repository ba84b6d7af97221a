import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Length, decodeBase64, encodeBase64 } from '#codec/base64.ts';

const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

describe('base64', () => {
  it('[AUD6] what Buffer wrote is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
        expect(text).toHaveLength(base64Length(bytes.length));
      }),
    );
  });

  it('[AUD6] [W14] exactly the standard alphabet with padding is taken', () => {
    const char = fc.constantFrom(...'AQz9+/=-_ \n"\\é', '\u0141', '\u{1f600}');
    fc.assert(
      fc.property(fc.array(char, { maxLength: 13 }), (chars) => {
        const text = chars.join('');
        expect(decodeBase64(text) !== null).toBe(STANDARD.test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('[AUD7] pieces are written as if they were one', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), (runs) => {
        expect(encodeBase64(runs).toString('latin1')).toBe(Buffer.concat(runs).toString('base64'));
      }),
    );
  });

  it('[AUD7] pieces longer than a slice are written whole, whatever the seam', () => {
    const long = Uint8Array.from({ length: 150_001 }, (_, at) => (at * 7) % 251);
    for (const head of [0, 1, 2, 3]) {
      const runs = [long.subarray(0, head), long, long.subarray(0, 49_152), long.subarray(5, 6)];
      expect(encodeBase64(runs).toString('latin1')).toBe(Buffer.concat(runs).toString('base64'));
    }
  });
});
