import { COUNTERS, type CounterName } from '#core/metrics.ts';

/** What a counter is called, in words, and by which labels it is told apart. */
export interface CounterFamily {
  readonly help: string;
  readonly labels: readonly string[];
}

/** The labels that the core gives, by counter; a counter that is not here does not compile. */
const LABELS = {
  sessions_opened_total: [],
  sessions_ended_total: ['reason'],
  sessions_away_total: [],
  sessions_resumed_total: [],
  results_resent_total: ['form'],
  outcomes_never_fetched_total: [],
  utterances_cut_total: ['reason'],
  utterances_shed_total: [],
  web_task_finalized_total: ['reason'],
  empty_finals_total: [],
  audio_received_ms_total: [],
  audio_discarded_ms_total: ['reason'],
  audio_refused_total: ['reason'],
  backpressure_sent_total: [],
  seq_gaps_total: [],
  seq_repeats_total: [],
  utterance_index_repeats_total: [],
  results_delivered_total: [],
  results_by_language_probability_total: ['range'],
  results_rerun_total: [],
  results_bad_segment_total: [],
  results_missing_total: ['reason'],
  result_speech_shed_total: ['where'],
  results_held_total: [],
  messages_ignored_total: ['type'],
  jobs_submitted_total: [],
  open_jobs_refused_total: [],
  jobs_repeated_total: [],
  jobs_ended_total: ['outcome'],
  attempts_started_total: ['why'],
  attempts_ended_total: ['how'],
  results_dropped_total: ['why'],
  identity_refused_total: ['side'],
  nodes_registered_total: ['how'],
  nodes_refused_total: ['code'],
  services_marked_total: [],
  nodes_ejected_total: [],
  node_transitions_total: ['status'],
  node_messages_ignored_total: ['type'],
  no_available_node_total: ['selector', 'reason'],
  node_reruns_total: ['how'],
  model_na_received_total: [],
  model_na_by_service_total: ['service_id'],
  model_na_by_reason_total: ['reason'],
  model_na_marked_by_node_total: ['node_id'],
  model_na_rate_limited_by_node_total: ['node_id'],
  actor_failures_total: ['kind'],
  store_failures_total: ['verb'],
} as const satisfies Readonly<Record<CounterName, readonly string[]>>;

export const coreCounterFamilies = (): Readonly<Record<CounterName, CounterFamily>> => {
  const families = (Object.keys(COUNTERS) as CounterName[]).map((name): [CounterName, CounterFamily] => [
    name,
    { help: COUNTERS[name], labels: LABELS[name] },
  ]);
  return Object.fromEntries(families) as Record<CounterName, CounterFamily>;
};
