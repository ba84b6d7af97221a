import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import { type ApiRoute, RefusalSchema } from './route.ts';

/** Decides whether this request may use a route for admins; null when it may. */
export type Guard = (request: FastifyRequest) => ErrorCode | null;

export const sendRefusal = (reply: FastifyReply, code: ErrorCode, message?: string): FastifyReply => {
  const { httpStatus = 500, hintEn } = ERRORS[code];
  return reply.code(httpStatus).send({ error: code, message: message ?? hintEn });
};

const refusalStatus = (code: ErrorCode): number => ERRORS[code].httpStatus ?? 500;

/** Answers requests by the descriptions alone. */
export const registerRoutes = (app: FastifyInstance, routes: readonly ApiRoute[], guard: Guard): void => {
  for (const { method, path, params, query, answer, access, refusals, handle } of routes) {
    const refusalSchemas = Object.fromEntries(refusals.map((code) => [refusalStatus(code), RefusalSchema]));
    app.route({
      method,
      url: path,
      schema: { params, querystring: query, response: { 200: answer, ...refusalSchemas } },
      onRequest: (request, reply, done) => {
        const code = access === 'admin' ? guard(request) : null;
        if (code === null) done();
        else sendRefusal(reply, code);
      },
      handler: async (request, reply) => {
        const result = await handle({ params: request.params as never, query: request.query as never });
        if (result.kind === 'found') return reply.send(result.body);
        return sendRefusal(reply, result.code, result.message);
      },
    });
  }
};
