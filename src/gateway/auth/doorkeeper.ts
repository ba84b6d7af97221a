import type { Principal } from '#core/ports.ts';
import type { Side } from '../context.ts';
import { isForwarded, isLoopbackAddress, isLoopbackHost, isOriginAllowed } from '../origin.ts';
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
  readonly #isInsecure: boolean;

  constructor(parts: {
    readonly tokens: Tokens;
    readonly tickets: Tickets;
    readonly origins: readonly string[];
    /** Anybody of elsewhere may come in where no token is needed. */
    readonly isInsecure: boolean;
  }) {
    this.#tokens = parts.tokens;
    this.#tickets = parts.tickets;
    this.#origins = parts.origins;
    this.#isInsecure = parts.isInsecure;
  }

  /** A socket. Where no token is needed one that is unknown does no harm: the same client works in both places. */
  forSocket(asking: Asking, side: Side): Admission {
    const principal = this.#shownBy(asking);
    if (principal?.kind === side) return principal;
    if (this.#mayBeAnonymous(asking, side)) return anonymousPrincipal(side);
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
    const operator = this.forOperator(asking);
    if (typeof operator !== 'string') return operator;
    return this.#mayBeAnonymous(asking, 'session') ? anonymousPrincipal('session') : 'UNAUTHENTICATED';
  }

  /**
   * Where no token is needed, it is because only this machine gets here, or because the operator says that anybody may. A
   * proxy on this machine lets others in behind its own address [AUT12].
   */
  #mayBeAnonymous({ headers }: Asking, side: Side): boolean {
    if (this.#tokens.areNeededFor(side)) return false;
    return this.#isInsecure || !isForwarded(headers);
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
   * its origin or the host that it asks for gives it away [AUT9]. A proxy may name this machine as the host, and is known by
   * what else it says [AUT12].
   */
  #isFromHere({ headers, socket }: HttpAsking): boolean {
    const host = /^(.*?)(:\d*)?$/.exec(headers.host ?? '')?.[1] ?? '';
    return (
      isLoopbackAddress(socket.remoteAddress) &&
      !isForwarded(headers) &&
      isLoopbackHost(host) &&
      isOriginAllowed(headers.origin, this.#origins)
    );
  }
}
