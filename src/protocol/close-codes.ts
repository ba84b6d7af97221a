import type { ErrorCode } from './errors.ts';

/** Why a socket is closed, by RFC 6455 7.4 and our own range. Both ends share this table. */
export const CLOSE_CODES = {
  normal: 1000,
  /** Identity, origin, control flood. */
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  /** Restart or drain: come back. */
  restart: 1012,
  unauthenticated: 4001,
  forbidden: 4003,
  /** A newer connection of the same identity took over. */
  replaced: 4004,
  /** Handshake or ping deadline passed. */
  deadline: 4008,
  rateLimit: 4009,
  slowReader: 4011,
  nodeRefused: 4012,
} as const;
export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];

/**
 * The text that goes with a close code.
 *
 * shape: JSON `{"code", "retry_after_ms"?}`, ASCII, at most 123 bytes (the longest code of the catalogue and
 *   any exact integer fit) [PRO9].
 * units: `retryAfterMs` milliseconds, a fraction is rounded up.
 */
export const closeReason = (code: ErrorCode, retryAfterMs?: number): string =>
  JSON.stringify(
    retryAfterMs === undefined ? { code } : { code, retry_after_ms: Math.max(0, Math.ceil(retryAfterMs)) },
  );

/** What a peer made of a close reason; anything that is not ours gives nulls. */
export const parseCloseReason = (
  reason: string,
): { readonly code: string | null; readonly retryAfterMs: number | null } => {
  try {
    const parsed: unknown = JSON.parse(reason);
    if (typeof parsed !== 'object' || parsed === null) return { code: null, retryAfterMs: null };
    const { code, retry_after_ms } = parsed as Readonly<Record<string, unknown>>;
    return {
      code: typeof code === 'string' ? code : null,
      retryAfterMs: typeof retry_after_ms === 'number' ? retry_after_ms : null,
    };
  } catch {
    return { code: null, retryAfterMs: null };
  }
};
