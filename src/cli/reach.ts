import { openSession, type Session, SessionError, type SessionOptions } from '#client/mod.ts';
import { CliFailure } from './failure.ts';
import { tokenRemedy } from './token-remedy.ts';

const SESSION_PATH = '/ws/session';
const ANSWER_MS = 3000;

/** The HTTP side of the scheduler whose session socket this is. errors: `CliFailure` when it is no such address [CLI41]. */
export function httpOf(socketUrl: string): string {
  const address = URL.parse(socketUrl);
  if (address === null) {
    throw new CliFailure(`--url is not an address: ${socketUrl}; expected is ws://HOST:PORT${SESSION_PATH}`);
  }
  const { protocol, host } = address;
  if (protocol === 'http:' || protocol === 'https:') {
    const meant = `${protocol === 'http:' ? 'ws' : 'wss'}://${host}${SESSION_PATH}`;
    throw new CliFailure(`--url must begin with ws:// or wss://; did you mean ${meant}?`);
  }
  if (protocol !== 'ws:' && protocol !== 'wss:') {
    throw new CliFailure(`--url must begin with ws:// or wss://, not ${protocol}`);
  }
  return `${protocol === 'ws:' ? 'http' : 'https'}://${host}`;
}

/** errors: `CliFailure` that says which of address, path, token or scheduler is to blame [CLI41]. */
export async function reach(options: SessionOptions): Promise<Session> {
  const httpUrl = httpOf(options.url);
  try {
    return await openSession(options);
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    // What the server itself said is the whole story; only silence needs looking into.
    if (error.code !== 'CONNECT_FAILED' && error.code !== 'CONNECTION_LOST') {
      const why = error.message.replace(/\.$/, '');
      const remedy = tokenRemedy(error.code, 'a session');
      throw new CliFailure(`the scheduler refused the session (${error.code}): ${why}${remedy}`);
    }
    throw new CliFailure(await whyUnreached(options.url, httpUrl), { cause: error });
  }
}

async function whyUnreached(url: string, httpUrl: string): Promise<string> {
  const status = await statusOf(`${httpUrl}/ready`);
  if (status === null) return `no scheduler answers at ${url}; start one with "npx lingua serve"`;
  if (status !== 200 && status !== 503) {
    return `what answers at ${httpUrl} is no scheduler (status ${status} for /ready)`;
  }
  const { pathname } = new URL(url);
  if (pathname !== SESSION_PATH) {
    return `a scheduler answers at ${httpUrl}, but has no session socket at ${pathname}; use ${url.replace(pathname === '/' ? /\/?$/ : pathname, SESSION_PATH)}`;
  }
  if (status === 503) return `the scheduler at ${httpUrl} takes no sessions now (${httpUrl}/ready says why)`;
  return `the scheduler at ${httpUrl} refused the connection; if it asks for tokens, give one with --token or LINGUA_TOKEN`;
}

const statusOf = async (url: string): Promise<number | null> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    // Nobody there, or nobody who speaks HTTP.
    return null;
  }
};

/** A word of warning when a result cannot be expected now, or null [CLI42]. */
export async function whyNotAccepting(httpUrl: string): Promise<string | null> {
  try {
    const answer = await fetch(`${httpUrl}/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { accepting, reasons } = (await answer.json()) as { accepting?: unknown; reasons?: unknown };
    if (accepting === true || !Array.isArray(reasons)) return null;
    return reasons.includes('no_ready_node')
      ? 'the scheduler has no node that is ready: start one with "npx lingua node", or wait for one'
      : `the scheduler is not accepting (${reasons.join(', ')})`;
  } catch {
    // The session itself will say what is wrong.
    return null;
  }
}
