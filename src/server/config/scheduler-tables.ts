import {
  anyCount,
  between,
  choice,
  flag,
  HOUR_MS,
  ifSet,
  real,
  someCount,
  someSeconds,
  table,
  text,
  whole,
} from './key-kinds.ts';

const JobTimeoutTable = table('Waiting for nodes, and trying again.', {
  pending_timeout_seconds: whole(
    10,
    someSeconds,
    'Longest wait of a job for a node, seconds; then it ends as no_capacity.',
  ),
  failover_max_attempts: whole(3, between(0, 100), 'Attempts after the first.'),
  scan_interval_ms: whole(
    1000,
    between(200, HOUR_MS),
    'Reference: how often deadlines are looked at, milliseconds.',
  ),
  send_cancel: flag(true, 'Tell a node when its attempt is no longer wanted.'),
});

const LoadBalancerTable = table('Choosing among nodes that fit.', {
  strategy: text('least_connections', 'Reference: name of the strategy.'),
  resource_threshold: real(
    85,
    between(1, 100),
    'Use of CPU, GPU or memory in percent; nodes above it are chosen last, three readings above it exclude.',
  ),
});

const NodeHealthTable = table('When a node counts as healthy.', {
  heartbeat_interval_seconds: whole(
    15,
    someSeconds,
    'How often nodes are expected to send heartbeats, seconds.',
  ),
  heartbeat_timeout_seconds: whole(
    45,
    someSeconds,
    'A node silent for so long is offline, seconds; at least twice the interval.',
  ),
  health_check_count: whole(1, between(1, 100), 'Healthy heartbeats in a row until a node is ready.'),
  warmup_timeout_seconds: whole(
    60,
    someSeconds,
    'A node not healthy so long after registering is degraded, seconds.',
  ),
  status_scan_interval_seconds: whole(
    30,
    someSeconds,
    'Reference: how often node status is looked at, seconds.',
  ),
  failure_threshold: table('Unhealthy heartbeats until a ready node is degraded.', {
    window_size: whole(5, between(1, 1000), 'Reference: heartbeats looked back at.'),
    failure_count: whole(3, between(1, 1000), 'Reference: unhealthy ones among them.'),
    consecutive_failure_count: whole(3, between(1, 1000), 'Unhealthy ones in a row.'),
  }),
});

const ModelNotAvailableTable = table('After a node said that a model is missing.', {
  unavailable_ttl_seconds: whole(60, someSeconds, 'How long it is not asked for that service, seconds.'),
  debounce_window_seconds: whole(5, between(1, 60), 'Reports of the same within this count once, seconds.'),
  node_ratelimit_window_seconds: whole(10, between(1, 300), 'Window for reports of one node, seconds.'),
  node_ratelimit_max: whole(30, someCount, 'Reports of one node within the window.'),
});

const TaskBindingTable = table('Which node a session used last.', {
  lease_seconds: whole(90, someSeconds, 'Reference: life of a request binding, seconds.'),
  reserved_ttl_seconds: whole(90, someSeconds, 'Reference: life of a reserved slot, seconds.'),
  spread_enabled: flag(false, 'Avoid the previous node of the session.'),
  spread_window_seconds: whole(30, someSeconds, 'For so long, seconds.'),
});

const SegmentationTable = table('Where an utterance ends.', {
  pause_ms: whole(
    3000,
    between(100, HOUR_MS),
    'A pause this long ends the utterance, milliseconds. The older web page sends a chunk every 2.56 s.',
  ),
  max_duration_ms: whole(
    20_000,
    between(0, HOUR_MS),
    'An utterance this long is cut, milliseconds; 0 = only its bytes bound it.',
  ),
  edge_stabilization: table('A short wait before the cut, and the silence a node adds behind the audio.', {
    hangover_auto_ms: whole(150, between(0, 10_000), 'Wait before a cut by pause or length, milliseconds.'),
    hangover_manual_ms: whole(200, between(0, 10_000), 'Wait before a cut by the speaker, milliseconds.'),
    padding_auto_ms: whole(
      220,
      between(0, 10_000),
      'Silence behind audio cut by pause or length, milliseconds.',
    ),
    padding_manual_ms: whole(
      280,
      between(0, 10_000),
      'Silence behind audio cut by the speaker, milliseconds.',
    ),
    short_merge_threshold_ms: whole(400, between(0, 10_000), 'Reference: unused there too, milliseconds.'),
  }),
});

const ObservabilityTable = table('What counts as slow.', {
  lock_wait_warn_ms: whole(10, between(1, HOUR_MS), 'Wait in a mailbox, milliseconds.'),
  path_warn_ms: whole(50, between(1, HOUR_MS), 'One step, milliseconds.'),
});

const CoreServicesTable = table('Names of the core services in the pools API.', {
  asr_service_id: text('node-inference', 'Recognition.'),
  nmt_service_id: text('nmt-m2m100', 'Translation.'),
  tts_service_id: text('piper-tts', 'Speech.'),
});

const AsrRerunTable = table('Reference: unused there too.', {
  max_rerun_count: whole(2, anyCount, 'Reruns.'),
  rerun_timeout_ms: whole(5000, between(0, HOUR_MS), 'Time for one, milliseconds.'),
  conference_mode_strict: flag(true, 'Rerun in conference mode.'),
});

const CompatTable = table('How closely existing nodes are imitated.', {
  cut_flags: choice(
    'manual',
    ['manual', 'exact'],
    'manual = every job says is_manual_cut, which all agents answer whole; exact = the flags of the reference.',
  ),
});

export const schedulerKeys = {
  max_concurrent_jobs_per_node: whole(
    4,
    between(1, 10_000),
    'Jobs at once on a node that does not say its capacity.',
  ),
  job_timeout_seconds: ifSet(
    whole(
      30,
      between(1, 3600),
      'If set: no attempt gets more time than this, seconds; it beats the floor of 4 s.',
    ),
  ),
  heartbeat_interval_seconds: whole(15, someSeconds, 'Reference: life of presence records, seconds.'),
  job_timeout: JobTimeoutTable,
  load_balancer: LoadBalancerTable,
  node_health: NodeHealthTable,
  model_not_available: ModelNotAvailableTable,
  task_binding: TaskBindingTable,
  web_task_segmentation: SegmentationTable,
  observability: ObservabilityTable,
  core_services: CoreServicesTable,
  asr_rerun: AsrRerunTable,
  compat: CompatTable,
};
