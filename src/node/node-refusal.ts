import { CLOSE_CODES } from '#protocol/close-codes.ts';
import { ERRORS, isErrorCode } from '#protocol/errors.ts';
import type { NodeLinkLoss } from './node-link.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
  /** What to do about it, where somebody knows. */
  readonly fix: string | null;
}

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

/**
 * Why a node was not let in, where the loss of its connection says so; null for any other loss. A scheduler opens the
 * socket and closes it with a code [AUT5], what stands in front of it may answer the upgrade with a status.
 */
export const refusalIn = ({ closeCode, code, httpStatus }: NodeLinkLoss): Refusal | null => {
  const message =
    httpStatus === null ? `the server closed with ${closeCode}` : `the server answered ${httpStatus}`;
  const fix = 'check the token of this node';
  if (httpStatus === 401 || closeCode === CLOSE_CODES.unauthenticated)
    return { code: 'UNAUTHENTICATED', message, fix };
  if (httpStatus === 403 || closeCode === CLOSE_CODES.forbidden) return { code: 'FORBIDDEN', message, fix };
  return code !== null && isPermanentRefusal(code) ? { code, message, fix: null } : null;
};

export const warnOfRefusal = ({ code, message, fix }: Refusal): void => {
  process.emitWarning(`refused by the scheduler: ${message}${fix === null ? '' : `; ${fix}`}`, {
    type: 'SpeechNodeWarning',
    code,
  });
};
