import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal } from '#core/ports.ts';

/** A token of the configuration and whom it stands for. */
export interface TokenGrant {
  readonly kind: Principal['kind'];
  readonly token: string;
  readonly tenant: string;
  readonly subject: string;
  readonly scopes: readonly string[];
}

interface Entry {
  readonly digest: Buffer;
  readonly principal: Principal;
}

/**
 * The tokens that are known, as keyed digests: the texts themselves are not kept, and neither the time of a search nor
 * the text of a heap dump tells anything of them [AUT4].
 */
export class Tokens {
  readonly #key = randomBytes(32);
  readonly #entries: readonly Entry[];
  readonly #kinds: ReadonlySet<Principal['kind']>;

  constructor(grants: readonly TokenGrant[]) {
    this.#entries = grants.map(({ token, ...grant }) => ({
      digest: this.#digestOf(token),
      principal: { ...grant, isAnonymous: false },
    }));
    this.#kinds = new Set(grants.map(({ kind }) => kind));
  }

  /** Whether peers of this kind have to show something. */
  areNeededFor(kind: Principal['kind']): boolean {
    return this.#kinds.has(kind);
  }

  /** Compares with every token there is, always, so that the time says nothing about which one came near. */
  find(token: string): Principal | null {
    const digest = this.#digestOf(token);
    let found: Principal | null = null;
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.digest, digest)) found = entry.principal;
    }
    return found;
  }

  #digestOf(token: string): Buffer {
    return createHmac('sha256', this.#key).update(token).digest();
  }
}
