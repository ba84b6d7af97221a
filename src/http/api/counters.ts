import { type Static, Type } from 'typebox';
import type { CounterName } from '#core/metrics.ts';
import type { SelectionRule } from '#core/nodes/rules.ts';
import type { Census } from '../census.ts';
import type { PrometheusMeter } from '../meter.ts';

const Count = Type.Integer({ minimum: 0 });
const ByKey = Type.Array(Type.Object({ key: Type.String(), count: Count }));
const counts = <Key extends string>(...keys: readonly Key[]) =>
  Type.Object(Object.fromEntries(keys.map((key) => [key, Count])) as Record<Key, typeof Count>);

/** The reference's locks. There are none here: one loop owns everything, so nothing ever waits for one. */
const LOCKS = [
  'node_registry_nodes_read_total',
  'node_registry_nodes_write_total',
  'node_registry_reserved_jobs_write_total',
  'node_registry_unavailable_services_write_total',
  'node_registry_exclude_reason_stats_read_total',
  'node_registry_exclude_reason_stats_write_total',
  'other_total',
] as const;
const PATHS = [
  'node_registry_select_node_with_features_total',
  'node_registry_select_node_with_models_total',
  'other_total',
] as const;

/** Body of `/api/v1/metrics`. Source: protocol 6; keys and nesting as there. */
export const CountersSchema = Type.Object({
  stats: Type.Object({
    requests_total: Count,
    stale_total: Count,
    snapshot_updated_at_ms: Type.Number({ minimum: 0, description: 'Epoch; 0 = never.' }),
  }),
  service_catalog: Type.Object({
    fetched_at_ms: Type.Number(),
    last_success_at_ms: Type.Number(),
    fail_count: Count,
    last_error: Type.Union([Type.String(), Type.Null()]),
  }),
  model_not_available: Type.Object({
    received_total: Count,
    rate_limited_total: Count,
    marked_total: Count,
    by_service_top: ByKey,
    by_reason_top: ByKey,
    rate_limited_by_node_top: ByKey,
    marked_by_node_top: ByKey,
    other_service_total: Count,
    other_reason_total: Count,
    other_rate_limited_node_total: Count,
    other_marked_node_total: Count,
  }),
  dispatch_exclude: Type.Object({
    by_reason: Type.Array(
      Type.Object({
        reason: Type.String(),
        total: Type.Integer({
          minimum: 0,
          description: 'Choices that found no node, for this reason first.',
        }),
        sample_node_ids: Type.Array(Type.String(), { description: 'Some that it keeps out now, at most 5.' }),
      }),
    ),
  }),
  web_task_segmentation: Type.Object({
    finalized_total: Count,
    finalized_by_send_total: Count,
    finalized_by_pause_total: Count,
    pause_ms: Type.Number(),
    empty_finalize_total: Count,
    index_gap_total: Count,
  }),
  observability: Type.Object({
    slow_lock_wait_total: Count,
    slow_path_total: Count,
    lock_wait_warn_ms: Type.Number(),
    path_warn_ms: Type.Number(),
    slow_lock_wait_by_lock: counts(...LOCKS),
    slow_path_by_path: counts(...PATHS),
  }),
  rerun: counts(
    'trigger_count',
    'success_count',
    'timeout_count',
    'quality_improvements',
    'context_reset_count',
  ),
  asr: Type.Object({
    e2e_latency: Type.Object({
      p50_ms: Type.Number(),
      p95_ms: Type.Number(),
      p99_ms: Type.Number(),
      count: Count,
    }),
    lang_prob_distribution: ByKey,
    bad_segment_rate: Type.Number({ minimum: 0, maximum: 1 }),
    rerun_trigger_rate: Type.Number({ minimum: 0, maximum: 1 }),
  }),
});
export type Counters = Static<typeof CountersSchema>;

/** The reference's words for its rules; ours that it does not have are left out. */
const REASON_WORDS: readonly (readonly [SelectionRule, string])[] = [
  ['status_not_ready', 'StatusNotReady'],
  ['not_in_public_pool', 'NotInPublicPool'],
  ['gpu_unavailable', 'GpuUnavailable'],
  ['model_not_available', 'ModelNotAvailable'],
  ['capacity_exceeded', 'CapacityExceeded'],
  ['resource_threshold_exceeded', 'ResourceThresholdExceeded'],
];

export type CountsOf = Pick<PrometheusMeter<CounterName>, 'total' | 'totalsBy' | 'recentJobs'>;

export interface CountersParts {
  readonly meter: CountsOf;
  readonly census: Census;
  readonly statsRequests: number;
  readonly pauseMs: number;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : Math.min(1, part / whole));

const zeros = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

const TOP_COUNT = 20;
/** What a family counts beyond its bound of label values [HTT9]. */
const OTHER = 'other';

const topOf = (meter: CountsOf, name: CounterName, label: string) => {
  const all = meter.totalsBy(name, label);
  return {
    top: all.filter(({ key }) => key !== OTHER).slice(0, TOP_COUNT),
    other: all.find(({ key }) => key === OTHER)?.count ?? 0,
  };
};

const modelNotAvailable = (meter: CountsOf): Counters['model_not_available'] => {
  const services = topOf(meter, 'model_na_by_service_total', 'service_id');
  const reasons = topOf(meter, 'model_na_by_reason_total', 'reason');
  const marked = topOf(meter, 'model_na_marked_by_node_total', 'node_id');
  const limited = topOf(meter, 'model_na_rate_limited_by_node_total', 'node_id');
  return {
    received_total: meter.total('model_na_received_total'),
    // What comes while the service is marked already, and changes nothing.
    rate_limited_total: meter.total('model_na_rate_limited_by_node_total'),
    marked_total: meter.total('services_marked_total'),
    by_service_top: services.top,
    by_reason_top: reasons.top,
    rate_limited_by_node_top: limited.top,
    marked_by_node_top: marked.top,
    other_service_total: services.other,
    other_reason_total: reasons.other,
    other_rate_limited_node_total: limited.other,
    other_marked_node_total: marked.other,
  };
};

export const countersOf = ({ meter, census, statsRequests, pauseMs }: CountersParts): Counters => {
  const reruns = (how: string): number => meter.total('node_reruns_total', { how });
  const results = meter.total('results_delivered_total');
  const bySend = meter.total('web_task_finalized_total', { reason: 'send' });
  const byPause = meter.total('web_task_finalized_total', { reason: 'pause' });
  return {
    stats: { requests_total: statsRequests, stale_total: 0, snapshot_updated_at_ms: census.takenWallMs },
    // There is no model hub yet: nothing was ever fetched.
    service_catalog: { fetched_at_ms: 0, last_success_at_ms: 0, fail_count: 0, last_error: null },
    model_not_available: modelNotAvailable(meter),
    dispatch_exclude: {
      by_reason: REASON_WORDS.flatMap(([rule, reason]) => {
        const total = meter.total('no_available_node_total', { reason: rule });
        const samples = census.samplesByMiss.get(rule) ?? [];
        return total === 0 && samples.length === 0 ? [] : [{ reason, total, sample_node_ids: [...samples] }];
      }),
    },
    web_task_segmentation: {
      finalized_total: bySend + byPause,
      finalized_by_send_total: bySend,
      finalized_by_pause_total: byPause,
      pause_ms: pauseMs,
      empty_finalize_total: meter.total('empty_finals_total'),
      // One allocator gives the indices, without gaps [IDX1].
      index_gap_total: 0,
    },
    observability: {
      slow_lock_wait_total: 0,
      slow_path_total: 0,
      lock_wait_warn_ms: 10,
      path_warn_ms: 50,
      slow_lock_wait_by_lock: zeros(LOCKS),
      slow_path_by_path: zeros(PATHS),
    },
    rerun: {
      trigger_count: reruns('started'),
      success_count: reruns('succeeded'),
      timeout_count: reruns('timed_out'),
      quality_improvements: reruns('improved'),
      context_reset_count: 0,
    },
    asr: {
      e2e_latency: meter.recentJobs.percentiles(),
      lang_prob_distribution: [...meter.totalsBy('results_by_language_probability_total', 'range')],
      bad_segment_rate: share(meter.total('results_bad_segment_total'), results),
      rerun_trigger_rate: share(meter.total('results_rerun_total'), results),
    },
  };
};
