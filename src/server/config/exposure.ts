import { isLoopbackHost } from '#gateway/origin.ts';
import type { Problem } from './problem.ts';
import type { Config } from './schema.ts';
import { tokenGrants } from './to-settings.ts';

const KINDS = ['session', 'node', 'admin'] as const;

/**
 * Whether the scheduler would be open to strangers, or cannot tell its peers apart. Nobody shall learn of it from the
 * second mistake: it is told before all others. Source: small print 18, extensions 5 [CFG8].
 */
export const exposureProblems = (config: Config, isMeant: (key: string) => boolean): readonly Problem[] => {
  const { auth, server } = config;
  const problems: Problem[] = [];
  // Tokens that were given and are wrong are told as that.
  const without = KINDS.filter((kind) => auth[kind].tokens.length === 0 && isMeant(`auth.${kind}.tokens`));
  if (!isLoopbackHost(server.host) && !server.insecure && without.length > 0) {
    const missing = without.map((kind) => `auth.${kind}.tokens`).join(', ');
    problems.push({
      key: 'server.host',
      text: `${JSON.stringify(server.host)} lets other machines connect; give tokens (${missing}), or set server.insecure = true to let anybody in`,
      where: null,
    });
  }
  const seen = new Map<string, string>();
  for (const kind of KINDS) {
    const grants = tokenGrants(config).filter((grant) => grant.kind === kind);
    for (const [at, { token }] of grants.entries()) {
      const earlier = seen.get(token);
      if (earlier === undefined) {
        seen.set(token, `entry ${at + 1} of auth.${kind}.tokens`);
        continue;
      }
      const text = `entry ${at + 1}: the token is listed already, as ${earlier}`;
      problems.push({ key: `auth.${kind}.tokens`, text, where: null });
    }
  }
  return problems;
};

/** What the log says at the start of a scheduler that lets anybody in; null when it does not. */
export const exposureWarning = ({ auth, server }: Config): string | null => {
  if (isLoopbackHost(server.host)) return null;
  const open = KINDS.filter((kind) => auth[kind].tokens.length === 0);
  // Without admin tokens operators are those on this machine only: that door is not open.
  const anyone = open.filter((kind) => kind !== 'admin');
  return anyone.length === 0
    ? null
    : `server.insecure: anybody who reaches ${server.host} may connect as ${anyone.join(' or ')}`;
};
