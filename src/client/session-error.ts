/**
 * What the SDK itself has to say; every other code comes from the server's catalogue (docs/errors.md).
 * Source: docs/spec/sdk.md [SDK10], [SDK11].
 */
export const LOCAL_ERROR_CODES = [
  /** No socket could be opened: wrong address, nobody listens, refused upgrade. */
  'CONNECT_FAILED',
  /** No `session_init_ack` within the opening deadline. */
  'OPEN_TIMEOUT',
  /** The socket is gone and gave no reason of its own. */
  'CONNECTION_LOST',
  /** No `session_close_ack` within the closing deadline. */
  'CLOSE_TIMEOUT',
  /** No answer to `configure` in time: the server may be too old for it. */
  'CONFIGURE_TIMEOUT',
  /** The caller's signal. */
  'ABORTED',
  /** More results than the bound were left unread. */
  'RESULTS_UNREAD',
  /** The call does not fit the session: wrong audio format, bad packet, session over. */
  'INVALID_CALL',
] as const;
export type LocalErrorCode = (typeof LOCAL_ERROR_CODES)[number];

/**
 * The one error of this SDK.
 *
 * `code`: one of `LOCAL_ERROR_CODES` or the server's word; decide on it, never on the text. `retryAfterMs`:
 * how long the server asks to wait before coming back, milliseconds. Holds no audio and no transcript.
 */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code: string;
  readonly retryAfterMs: number | null;

  constructor(
    code: string,
    message: string,
    options: { readonly retryAfterMs?: number | null; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

export const localError = (code: LocalErrorCode, message: string, cause?: unknown): SessionError =>
  new SessionError(code, message, { cause });
