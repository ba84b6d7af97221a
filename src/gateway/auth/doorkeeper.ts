import type { Principal } from '#core/ports.ts';
import type { Side } from '../context.ts';
import { isLoopbackAddress, isLoopbackHost, isOriginAllowed } from '../origin.ts';
import { anonymousPrincipal } from '../principal.ts';
import { type Asking, credentialOf } from './credentials.ts';
import type { Tickets } from './tickets.ts';
import type { Tokens } from './tokens.ts';

/** `UNAUTHENTICATED`: nothing, or nothing known, was shown. `FORBIDDEN`: known, but for something else. */
export type Admission = Principal | 'UNAUTHENTICATED' | 'FORBIDDEN';

/** A plain request, and where it came from. */
export interface HttpAsking extends Asking {
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * Decides who comes in, by what is shown and by nothing else. A kind of peer for which there are tokens must show one of
 * them; without any of its kind everybody is anonymous. Source: extensions 5 [AUT1].
 */
export class Doorkeeper {
  readonly #tokens: Tokens;
  readonly #tickets: Tickets;
  readonly #origins: readonly string[];

  constructor(parts: {
    readonly tokens: Tokens;
    readonly tickets: Tickets;
    readonly origins: readonly string[];
  }) {
    this.#tokens = parts.tokens;
    this.#tickets = parts.tickets;
    this.#origins = parts.origins;
  }

  /** A socket. Where no token is needed one that is unknown does no harm: the same client works in both places. */
  forSocket(asking: Asking, side: Side): Admission {
    const principal = this.#shownBy(asking);
    if (principal?.kind === side) return principal;
    if (!this.#tokens.areNeededFor(side)) return anonymousPrincipal(side);
    return principal === null ? 'UNAUTHENTICATED' : 'FORBIDDEN';
  }

  /** Who may do what only operators may. Without admin tokens: whoever is on this machine, and no page of elsewhere. */
  forOperator(asking: HttpAsking): Admission {
    const credential = credentialOf(asking);
    if (credential.kind === 'token') {
      const principal = this.#tokens.find(credential.text);
      if (principal !== null) return principal.kind === 'admin' ? principal : 'FORBIDDEN';
    }
    if (this.#tokens.areNeededFor('admin')) return 'UNAUTHENTICATED';
    return this.#isFromHere(asking) ? anonymousPrincipal('admin') : 'UNAUTHENTICATED';
  }

  /** Whom a ticket for a session socket may be given to: clients by their token, and operators. */
  forTicket(asking: HttpAsking): Admission {
    const credential = credentialOf(asking);
    const principal = credential.kind === 'token' ? this.#tokens.find(credential.text) : null;
    if (principal !== null) return principal.kind === 'node' ? 'FORBIDDEN' : principal;
    return this.#tokens.areNeededFor('session') ? 'UNAUTHENTICATED' : anonymousPrincipal('session');
  }

  #shownBy(asking: Asking): Principal | null {
    const credential = credentialOf(asking);
    switch (credential.kind) {
      case 'token':
        return this.#tokens.find(credential.text);
      case 'ticket':
        return this.#tickets.take(credential.text);
      default:
        return null;
    }
  }

  /**
   * A page of elsewhere reaches this machine through its user's browser, also by a name of its own that it points here:
   * its origin or the host that it asks for gives it away [AUT9].
   */
  #isFromHere({ headers, socket }: HttpAsking): boolean {
    const host = /^(.*?)(:\d*)?$/.exec(headers.host ?? '')?.[1] ?? '';
    return (
      isLoopbackAddress(socket.remoteAddress) &&
      isLoopbackHost(host) &&
      isOriginAllowed(headers.origin, this.#origins)
    );
  }
}
