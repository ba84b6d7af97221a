import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import type { CounterName } from '#core/metrics.ts';
import { ID_CHARS_MAX } from '#protocol/limits.ts';
import { PLAIN_NAME } from '#protocol/plain-name.ts';
import type { Runtime } from '#runtime/contract.ts';
import { errorChain } from '#runtime/error-chain.ts';
import { openApiDocument } from './api/openapi.ts';
import { registerRoutes, sendRefusal } from './api/register.ts';
import { apiRoutes } from './api/routes.ts';
import type { Guard, TicketOffice } from './auth.ts';
import { CensusDesk } from './census-desk.ts';
import { type EdgeFigures, Gauges } from './gauges.ts';
import type { PrometheusMeter } from './meter.ts';
import { readinessOf } from './readiness.ts';
import { answerUnreadable, SECURITY_HEADERS } from './refusals.ts';
import { newRequestFigures } from './request-figures.ts';
import { RequestRate } from './request-rate.ts';
import type { Breathe } from './slices.ts';

export interface HttpParts {
  readonly runtime: Runtime;
  readonly meter: Pick<PrometheusMeter<CounterName>, 'registry' | 'total' | 'totalsBy' | 'recentJobs'>;
  /** False once the process has begun to go down. */
  readonly isAdmitting: () => boolean;
  /** Read once per scrape. */
  readonly edgeFigures: () => Promise<EdgeFigures>;
  /** Of one address, sustained. */
  readonly requestsPerS: number;
  readonly breathe: Breathe;
  readonly guard: Guard;
  readonly tickets: TicketOffice;
}

/** Told in `Allow`, by what a path has. */
const METHODS = { GET: ['GET', 'HEAD'], POST: ['POST'] } as const;
/** Paths of GET that are not described: no JSON, or the description itself. */
const PLAIN_PATHS = ['/health', '/ready', '/metrics', '/api/v1/openapi.json'];
/** No route takes a body. */
const BODY_BYTES_MAX = 16 * 1024;
const NO_BODY = 'body: none is expected; what is wished goes in the query';
/** An id of the most characters there may be, each of which may be written as twelve. */
const PARAM_CHARS_MAX = ID_CHARS_MAX * 12;

/** The plain HTTP of the scheduler. Sockets are upgraded beside it, on the same port. */
export const newHttpApp = (parts: HttpParts): FastifyInstance => {
  const { runtime, meter, breathe, isAdmitting, edgeFigures, guard, tickets } = parts;
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    // Both would else repeat what was sent, in words and without headers of their own.
    frameworkErrors: refusePath,
    clientErrorHandler: answerUnreadable,
    // What a route does not know is refused by name, not dropped in silence.
    ajv: { customOptions: { removeAdditional: false } },
  });
  // No request has a body: one that could be read would be dropped in silence.
  app.removeAllContentTypeParsers();
  const census = new CensusDesk(runtime, breathe);
  const gauges = new Gauges(meter.registry, runtime);

  const figures = newRequestFigures(meter.registry);
  const routes = apiRoutes({ runtime, meter, census, figures, breathe, tickets });
  const patterns = routes.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
  }));
  const methodsOf = (url: string): readonly string[] =>
    PLAIN_PATHS.includes(url)
      ? METHODS.GET
      : patterns.flatMap(({ method, pattern }) => (pattern.test(url) ? METHODS[method] : []));

  limitRequests(app, new RequestRate(runtime.ports.clock, parts.requestsPerS));
  answerEveryRequest(app, runtime, methodsOf);

  app.get('/health', (_request, reply) => reply.type('text/plain; charset=utf-8').send('OK'));

  app.get('/ready', (_request, reply) => {
    const readiness = readinessOf(runtime, isAdmitting());
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    gauges.set(await census.census(), census.ageMs, await edgeFigures());
    return reply.type(meter.registry.contentType).send(await meter.registry.metrics());
  });

  registerRoutes(app, routes, guard);
  app.get('/api/v1/openapi.json', (_request, reply) => reply.send(openApiDocument(routes)));
  return app;
};

/** The router has found no way to read the path. */
const refusePath: NonNullable<FastifyServerOptions['frameworkErrors']> = (_error, _request, reply) => {
  sendRefusal(reply.headers(SECURITY_HEADERS), 'INVALID_REQUEST', 'path: percent-encoded UTF-8 is expected');
};

/** What the query of this route may hold. */
const queryKeys = ({ routeOptions }: FastifyRequest): readonly string[] => {
  const query = routeOptions.schema?.querystring as { readonly properties?: object } | undefined;
  return Object.keys(query?.properties ?? {});
};

/** In the schema's own words: they name the field and the limit, and repeat of what was sent a short name at most. */
const whyRefused = (
  { validation, message, code }: FastifyError,
  known: readonly string[],
): string | undefined => {
  // The parser of bodies is asked only where one was sent.
  if (validation === undefined) return code.startsWith('FST_ERR_CTP_') ? NO_BODY : undefined;
  const [first] = validation;
  if (first?.keyword === 'additionalProperties') {
    const key = String(first.params.additionalProperty);
    const named = PLAIN_NAME.test(key) ? key : 'such key';
    return `querystring: there is no ${named}; ${known.length === 0 ? 'nothing can be asked here' : `there is ${known.join(', ')}`}`;
  }
  const words = first?.keyword === 'enum' ? first.params.allowedValues : undefined;
  return Array.isArray(words) ? `${message}: ${words.join(', ')}` : message;
};

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';

/** Whoever watches over the process is never kept from it. */
const UNLIMITED_PATHS = ['/health', '/ready'];

const limitRequests = (app: FastifyInstance, rate: RequestRate): void => {
  app.addHook('onRequest', async (request, reply) => {
    if (UNLIMITED_PATHS.includes(pathOf(request.url))) return;
    const waitMs = rate.take(request.ip);
    if (waitMs === 0) return;
    return sendRefusal(
      reply.headers({ ...SECURITY_HEADERS, 'Retry-After': Math.ceil(waitMs / 1000) }),
      'RATE_LIMITED',
    );
  });
};

/** What holds for every request: headers, 404 and 405, and failures that tell nothing of the inside. */
const answerEveryRequest = (
  app: FastifyInstance,
  runtime: Runtime,
  methodsOf: (url: string) => readonly string[],
): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (!request.is404) {
      // The parser of bodies is asked for none of GET.
      if (hasBody(request)) return sendRefusal(reply, 'INVALID_REQUEST', NO_BODY);
      return;
    }
    // Before any body is read. A path that exists for GET exists; the method is what is wrong.
    const methods = methodsOf(pathOf(request.url));
    if (methods.length === 0) return sendRefusal(reply, 'NOT_FOUND');
    return sendRefusal(reply.header('Allow', methods.join(', ')), 'METHOD_NOT_ALLOWED');
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isTheirs = error.validation !== undefined || (error.statusCode ?? 500) < 500;
    if (isTheirs) return sendRefusal(reply, 'INVALID_REQUEST', whyRefused(error, queryKeys(request)));
    runtime.ports.log.write('error', 'request failed', {
      path: request.routeOptions.url ?? 'none',
      error: errorChain(error),
    });
    return sendRefusal(reply, 'INTERNAL_ERROR');
  });
};
