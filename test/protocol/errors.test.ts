import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '#protocol/close-codes.ts';
import { ERRORS, isClientsFault, isErrorCode } from '#protocol/errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));

describe('the error catalogue', () => {
  it('[PRO8] the page lists the same rows, in the same order', () => {
    const expected = Object.values(ERRORS).map(
      ({ code, closeCode, httpStatus, retryable, fault, hintEn, hintZh }) =>
        `| \`${code}\` | ${closeCode ?? ''} | ${httpStatus ?? ''} | ${retryable ? 'yes' : 'no'} | ${fault} | ${hintEn} | ${hintZh} |`,
    );
    expect(rows).toEqual(expected);
  });

  it('[PRO8] the page lists every close code', () => {
    for (const code of Object.values(CLOSE_CODES)) expect(page).toContain(`| ${code} |`);
  });

  it('[PRO8] [W97] every row knows its code and speaks both languages', () => {
    for (const [code, entry] of Object.entries(ERRORS)) {
      expect(entry.code).toBe(code);
      expect(code).toMatch(/^[A-Z][A-Z_]+$/);
      expect(entry.hintEn).toMatch(/^[A-Z].*\.$/);
      expect(entry.hintZh).toMatch(/\p{Script=Han}.*。$/u);
    }
  });

  it('[PRO8] a code is known by its own name only', () => {
    expect(isErrorCode('INVALID_MESSAGE')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });

  it.each(['INVALID_AUDIO', 'UNSUPPORTED_LANGUAGE', 'UNSUPPORTED_FEATURE', 'TOO_LONG'])(
    "[PRO10] %s is the client's fault",
    (code) => {
      expect(isClientsFault(code)).toBe(true);
    },
  );

  it.each(['PROCESSING_ERROR', 'TTS_TIMEOUT', 'MODEL_NOT_AVAILABLE', 'INVALID_MESSAGE', 'NEVER_HEARD_OF'])(
    '[PRO10] [W25] %s from a node is worth another node',
    (code) => {
      expect(isClientsFault(code)).toBe(false);
    },
  );
});
