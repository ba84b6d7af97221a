import { Type } from 'typebox';
import type { CounterName } from '#core/metrics.ts';
import type { Runtime } from '#runtime/contract.ts';
import { type TicketOffice, ticketRoute } from '../auth.ts';
import type { CensusDesk } from '../census-desk.ts';
import type { PrometheusMeter } from '../meter.ts';
import type { RequestFigures } from '../request-figures.ts';
import type { Breathe } from '../slices.ts';
import { statsOf } from '../stats.ts';
import { CountersSchema, countersOf } from './counters.ts';
import { jobRoutes } from './jobs.ts';
import { nodeDrainRoutes } from './node-drain.ts';
import { nodeTermsRoute } from './node-terms.ts';
import { nodeRoutes } from './nodes.ts';
import { type ApiRoute, found, NOTHING, refused, route } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { StatsSchema } from './stats.ts';

export interface ApiParts {
  readonly runtime: Runtime;
  readonly meter: Pick<PrometheusMeter<CounterName>, 'total' | 'totalsBy' | 'recentJobs'>;
  readonly census: CensusDesk;
  readonly figures: RequestFigures;
  readonly breathe: Breathe;
  readonly tickets: TicketOffice;
}

/** All of the HTTP interface that speaks JSON and is described in docs/openapi.json. */
export const apiRoutes = ({
  runtime,
  meter,
  census,
  figures,
  breathe,
  tickets,
}: ApiParts): readonly ApiRoute[] => {
  const { clock } = runtime.ports;
  return [
    route({
      method: 'GET',
      path: '/api/v1/stats',
      summary: 'Users, languages and nodes in numbers, at most a second old.',
      access: 'anyone',
      params: NOTHING,
      query: Type.Object({}),
      answer: StatsSchema,
      refusals: [],
      handle: async () => {
        const startedAtMs = clock.now().atMs;
        figures.statsRequested();
        const body = statsOf(await census.census());
        figures.statsDurationS.observe((clock.now().atMs - startedAtMs) / 1000);
        return found(body);
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/metrics',
      summary: 'Counters as JSON, in the groups of the reference.',
      access: 'anyone',
      params: NOTHING,
      query: Type.Object({}),
      answer: CountersSchema,
      refusals: [],
      handle: async () =>
        found(
          countersOf({
            meter,
            census: await census.census(),
            statsRequests: figures.statsRequests,
            pauseMs: runtime.settings.session.pauseMs,
          }),
        ),
    }),
    route({
      method: 'GET',
      path: '/api/v1/cluster',
      summary: 'The instances of this scheduler; refused while there is only one.',
      access: 'anyone',
      params: NOTHING,
      query: Type.Object({}),
      answer: NOTHING,
      refusals: ['CLUSTER_DISABLED'],
      handle: () => refused<object>('CLUSTER_DISABLED'),
    }),
    ...sessionRoutes(runtime, breathe),
    ...nodeRoutes(runtime, breathe),
    ticketRoute(tickets),
    nodeTermsRoute(runtime),
    ...nodeDrainRoutes(runtime),
    ...jobRoutes(runtime),
  ];
};
