import type { IncomingMessage } from 'node:http';
import { type Static, Type } from 'typebox';
import type { Principal } from '#core/ports.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { type Access, type ApiRoute, found, NOTHING, refused, route } from './api/route.ts';

/** What guards the paths that are not for anyone: who asks, or why it may not. */
export type Guard = (
  request: IncomingMessage,
  access: Exclude<Access, 'anyone'>,
) => Principal | Extract<ErrorCode, 'UNAUTHENTICATED' | 'FORBIDDEN'>;

/** Where tickets come from: for whom, and who asks. `max` is the bound that was met. */
export interface TicketOffice {
  issue(
    principal: Principal,
    by: Principal,
  ):
    | { readonly kind: 'issued'; readonly ticket: string; readonly expiresInMs: number }
    | { readonly kind: 'full' | 'too_many'; readonly max: number };
}

const WHOSE_BOUND = { full: 'of all', too_many: 'of one token' } as const;

const TicketSchema = Type.Object({
  ticket: Type.String({ description: 'For `?ticket=` of /ws/session; good for one socket.' }),
  expires_in_ms: Type.Integer({ minimum: 0 }),
});

const Name = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }));

/** `POST /api/v1/tickets`: what a page opens its socket with in place of the token that it must not know [HTT40]. */
export const ticketRoute = (office: TicketOffice): ApiRoute =>
  route({
    method: 'POST',
    path: '/api/v1/tickets',
    summary: 'A ticket with which a page may open one session socket, for the tenant of whoever asks.',
    access: 'client',
    params: NOTHING,
    query: Type.Object(
      {
        tenant: Name('Of the session; for operators only.'),
        subject: Name('Who will speak, for lists and logs; for operators only.'),
      },
      { additionalProperties: false },
    ),
    answer: TicketSchema,
    refusals: ['RATE_LIMITED'],
    handle: ({ asker, query: { tenant, subject } }) => {
      if (asker === null) return refused<Static<typeof TicketSchema>>('UNAUTHENTICATED');
      const isOperator = asker.kind === 'admin';
      if (!isOperator && (tenant !== undefined || subject !== undefined)) {
        return refused<Static<typeof TicketSchema>>('FORBIDDEN');
      }
      const principal: Principal = {
        ...asker,
        kind: 'session',
        tenant: tenant ?? asker.tenant,
        subject: subject ?? asker.subject,
        // A tenant that an operator named is not the client's to choose any more.
        isAnonymous: asker.isAnonymous && tenant === undefined,
      };
      const answer = office.issue(principal, asker);
      if (answer.kind === 'issued')
        return found({ ticket: answer.ticket, expires_in_ms: answer.expiresInMs });
      const bound = `ticket: at most ${answer.max} ${WHOSE_BOUND[answer.kind]} may wait for their sockets`;
      return refused<Static<typeof TicketSchema>>('RATE_LIMITED', bound);
    },
  });
