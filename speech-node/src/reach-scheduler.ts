import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const NODE_PATH = '/ws/node';

/** What came of knocking: `problem` says what to do, null = the door opens. */
export interface Knock {
  readonly problem: string | null;
}

/** Asks for the node socket as the node would, and leaves at once: no node is registered by it [SPN52]. */
export const knock = (url: string, token: string | undefined, timeoutMs: number): Promise<Knock> =>
  new Promise((resolve) => {
    const address = new URL(url);
    const isTls = address.protocol === 'wss:';
    const origin = `${address.hostname}:${address.port || (isTls ? 443 : 80)}`;
    address.protocol = isTls ? 'https:' : 'http:';
    const asked = (isTls ? httpsRequest : httpRequest)(address, {
      timeout: timeoutMs,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    const answered = (problem: string | null): void => {
      resolve({ problem });
      asked.destroy();
    };
    asked.on('upgrade', (_response, socket) => {
      socket.destroy();
      answered(null);
    });
    asked.on('response', ({ statusCode }) => answered(problemOf(statusCode ?? 0, address.pathname, token)));
    asked.on('timeout', () => answered(`nobody answers at ${origin} within ${timeoutMs / 1000} s`));
    asked.on('error', () =>
      answered(`nobody answers at ${origin}: start a scheduler with "lingua serve", or give another --url`),
    );
    asked.end();
  });

const problemOf = (status: number, path: string, token: string | undefined): string => {
  if (status === 401)
    return token === undefined
      ? 'the scheduler asks for a token: give it in LINGUA_NODE_TOKEN'
      : 'the scheduler does not know this token: check LINGUA_NODE_TOKEN';
  if (status === 403) return 'the scheduler does not take nodes with this token: it needs one for nodes';
  if (status === 503) return 'the scheduler is about to stop and takes nobody';
  if (path !== NODE_PATH) return `no node socket at ${path}: nodes connect to ${NODE_PATH}`;
  return `what answers is no scheduler (status ${status})`;
};
