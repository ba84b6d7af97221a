import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '#client/base64.ts';

test('[SDK13] bytes are written as Buffer writes them, and read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(text)).toEqual(new Uint8Array(bytes));
    }),
  );
});

test('[SDK13] any other text is refused', () => {
  for (const text of ['A', 'AA', 'AAA', 'AA-_', 'AA A', '=AAA', 'A===', '====', 'AA=A', 'é===', 'AAA\u00e9'])
    expect(decodeBase64(text), JSON.stringify(text)).toBeNull();
  expect(decodeBase64('')).toEqual(new Uint8Array());
});
