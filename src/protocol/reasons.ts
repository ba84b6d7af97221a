/** Why an utterance ends without a result. Source: docs/spec/protocol.md [PRO12]. */
export const MISSING_REASONS = [
  'silence',
  'no_capacity',
  'node_failed',
  'timeout',
  'order_timeout',
  'rejected',
  'shed',
  'cancelled',
  'session_closed',
] as const;
export type MissingReason = (typeof MISSING_REASONS)[number];

/** The words a client that asked for nothing knows. */
export const LEGACY_MISSING_REASONS = ['silence_detected', 'timeout', 'result_timeout'] as const;
export type LegacyMissingReason = (typeof LEGACY_MISSING_REASONS)[number];

/** What a legacy client is told in place of our reason [PRO12]. */
export const legacyMissingReason = (reason: MissingReason): LegacyMissingReason => {
  if (reason === 'silence') return 'silence_detected';
  return reason === 'order_timeout' ? 'result_timeout' : 'timeout';
};
