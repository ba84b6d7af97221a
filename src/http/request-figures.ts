import { Counter, Histogram, type Registry } from 'prom-client';
import { METRIC_PREFIX } from './meter.ts';

/** The reference's figures of its statistics page; source: protocol 6. */
export interface RequestFigures {
  /** How many there were. */
  readonly statsRequests: number;
  statsRequested(): void;
  readonly statsDurationS: Histogram;
}

const STATS_BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export const newRequestFigures = (registry: Registry): RequestFigures => {
  // A census is at most a second old when it is handed out: none is ever stale, and the family says so.
  new Counter({
    name: `${METRIC_PREFIX}stats_stale_total`,
    help: 'Statistics answers older than 10 s',
    registers: [registry],
  });
  const requests = new Counter({
    name: `${METRIC_PREFIX}stats_requests_total`,
    help: 'Requests for statistics',
    registers: [registry],
  });
  let requestCount = 0;
  return {
    get statsRequests() {
      return requestCount;
    },
    statsRequested: () => {
      requestCount += 1;
      requests.inc();
    },
    statsDurationS: new Histogram({
      name: `${METRIC_PREFIX}stats_request_duration_seconds`,
      help: 'Time spent on a request for statistics',
      buckets: STATS_BUCKETS_S,
      registers: [registry],
    }),
  };
};
