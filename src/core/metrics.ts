/**
 * Everything the core counts, by name. The http layer turns these into Prometheus families (prefix
 * `scheduler_`) and a test keeps the two lists in step. Labels have few values and never carry content.
 */
export const COUNTERS = {
  sessions_opened_total: 'Sessions opened',
  sessions_ended_total: 'Sessions ended, by reason',
  sessions_away_total: 'Times a session lost its socket and was kept for its client',
  sessions_resumed_total: 'Times a client came back to its session',
  results_resent_total: 'Outcomes sent again to a client that came back, by form (whole, text, missing)',
  outcomes_never_fetched_total: 'Outcomes kept for a client that never came back',
  utterances_cut_total: 'Utterances cut, by reason',
  utterances_shed_total: 'Utterances of which no audio was left',
  web_task_finalized_total: 'Cuts in the words of the reference: send or pause',
  empty_finals_total: 'Finals that met no speech',
  audio_received_ms_total: 'Audio accepted from clients',
  audio_discarded_ms_total: 'Audio that made no job, by reason (silence, cancelled, shed)',
  audio_refused_total: 'Audio messages refused, by reason',
  backpressure_sent_total: 'PAUSE sent to clients',
  seq_gaps_total: 'Gaps seen in seq',
  seq_repeats_total: 'Repeated seq dropped',
  utterance_index_repeats_total: 'Utterance messages dropped as repeats',
  results_delivered_total: 'Results delivered to listeners',
  results_by_language_probability_total: 'Results by how sure the node was of the language',
  results_rerun_total: 'Results for which a node ran its recognition again',
  results_bad_segment_total: 'Results whose node calls the recognition bad',
  results_missing_total: 'Utterances ended without a result, by reason',
  result_speech_shed_total: 'Results that gave up their speech at a bound, by where it was (kept, waiting)',
  results_held_total: 'Results that had to wait for an earlier one',
  messages_ignored_total: 'Known messages that had nothing to act on, by type',
  jobs_submitted_total: 'Jobs taken by the dispatcher',
  open_jobs_refused_total: 'Open jobs that no node took, or went on with, before their end',
  jobs_repeated_total: 'Submissions of a job already known',
  jobs_ended_total: 'Jobs ended, by outcome',
  attempts_started_total: 'Attempts sent to a node, by why (first, failover, hedge, retry)',
  attempts_ended_total: 'Attempts ended, by how',
  results_dropped_total: 'Node results that were not used, by why (late, stale, foreign, duplicate)',
  identity_refused_total: 'Messages whose identity was not the socket’s, by side',
  nodes_registered_total: 'Node registrations accepted, by how (new, again, return, takeover)',
  nodes_refused_total: 'Node registrations refused, by code',
  services_marked_total: 'Services that nodes said they lack, and that they are not asked for meanwhile',
  nodes_ejected_total: 'Nodes set aside because too many of their jobs failed',
  node_transitions_total: 'Node status changes, by new status',
  node_messages_ignored_total: 'Node messages that had nothing to act on, by type',
  no_available_node_total: 'Selections without a node, by selector (types, features) and main reason',
  node_reruns_total:
    'Recognitions that nodes ran again, by how (started, succeeded, failed, timed_out, improved)',
  model_na_received_total: 'Results that say that a model is not available',
  model_na_by_service_total: 'The same, by the service it is missing for',
  model_na_by_reason_total: 'The same, by reason',
  model_na_marked_by_node_total: 'Services marked as lacking, by the node that lacks them',
  model_na_rate_limited_by_node_total: 'Results that say so of a service that is marked already, by node',
  actor_failures_total: 'Actors that threw and died alone, by kind',
  store_failures_total: 'Store verbs that failed or timed out, by verb',
} as const;

export const OBSERVATIONS = {
  job_queued_ms: 'From submission to the first dispatch',
  job_total_ms: 'From submission to the end of the job',
  result_hold_ms: 'How long a ready result waited for an earlier one',
} as const;

export type CounterName = keyof typeof COUNTERS;
export type ObservationName = keyof typeof OBSERVATIONS;
export type Labels = Readonly<Record<string, string>>;
