import { CLOSE_CODES } from '#protocol/close-codes.ts';

/** After these a new socket would end the same way, or would throw out its own successor [SDK61]. */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([
  CLOSE_CODES.normal,
  CLOSE_CODES.policy,
  CLOSE_CODES.tooBig,
  CLOSE_CODES.unauthenticated,
  CLOSE_CODES.forbidden,
  CLOSE_CODES.replaced,
]);
/** Closed as a breach of policy, and still welcome later. */
const WELCOME_LATER = 'CONTROL_FLOOD';

/** Whether trying again makes sense after a close. A test holds this to the catalogue (docs/errors.md). */
export const mayComeBack = (closeCode: number, code: string | null): boolean =>
  !FINAL_CLOSE_CODES.has(closeCode) || code === WELCOME_LATER;

/** Refusals of a `session_init` or `session_resume` that say nothing about trying again, and that time does not heal. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'ORIGIN_REFUSED',
  'IDENTITY_MISMATCH',
  'IDENTITY_REPLACED',
  'INVALID_MESSAGE',
  'INVALID_PAIRING_CODE',
  'UNSUPPORTED_FEATURE',
  'UNSUPPORTED_LANGUAGE',
]);

/** The same for an `error` in place of the ack; the message's own word wins. */
export const mayAskAgain = (code: string, isRetryable: boolean | null): boolean =>
  isRetryable ?? !FINAL_REFUSALS.has(code);

/** Refusals of the person, not of the session: beginning anew would be refused as well. */
const PERSON_REFUSALS: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'ORIGIN_REFUSED',
  'IDENTITY_MISMATCH',
  'IDENTITY_REPLACED',
]);

/**
 * What the refusal of a `session_resume` means: the session is gone (`anew`), nobody may come (`stop`), or not
 * at this moment (`later`). A server that knows no resume refuses the message itself: that is `anew` too.
 */
export const afterRefusedResume = (code: string, isRetryable: boolean | null): 'anew' | 'stop' | 'later' => {
  if (PERSON_REFUSALS.has(code)) return 'stop';
  if (code === 'RESUME_EXPIRED') return 'anew';
  return mayAskAgain(code, isRetryable) && code !== 'INVALID_SESSION' && code !== 'SESSION_CLOSED'
    ? 'later'
    : 'anew';
};
