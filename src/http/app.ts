import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import type { Runtime } from '#runtime/contract.ts';
import { errorChain } from '#runtime/error-chain.ts';
import { CensusDesk } from './census-desk.ts';
import { type EdgeFigures, Gauges } from './gauges.ts';
import type { PrometheusMeter } from './meter.ts';
import { readinessOf } from './readiness.ts';
import { newRequestFigures } from './request-figures.ts';
import type { Breathe } from './slices.ts';
import { statsOf } from './stats.ts';

export interface HttpParts {
  readonly runtime: Runtime;
  readonly meter: Pick<PrometheusMeter<string>, 'registry'>;
  /** False once the process has begun to go down. */
  readonly isAdmitting: () => boolean;
  /** Read once per scrape. */
  readonly edgeFigures: () => EdgeFigures;
  readonly breathe: Breathe;
}

/** Nothing here is a page, and nothing of it belongs into another one. */
const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

const ALLOWED_METHODS = ['GET', 'HEAD'];
/** No route takes a body. */
const BODY_BYTES_MAX = 16 * 1024;

/** The plain HTTP of the scheduler. Sockets are upgraded beside it, on the same port. */
export const newHttpApp = (parts: HttpParts): FastifyInstance => {
  const { runtime, meter, breathe, isAdmitting, edgeFigures } = parts;
  const { clock } = runtime.ports;
  const app = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: BODY_BYTES_MAX });
  const census = new CensusDesk(runtime, breathe);
  const gauges = new Gauges(meter.registry, runtime);
  const figures = newRequestFigures(meter.registry);

  answerEveryRequest(app, runtime);

  app.get('/health', (_request, reply) => reply.type('text/plain; charset=utf-8').send('OK'));

  app.get('/ready', (_request, reply) => {
    const readiness = readinessOf(runtime, isAdmitting());
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    gauges.set(await census.census(), census.ageMs, edgeFigures());
    return reply.type(meter.registry.contentType).send(await meter.registry.metrics());
  });

  app.get('/api/v1/stats', async () => {
    const startedAtMs = clock.now().atMs;
    figures.statsRequests.inc();
    const body = statsOf(await census.census());
    figures.statsDurationS.observe((clock.now().atMs - startedAtMs) / 1000);
    return body;
  });

  app.get('/api/v1/cluster', (_request, reply) => sendError(reply, 'CLUSTER_DISABLED'));
  return app;
};

/** What holds for every request: headers, 404 and 405, and failures that tell nothing of the inside. */
const answerEveryRequest = (app: FastifyInstance, runtime: Runtime): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (!request.is404) return;
    // Before any body is read. A path that exists for GET exists; the method is what is wrong.
    const isKnownPath = app.hasRoute({ method: 'GET', url: request.url.split('?', 1)[0] ?? '' });
    if (!isKnownPath) return sendError(reply, 'NOT_FOUND');
    return sendError(reply.header('Allow', ALLOWED_METHODS.join(', ')), 'METHOD_NOT_ALLOWED');
  });
  app.setErrorHandler((error, request, reply) => {
    runtime.ports.log.write('error', 'request failed', {
      path: request.routeOptions.url ?? 'none',
      error: errorChain(error),
    });
    return sendError(reply, 'INTERNAL_ERROR');
  });
};

const sendError = (reply: FastifyReply, code: ErrorCode): FastifyReply => {
  const { httpStatus = 500, hintEn } = ERRORS[code];
  return reply.code(httpStatus).send({ error: code, message: hintEn });
};
