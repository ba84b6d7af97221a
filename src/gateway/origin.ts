/** True for names that only ever mean this machine: a page from there is as trusted as a program from there. */
export const isLoopbackHost = (host: string): boolean => {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
  );
};

/** The same for the address that a connection came from; IPv4 may stand inside IPv6. */
export const isLoopbackAddress = (address: string | undefined): boolean =>
  address !== undefined && isLoopbackHost(address.replace(/^::ffff:/i, ''));

/** What proxies say of whom they ask for; programs of this machine say none of it. */
const FORWARDING_HEADERS: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-host',
  'x-envoy-external-address',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
]);

/** `x-forwarded-for`, `x-forwarded-host` and so on, whatever else a proxy adds. */
const FORWARDING_PREFIX = 'x-forwarded-';

/** Somebody asks for somebody else: where the connection comes from says nothing about who that is [AUT12]. */
export const isForwarded = (headers: Readonly<Record<string, unknown>>): boolean => {
  for (const name in headers) {
    if (FORWARDING_HEADERS.has(name) || name.startsWith(FORWARDING_PREFIX)) return true;
  }
  return false;
};

/**
 * Whether a page of this origin may open a socket. Programs send no origin and are not judged by it. `null` is what
 * any website can make its frames say, so it is refused like a foreign one. Source: small print 18 [GAT11].
 */
export const isOriginAllowed = (origin: string | undefined, allowed: readonly string[]): boolean => {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { hostname, protocol, origin: normalised } = new URL(origin);
  if ((protocol === 'http:' || protocol === 'https:') && isLoopbackHost(hostname)) return true;
  return normalised !== 'null' && allowed.includes(normalised);
};
