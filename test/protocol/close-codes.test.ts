import { describe, expect, it } from 'vitest';
import { closeReason, parseCloseReason } from '#protocol/close-codes.ts';
import { ERRORS } from '#protocol/errors.ts';
import { CLOSE_REASON_BYTES_MAX } from '#protocol/limits.ts';

describe('close reasons', () => {
  it.each(Object.values(ERRORS))('[PRO9] the reason of $code fits its frame', ({ code }) => {
    expect(Buffer.byteLength(closeReason(code, Number.MAX_SAFE_INTEGER))).toBeLessThanOrEqual(
      CLOSE_REASON_BYTES_MAX,
    );
  });

  it('[PRO9] a reason says code and, where there is one, the wait', () => {
    expect(closeReason('DRAINING')).toBe('{"code":"DRAINING"}');
    expect(closeReason('NODE_REFUSED', 30_000.2)).toBe('{"code":"NODE_REFUSED","retry_after_ms":30001}');
    expect(closeReason('NODE_REFUSED', -5)).toBe('{"code":"NODE_REFUSED","retry_after_ms":0}');
  });

  it('[PRO9] a reason is read back, a foreign one gives nulls', () => {
    expect(parseCloseReason(closeReason('RATE_LIMITED', 250))).toEqual({
      code: 'RATE_LIMITED',
      retryAfterMs: 250,
    });
    for (const reason of ['', 'going away', 'null', '[]', '{"code":7,"retry_after_ms":"1"}']) {
      expect(parseCloseReason(reason)).toEqual({ code: null, retryAfterMs: null });
    }
  });
});
