const OWN_TIMERS = 'every job and node has timers of its own; nothing is scanned';
const LATER_HUB = 'the model hub is read by a later version';
const MARKED_ONCE = 'while a node is not asked for a service, further reports of it change nothing';
const NOTHING_LEASED = 'slots are owned by the process that holds the node; nothing is leased';
const LATER_INSTANCES = 'several instances come with a later version';
const LATER_POOLS = 'pools come with a later version';
const NEVER_USED = 'nothing uses it, in the reference neither';

/**
 * Keys that are known and do nothing, with the reason; a whole table by its name. Whoever sets one of them to
 * something else than its default is told so once [CFG6].
 */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  model_hub: LATER_HUB,
  'scheduler.heartbeat_interval_seconds': 'presence records come with several instances',
  'scheduler.job_timeout.scan_interval_ms': OWN_TIMERS,
  'scheduler.load_balancer.strategy': 'nodes are chosen by their load in work and readings, always',
  'scheduler.node_health.status_scan_interval_seconds': OWN_TIMERS,
  'scheduler.node_health.failure_threshold.window_size': 'unhealthy heartbeats in a row are what counts',
  'scheduler.node_health.failure_threshold.failure_count': 'unhealthy heartbeats in a row are what counts',
  'scheduler.model_not_available.debounce_window_seconds': MARKED_ONCE,
  'scheduler.model_not_available.node_ratelimit_window_seconds': MARKED_ONCE,
  'scheduler.model_not_available.node_ratelimit_max': MARKED_ONCE,
  'scheduler.task_binding.lease_seconds': NOTHING_LEASED,
  'scheduler.task_binding.reserved_ttl_seconds': NOTHING_LEASED,
  'scheduler.web_task_segmentation.edge_stabilization.short_merge_threshold_ms': NEVER_USED,
  'scheduler.observability': 'slow steps and waits are measured by a later version',
  'scheduler.core_services': 'the pools page comes with a later version',
  'scheduler.asr_rerun': NEVER_USED,
  'scheduler.phase2': LATER_INSTANCES,
  'scheduler.phase3': LATER_POOLS,
};

/** Keys inside such a table that do something after all. */
const WITH_EFFECT: ReadonlySet<string> = new Set(['scheduler.phase2.instance_id']);

/** Why the key does nothing; null when it does. */
export const reasonWithoutEffect = (path: string): string | null => {
  if (WITH_EFFECT.has(path)) return null;
  const names = path.split('.');
  for (let length = names.length; length > 0; length -= 1) {
    const reason = WITHOUT_EFFECT[names.slice(0, length).join('.')];
    if (reason !== undefined) return reason;
  }
  return null;
};
