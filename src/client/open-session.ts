import { addressFault } from './address.ts';
import { LiveSession } from './live-session.ts';
import type { Session } from './session.ts';
import { localError } from './session-error.ts';
import type { SessionOptions } from './session-options.ts';
import type { SocketConstructor } from './socket-link.ts';

/**
 * Opens a session; resolves when the server has acknowledged it.
 *
 * errors (`SessionError`): CONNECT_FAILED, OPEN_TIMEOUT, ABORTED, CONNECTION_LOST, UNSUPPORTED_FEATURE when
 *   the server does not take the audio format, or the code with which the server refused. No socket is left
 *   behind.
 */
export const openSession = (options: SessionOptions): Promise<Session> => {
  if (options.signal?.aborted) return Promise.reject(localError('ABORTED', 'The session was aborted.'));
  return new Promise((resolve, reject) => {
    const session = start(options, { resolve: () => resolve(session), reject });
  });
};

const start = (
  options: SessionOptions,
  opened: ConstructorParameters<typeof LiveSession>[2],
): LiveSession => {
  const Socket: SocketConstructor = options.WebSocket ?? globalThis.WebSocket;
  if (Socket === undefined)
    throw localError('CONNECT_FAILED', 'No WebSocket here: give one in options.WebSocket.');
  const fault = addressFault(options.url);
  if (fault !== null) throw fault;
  try {
    return new LiveSession(options, Socket, opened);
  } catch (cause) {
    throw localError('CONNECT_FAILED', 'The address cannot be used.', cause);
  }
};
