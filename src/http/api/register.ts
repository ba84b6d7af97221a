import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#core/ports.ts';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import type { Guard } from '../auth.ts';
import { type ApiRoute, RefusalSchema } from './route.ts';

export const sendRefusal = (reply: FastifyReply, code: ErrorCode, message?: string): FastifyReply => {
  const { httpStatus = 500, hintEn } = ERRORS[code];
  if (code === 'UNAUTHENTICATED') reply.header('WWW-Authenticate', 'Bearer');
  return reply.code(httpStatus).send({ error: code, message: message ?? hintEn });
};

const refusalStatus = (code: ErrorCode): number => ERRORS[code].httpStatus ?? 500;

/** Between the guard, which runs before anything of the request is read, and the handler. */
const askers = new WeakMap<FastifyRequest, Principal>();

/** A browser names the page's origin with every POST; programs name none. */
const isForeignPage = ({ headers }: FastifyRequest): boolean => {
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
};

/** Answers requests by the descriptions alone. */
export const registerRoutes = (app: FastifyInstance, routes: readonly ApiRoute[], guard: Guard): void => {
  for (const { method, path, params, query, answer, access, refusals, handle } of routes) {
    const refusalSchemas = Object.fromEntries(refusals.map((code) => [refusalStatus(code), RefusalSchema]));
    app.route({
      method,
      url: path,
      schema: { params, querystring: query, response: { 200: answer, ...refusalSchemas } },
      onRequest: (request, reply, done) => {
        // A page of somebody else may send a POST without asking; it cannot leave out where it comes from.
        if (method === 'POST' && access === 'admin' && isForeignPage(request)) {
          sendRefusal(reply, 'ORIGIN_REFUSED');
          return;
        }
        const asker = access === 'anyone' ? null : guard(request.raw, access);
        if (typeof asker === 'string') {
          sendRefusal(reply, asker);
          return;
        }
        if (asker !== null) askers.set(request, asker);
        done();
      },
      handler: async (request, reply) => {
        const result = await handle({
          params: request.params as never,
          query: request.query as never,
          asker: askers.get(request) ?? null,
        });
        if (result.kind === 'found') return reply.send(result.body);
        return sendRefusal(reply, result.code, result.message);
      },
    });
  }
};
