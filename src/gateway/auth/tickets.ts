import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import type { Principal } from '#core/ports.ts';
import type { IdSource } from '#protocol/ids.ts';

/** From the request for it to the opening of the socket. */
const TICKET_MS = 30_000;
/** Tickets that wait for their socket; at the bound no more are given until one is used or over [AUT7]. */
const TICKETS_MAX = 10_000;
/** Of these, what one token may have out: nobody takes them all [AUT7]. */
const TICKETS_OF_ONE_MAX = 1000;

interface Open {
  readonly principal: Principal;
  /** Who asked for it. */
  readonly asker: string;
  readonly untilAtMs: number;
}

/** `full`: too many are out in all. `too_many`: the asker has too many out, more than `max`. */
export type TicketAnswer =
  | { readonly kind: 'issued'; readonly ticket: string; readonly expiresInMs: number }
  | { readonly kind: 'full' | 'too_many'; readonly max: number };

/** All tokens of one subject are one asker, and so are all who are anonymous. */
const askerOf = ({ kind, tenant, subject, isAnonymous }: Principal): string =>
  JSON.stringify([kind, tenant, subject, isAnonymous]);

/**
 * Stand-ins for a token in addresses, where tokens must not be: pages of browsers cannot set headers, and addresses
 * end up in histories and logs. Good for one use within `TICKET_MS` [AUT6].
 */
export class Tickets {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  /** By digest, oldest first. */
  readonly #open = new Map<string, Open>();
  /** How many each asker has out. */
  readonly #counts = new Map<string, number>();

  constructor(ports: { readonly clock: Clock; readonly ids: IdSource }) {
    this.#clock = ports.clock;
    this.#ids = ports.ids;
  }

  /** For whom it is, and who asks for it. */
  issue(principal: Principal, by: Principal): TicketAnswer {
    const { atMs } = this.#clock.now();
    this.#dropOver(atMs);
    const asker = askerOf(by);
    const count = this.#counts.get(asker) ?? 0;
    if (count >= TICKETS_OF_ONE_MAX) return { kind: 'too_many', max: TICKETS_OF_ONE_MAX };
    if (this.#open.size >= TICKETS_MAX) return { kind: 'full', max: TICKETS_MAX };
    const ticket = this.#ids.next();
    this.#counts.set(asker, count + 1);
    this.#open.set(digestOf(ticket), { principal, asker, untilAtMs: atMs + TICKET_MS });
    return { kind: 'issued', ticket, expiresInMs: TICKET_MS };
  }

  /** Whom it was given to; null when it is unknown, used or over. It is used up by this. */
  take(ticket: string): Principal | null {
    this.#dropOver(this.#clock.now().atMs);
    const digest = digestOf(ticket);
    const open = this.#open.get(digest);
    if (open === undefined) return null;
    this.#drop(digest, open);
    return open.principal;
  }

  #drop(digest: string, { asker }: Open): void {
    this.#open.delete(digest);
    const count = (this.#counts.get(asker) ?? 0) - 1;
    if (count > 0) this.#counts.set(asker, count);
    else this.#counts.delete(asker);
  }

  #dropOver(atMs: number): void {
    for (const [digest, open] of this.#open) {
      if (open.untilAtMs > atMs) return;
      this.#drop(digest, open);
    }
  }
}

const digestOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64');
