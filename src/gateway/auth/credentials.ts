/** The parts of an upgrade or a request that may say who asks; the request of `node:http` has them. */
export interface Asking {
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> & {
    readonly authorization?: string | undefined;
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly 'sec-websocket-protocol'?: string | undefined;
  };
}

/** What a peer shows. `unreadable`: something that was meant as a token and is none. */
export type Credential =
  | { readonly kind: 'none' | 'unreadable' }
  | { readonly kind: 'token' | 'ticket'; readonly text: string };

const NONE: Credential = { kind: 'none' };
const UNREADABLE: Credential = { kind: 'unreadable' };
const PROTOCOL_PREFIX = 'bearer.';
const TICKET_NAME = 'ticket';
/** Longer ones are not even looked at: tokens of the configuration have at most 256 characters. */
const CHARS_MAX = 1024;

const shown = (kind: 'token' | 'ticket', text: string): Credential =>
  text === '' || text.length > CHARS_MAX ? UNREADABLE : { kind, text };

/**
 * The first of: `Authorization: Bearer`, the subprotocol `bearer.TOKEN`, `ticket` in the query. Only the first counts,
 * so that nobody gets a second guess by adding one. Source: extensions 5 [AUT2].
 */
export const credentialOf = ({ url = '', headers }: Asking): Credential => {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const [, token] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
    return token === undefined ? UNREADABLE : shown('token', token);
  }
  const protocol = bearerProtocol(headers['sec-websocket-protocol']?.split(',') ?? []);
  if (protocol !== null) return shown('token', protocol.slice(PROTOCOL_PREFIX.length));
  const query = url.indexOf('?');
  const ticket = query < 0 ? null : new URLSearchParams(url.slice(query + 1)).get(TICKET_NAME);
  return ticket === null ? NONE : shown('ticket', ticket);
};

const bearerProtocol = (offered: Iterable<string>): string | null => {
  for (const entry of offered) {
    const name = entry.trim();
    if (name.startsWith(PROTOCOL_PREFIX)) return name;
  }
  return null;
};

/**
 * The subprotocol that the answer names: a browser that offers some fails the socket unless one of them comes back. The
 * one that carries the token where there is one, else the first [AUT3].
 */
export const answeredProtocol = (offered: ReadonlySet<string>): string | false =>
  bearerProtocol(offered) ?? offered.values().next().value ?? false;
