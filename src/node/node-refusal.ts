import { ERRORS, isErrorCode } from '#protocol/errors.ts';

/** The server does not want this node, and trying again will not change that. */
export class NodeRefusedError extends Error {
  override readonly name = 'NodeRefusedError';
  /** A code of docs/errors.md. */
  readonly code: string;
  /** What to do about it, where the server says so. */
  readonly fix: string | null;

  constructor(code: string, message: string, fix: string | null) {
    super(fix === null ? message : `${message}; ${fix}`);
    this.code = code;
    this.fix = fix;
  }
}

/** By the catalogue; a code that it does not have may be mended by the server. */
export const isPermanentRefusal = (code: string): boolean => isErrorCode(code) && !ERRORS[code].retryable;

export const warnOfRefusal = (refusal: {
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
}): void => {
  const { code, message, fix } = refusal;
  process.emitWarning(`refused by the scheduler: ${message}${fix === null ? '' : `; ${fix}`}`, {
    type: 'SpeechNodeWarning',
    code,
  });
};
