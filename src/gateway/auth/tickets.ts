import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import type { Principal } from '#core/ports.ts';
import type { IdSource } from '#protocol/ids.ts';

/** From the request for it to the opening of the socket. */
const TICKET_MS = 30_000;
/** Tickets that wait for their socket; at the bound no more are given until one is used or over [AUT7]. */
const TICKETS_MAX = 10_000;

interface Open {
  readonly principal: Principal;
  readonly untilAtMs: number;
}

export interface IssuedTicket {
  readonly ticket: string;
  readonly expiresInMs: number;
}

/**
 * Stand-ins for a token in addresses, where tokens must not be: pages of browsers cannot set headers, and addresses
 * end up in histories and logs. Good for one use within `TICKET_MS` [AUT6].
 */
export class Tickets {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  /** By digest, oldest first. */
  readonly #open = new Map<string, Open>();

  constructor(ports: { readonly clock: Clock; readonly ids: IdSource }) {
    this.#clock = ports.clock;
    this.#ids = ports.ids;
  }

  /** Null when too many are out. */
  issue(principal: Principal): IssuedTicket | null {
    const { atMs } = this.#clock.now();
    this.#dropOver(atMs);
    if (this.#open.size >= TICKETS_MAX) return null;
    const ticket = this.#ids.next();
    this.#open.set(digestOf(ticket), { principal, untilAtMs: atMs + TICKET_MS });
    return { ticket, expiresInMs: TICKET_MS };
  }

  /** Whom it was given to; null when it is unknown, used or over. It is used up by this. */
  take(ticket: string): Principal | null {
    this.#dropOver(this.#clock.now().atMs);
    const digest = digestOf(ticket);
    const open = this.#open.get(digest);
    this.#open.delete(digest);
    return open?.principal ?? null;
  }

  #dropOver(atMs: number): void {
    for (const [digest, { untilAtMs }] of this.#open) {
      if (untilAtMs > atMs) return;
      this.#open.delete(digest);
    }
  }
}

const digestOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64');
