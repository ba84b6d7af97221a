import { defaultDispatchSettings } from '#core/settings.ts';
import type { Problem } from './problem.ts';
import type { Config } from './schema.ts';

interface Relation {
  readonly key: string;
  /** The other keys it looks at. */
  readonly others: readonly string[];
  readonly holds: (config: Config) => boolean;
  readonly text: (config: Config) => string;
}

/** Base64 grows by a third; the rest of the message has room in this. */
const ENVELOPE_BYTES = 16 * 1024;
const asMessageBytes = (rawBytes: number): number => Math.ceil(rawBytes / 3) * 4 + ENVELOPE_BYTES;

/** What must hold between values, each of them fine by itself [CFG7]. */
const RELATIONS: readonly Relation[] = [
  {
    key: 'results.hold_ms',
    others: [],
    holds: ({ results }) => (results.hold_ms * 2) / 3 >= defaultDispatchSettings.attemptFloorMs,
    text: () =>
      `two thirds of it must be at least the shortest deadline of an attempt, ${defaultDispatchSettings.attemptFloorMs} ms, ` +
      'or a second attempt could not win; use 6000 or more',
  },
  {
    key: 'scheduler.node_health.heartbeat_timeout_seconds',
    others: ['scheduler.node_health.heartbeat_interval_seconds'],
    holds: ({ scheduler: { node_health } }) =>
      node_health.heartbeat_timeout_seconds >= 2 * node_health.heartbeat_interval_seconds,
    text: ({ scheduler: { node_health } }) =>
      `must be at least twice heartbeat_interval_seconds (${node_health.heartbeat_interval_seconds}), or one late heartbeat loses a node`,
  },
  {
    key: 'scheduler.node_health.warmup_timeout_seconds',
    others: ['scheduler.node_health.health_check_count', 'scheduler.node_health.heartbeat_interval_seconds'],
    holds: ({ scheduler: { node_health } }) =>
      node_health.warmup_timeout_seconds >=
      node_health.health_check_count * node_health.heartbeat_interval_seconds,
    text: () =>
      'must leave time for health_check_count heartbeats, or no node becomes ready before it is degraded',
  },
  ...(['hangover_auto_ms', 'hangover_manual_ms'] as const).map(
    (name): Relation => ({
      key: `scheduler.web_task_segmentation.edge_stabilization.${name}`,
      others: ['scheduler.web_task_segmentation.pause_ms'],
      holds: ({ scheduler: { web_task_segmentation: segmentation } }) =>
        segmentation.edge_stabilization[name] < segmentation.pause_ms,
      text: () => 'must be shorter than pause_ms, or a cut would wait longer than the pause that ends it',
    }),
  ),
  {
    key: 'scheduler.web_task_segmentation.max_duration_ms',
    others: [],
    holds: ({ scheduler: { web_task_segmentation: segmentation } }) =>
      segmentation.max_duration_ms === 0 || segmentation.max_duration_ms >= 1000,
    text: () => 'must be 0 (no limit) or at least 1000',
  },
  {
    key: 'nodes.ack_timeout_ms',
    others: ['results.hold_ms'],
    holds: ({ nodes, results }) => nodes.ack_timeout_ms < results.hold_ms,
    text: () => 'must be shorter than results.hold_ms, or a silent node costs the sentence its turn',
  },
  {
    key: 'limits.utterance_max_bytes',
    others: ['limits.session_max_bytes'],
    holds: ({ limits }) => asMessageBytes(limits.utterance_max_bytes) <= limits.session_max_bytes,
    text: () => 'an utterance of that size does not fit into one message of limits.session_max_bytes',
  },
  {
    key: 'limits.outbound_bytes',
    others: ['limits.utterance_max_bytes'],
    holds: ({ limits }) => asMessageBytes(limits.utterance_max_bytes) <= limits.outbound_bytes,
    text: () => 'must hold one job with an utterance of limits.utterance_max_bytes',
  },
];

/**
 * `isMeant`: whether the value of a key is what somebody wanted, for relations of others are not judged. Where it was set
 * wrongly the default stands in for it.
 */
export const brokenRelations = (config: Config, isMeant: (key: string) => boolean): readonly Problem[] =>
  RELATIONS.filter(({ key, others, holds }) => [key, ...others].every(isMeant) && !holds(config)).map(
    ({ key, text }) => ({ key, text: text(config), where: null }),
  );
