import type { Principal } from '#core/ports.ts';

const DEFAULT_TENANT = 'default';

/** Everyone on this machine, as long as there are no tokens. Source: extensions 5. */
export const anonymousPrincipal = (kind: Principal['kind']): Principal => ({
  kind,
  tenant: DEFAULT_TENANT,
  subject: 'anonymous',
  isAnonymous: true,
});

/** The tenant of a message counts only for the anonymous; blank counts as none. Source: extensions 5. */
export const tenantOf = (principal: Principal, asked: string | undefined): string =>
  principal.isAnonymous ? asked?.trim() || DEFAULT_TENANT : principal.tenant;
