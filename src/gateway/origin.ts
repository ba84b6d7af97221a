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
