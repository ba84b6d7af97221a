import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const NODE_PATH = '/ws/node';
const TERMS_PATH = '/api/v1/node-terms';

/** A WebSocket ping without content, masked as a client's must be (RFC 6455, 5.2 and 5.5.2). */
const PING = Uint8Array.of(0x89, 0x80, 0, 0, 0, 0);
const CLOSE_OPCODE = 8;
const PONG_OPCODE = 10;
/** A longer frame is no close and no pong, and nobody sends one to whom it turns away. */
const SHORT_BYTES_MAX = 125;
const UNAUTHENTICATED = 4001;
const FORBIDDEN = 4003;
const RESTART = 1012;

/** What came of knocking: `problem` says what to do, null = the door opens. */
export interface Knock {
  readonly problem: string | null;
}

/**
 * Asks for the node socket as the node would, and leaves once a ping was answered: no node is registered by it [SPN52].
 * The ping is what tells: a socket that is not wanted is opened all the same, and then closed with the reason.
 */
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
    asked.on('upgrade', (_response, socket, head) => {
      const done = (problem: string | null): void => {
        answered(problem);
        socket.destroy();
      };
      let heard = head;
      const look = (): void => {
        const word = firstWord(heard);
        if (word === 'pong') done(null);
        else if (word !== null) done(problemOfClose(word.closeCode, token));
      };
      socket.on('data', (bytes: Buffer) => {
        heard = Buffer.concat([heard, bytes]);
        look();
      });
      socket.on('error', () => done(`${origin} hung up`));
      socket.on('close', () => done(`${origin} hung up`));
      socket.setTimeout(timeoutMs, () => done(`nobody answers at ${origin} within ${timeoutMs / 1000} s`));
      socket.write(PING);
      look();
    });
    asked.on('response', ({ statusCode }) => answered(problemOf(statusCode ?? 0, address.pathname, token)));
    asked.on('timeout', () => answered(`nobody answers at ${origin} within ${timeoutMs / 1000} s`));
    asked.on('error', () =>
      answered(
        `nobody answers at ${origin}: start a scheduler with "npx lingua serve", or give another --url`,
      ),
    );
    asked.end();
  });

/**
 * Whether the scheduler behind this node socket takes only nodes with a graphics card; null where it does not say, as an
 * older one and a proxy for sockets only.
 */
export const requiresGpu = async (url: string, timeoutMs: number): Promise<boolean | null> => {
  const address = new URL(url);
  if (!address.pathname.endsWith(NODE_PATH)) return null;
  address.protocol = address.protocol === 'wss:' ? 'https:' : 'http:';
  address.pathname = `${address.pathname.slice(0, -NODE_PATH.length)}${TERMS_PATH}`;
  address.search = '';
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
    const terms = (await answer.json()) as { readonly requires_gpu?: unknown } | null;
    return typeof terms?.requires_gpu === 'boolean' ? terms.requires_gpu : null;
  } catch {
    // No answer, or none in JSON.
    return null;
  }
};

/** The first frame that tells whether the socket stays open; null while none has come whole. */
const firstWord = (bytes: Buffer): 'pong' | { readonly closeCode: number } | null => {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const opcode = bytes.readUInt8(at) & 0x0f;
    const length = bytes.readUInt8(at + 1) & 0x7f;
    if (opcode === PONG_OPCODE || length > SHORT_BYTES_MAX) return 'pong';
    if (at + 2 + length > bytes.length) return null;
    if (opcode === CLOSE_OPCODE) return { closeCode: length < 2 ? 0 : bytes.readUInt16BE(at + 2) };
    at += 2 + length;
  }
  return null;
};

/** This program takes no token among its arguments, where everybody could read it; the command in front of it does. */
const WHERE_GIVEN = 'in LINGUA_NODE_TOKEN, or to "npx lingua node" with --token';
const noToken = (token: string | undefined): string =>
  token === undefined
    ? `the scheduler asks for a token: give one of its auth.node.tokens ${WHERE_GIVEN}`
    : `the scheduler does not know this token: give one of its auth.node.tokens ${WHERE_GIVEN}`;
const WRONG_TOKEN = `the scheduler does not take nodes with this token: give one of its auth.node.tokens ${WHERE_GIVEN}`;
const STOPPING = 'the scheduler is about to stop and takes nobody';

const problemOfClose = (closeCode: number, token: string | undefined): string => {
  if (closeCode === UNAUTHENTICATED) return noToken(token);
  if (closeCode === FORBIDDEN) return WRONG_TOKEN;
  return closeCode === RESTART
    ? STOPPING
    : `the scheduler closes the socket at once (close code ${closeCode})`;
};

const problemOf = (status: number, path: string, token: string | undefined): string => {
  if (status === 401) return noToken(token);
  if (status === 403) return WRONG_TOKEN;
  if (status === 503) return STOPPING;
  if (path !== NODE_PATH) return `no node socket at ${path}: nodes connect to ${NODE_PATH}`;
  return `what answers is no scheduler (status ${status})`;
};
