import { localError, type SessionError } from './session-error.ts';

/** Where the scheduler takes speakers. Behind a proxy it may be mapped elsewhere, so another path only gets a hint. */
const SESSION_PATH = '/ws/session';
const NODE_PATH = '/ws/node';
const EXAMPLE = 'ws://127.0.0.1:5010/ws/session';

const parse = (address: string): URL | null => {
  try {
    return new URL(address);
  } catch {
    return null;
  }
};

/** Without query and credentials: both may hold secrets. */
const shownAddress = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`;

/** What is wrong with an address before anything is sent; null = it may be tried [SDK63]. */
export const addressFault = (address: string): SessionError | null => {
  const url = parse(address);
  if (url === null) return localError('CONNECT_FAILED', `The address is no URL; it looks like ${EXAMPLE}.`);
  if (url.protocol === 'ws:' || url.protocol === 'wss:') return null;
  const scheme = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return localError(
    'CONNECT_FAILED',
    `The address begins with "${url.protocol}"; a WebSocket is needed: ${scheme}//, for example ${EXAMPLE}.`,
  );
};

/** A sentence that helps when nobody answers at an address; empty when its path looks right [SDK63]. */
export const addressHint = (address: string): string => {
  const url = parse(address);
  if (url === null || url.pathname.endsWith(SESSION_PATH)) return '';
  if (url.pathname.endsWith(NODE_PATH))
    return ` ${NODE_PATH} is where nodes connect; clients use ${SESSION_PATH}.`;
  return ` The path is ${url.pathname}; the scheduler takes clients at ${SESSION_PATH}.`;
};

export const connectFailure = (address: string, closeCode: number): SessionError => {
  const url = parse(address);
  const where = url === null ? '' : ` to ${shownAddress(url)}`;
  return localError(
    'CONNECT_FAILED',
    `No connection${where} (close code ${closeCode}).${addressHint(address)}`,
  );
};

export const withTicket = (address: string, ticket: string): string => {
  const url = new URL(address);
  url.searchParams.set('ticket', ticket);
  return url.href;
};
