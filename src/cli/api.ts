import { CliFailure } from './failure.ts';
import { tokenRemedy } from './token-remedy.ts';

/** Where a running scheduler is asked, and as whom. */
export interface ApiAddress {
  readonly url: string;
  /** Sent as a bearer token; never printed. */
  readonly token?: string;
}

const ANSWER_MS = 10_000;

interface Refusal {
  readonly error: string;
  readonly message: string;
}

const asRefusal = (body: unknown): Refusal | null => {
  if (typeof body !== 'object' || body === null) return null;
  const { error, message } = body as Partial<Record<keyof Refusal, unknown>>;
  return typeof error === 'string' && typeof message === 'string' ? { error, message } : null;
};

const baseOf = (url: string): URL => {
  let base: URL;
  try {
    base = new URL(url);
  } catch (cause) {
    throw new CliFailure(`--url is not an address: ${url}`, { cause });
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new CliFailure(`--url must begin with http:// or https://, not ${base.protocol}//`);
  }
  return base;
};

/**
 * Asks one path of the HTTP interface of a running scheduler.
 *
 * errors: `CliFailure` in one sentence when nobody answers, when it is no scheduler that answers, and with code and
 * message when the scheduler refuses [CLI60].
 */
export async function askScheduler(
  { url, token }: ApiAddress,
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
  method: 'GET' | 'POST' = 'GET',
): Promise<unknown> {
  const address = new URL(path, baseOf(url));
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(key, String(value));
  }
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    answer = await fetch(address, { method, headers, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (cause) {
    throw new CliFailure(`no scheduler answers at ${address.origin}; start one with "npx lingua serve"`, {
      cause,
    });
  }
  const body: unknown = await answer.json().catch(() => null);
  const refusal = asRefusal(body);
  if (answer.ok && body !== null) return body;
  if (refusal !== null) {
    const text = refusal.message.replace(/\.$/, '');
    throw new CliFailure(`${refusal.error}: ${text}${tokenRemedy(refusal.error, 'an operator')}`);
  }
  throw new CliFailure(`what answers at ${address.origin} is no scheduler (status ${answer.status})`);
}
