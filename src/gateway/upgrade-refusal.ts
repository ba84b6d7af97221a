import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';

/** Answers an upgrade that is not taken, as plain HTTP, and ends the socket. Body: `{error, message}` in JSON. */
export const refuseUpgrade = (socket: Duplex, code: ErrorCode, retryAfterMs?: number): void => {
  const { httpStatus = 400, hintEn } = ERRORS[code];
  const body = JSON.stringify({ error: code, message: hintEn });
  const headers = [
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    ...(retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(retryAfterMs / 1000)}`]),
  ];
  // A peer that is gone already is no fault of ours.
  socket.on('error', () => socket.destroy());
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
};
