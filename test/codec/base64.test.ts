import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64Length,
  decodeBase64,
  decodeBase64Wire,
  encodeBase64,
  measureBase64Wire,
} from '#codec/base64.ts';

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

  it('[AUD9] wire bytes are judged as the same text is', () => {
    const letter = fc.constantFrom(...'AQz9+/AQz9+/=-_ \n"\\', '\u00e9');
    const quad = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('AAAA', 'Qz9+', '////') },
      { weight: 1, arbitrary: fc.constantFrom('AA==', 'AAA=', 'A===', '====', '=AAA', 'AA=A') },
      { weight: 1, arbitrary: fc.array(letter, { maxLength: 5 }).map((letters) => letters.join('')) },
    );
    fc.assert(
      fc.property(fc.array(quad, { maxLength: 12 }), (quads) => {
        const text = quads.join('');
        const wire = Buffer.from(text, 'utf8');
        expect(decodeBase64Wire(wire)).toEqual(decodeBase64(text));
        expect(measureBase64Wire(wire)).toBe(decodeBase64(text)?.length ?? null);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([65_532, 65_536, 65_540, 131_072, 200_000])('[AUD9] across slices, %i letters', (letterCount) => {
    const raw = Buffer.from(Array.from({ length: (letterCount / 4) * 3 }, (_, at) => (at * 7) % 251));
    const good = raw.toString('base64');
    const spoilt = [0, 65_531, 65_532, 65_535, 65_536, 65_539, letterCount - 1].flatMap((at) =>
      [...'=- \\"'].map((letter) => good.slice(0, at) + letter + good.slice(at + 1)),
    );
    const padded = raw.subarray(1).toString('base64');
    for (const text of [
      good,
      padded,
      good.slice(1),
      `${good.slice(0, 65_532)}AA==${good.slice(65_532)}`,
      ...spoilt,
    ]) {
      const wire = Buffer.from(text, 'latin1');
      const expected = decodeBase64(text);
      expect(measureBase64Wire(wire)).toBe(expected?.length ?? null);
      const decoded = decodeBase64Wire(wire);
      expect(decoded === null ? expected === null : expected !== null && decoded.equals(expected)).toBe(true);
    }
    expect(decodeBase64Wire(Buffer.from(good))?.equals(raw)).toBe(true);
  });
});
