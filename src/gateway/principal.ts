import type { Principal } from '#core/ports.ts';
import { PRIORITY_USUAL } from '#core/session/priority.ts';

export const DEFAULT_TENANT = 'default';

/** Everyone, as long as there are no tokens. Source: extensions 5. */
export const anonymousPrincipal = (kind: Principal['kind']): Principal => ({
  kind,
  tenant: DEFAULT_TENANT,
  subject: 'anonymous',
  scopes: [],
  isAnonymous: true,
});

/** The tenant of a message counts only for the anonymous; blank counts as none. Source: extensions 5. */
export const tenantOf = (principal: Principal, asked: string | undefined): string =>
  principal.isAnonymous ? asked?.trim() || DEFAULT_TENANT : principal.tenant;

/** Sessions of a token go before others only if it says so; among the anonymous everybody may ask [AUT10]. */
const PRIORITY_SCOPE = 'priority';

/** The highest priority that may be asked for; undefined = any. */
export const priorityMaxOf = ({ isAnonymous, scopes }: Principal): number | undefined =>
  isAnonymous || scopes.includes(PRIORITY_SCOPE) ? undefined : PRIORITY_USUAL;
