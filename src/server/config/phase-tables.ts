import { Type } from 'typebox';
import {
  anyCount,
  between,
  choice,
  flag,
  HOUR_MS,
  secret,
  someCount,
  someSeconds,
  table,
  tables,
  text,
  texts,
  whole,
} from './key-kinds.ts';

/** Several instances over Redis. */
export const Phase2Table = table('Several instances that share nodes and sessions.', {
  enabled: flag(false, 'Run as one of several instances.'),
  instance_id: text('auto', 'Name of this process among others; auto = a new one at each start.'),
  owner_ttl_seconds: whole(45, between(2, 3600), 'Life of an ownership record, seconds.'),
  stream_block_ms: whole(
    1000,
    between(1, HOUR_MS),
    'Longest wait for messages of other instances, milliseconds.',
  ),
  stream_count: whole(64, someCount, 'Messages read at once.'),
  stream_group: text('scheduler', 'Consumer group.'),
  stream_maxlen: whole(10_000, between(100, 1_000_000_000), 'Messages kept per inbox.'),
  dlq_enabled: flag(true, 'Keep messages that cannot be delivered.'),
  dlq_maxlen: whole(10_000, someCount, 'So many of them.'),
  dlq_max_deliveries: whole(10, someCount, 'Deliveries tried before.'),
  dlq_min_idle_ms: whole(
    60_000,
    between(0, HOUR_MS),
    'A message untouched so long is taken over, milliseconds.',
  ),
  dlq_scan_interval_ms: whole(5000, between(1, HOUR_MS), 'How often that is looked at, milliseconds.'),
  dlq_scan_count: whole(100, someCount, 'Messages looked at each time.'),
  redis: table('The Redis server.', {
    mode: choice('single', ['single', 'cluster'], 'One server or a cluster.'),
    url: secret(text('redis://127.0.0.1:6379', 'Address of the one server.')),
    cluster_urls: secret(texts('Addresses of the cluster; empty = url.')),
    key_prefix: text('lingua', 'All keys start with it.'),
  }),
  node_snapshot: table('Nodes of other instances.', {
    enabled: flag(true, 'Read them.'),
    presence_ttl_seconds: whole(45, someSeconds, 'Life of a node record, seconds.'),
    refresh_interval_ms: whole(2000, between(100, HOUR_MS), 'How often they are read, milliseconds.'),
    remove_stale_after_seconds: whole(600, someSeconds, 'A node not seen so long is forgotten, seconds.'),
  }),
  schema_compat: table('Records in the form of another implementation.', {
    enabled: flag(false, 'Write them.'),
    session_bind_enabled: flag(false, 'Bindings of sessions.'),
    session_bind_ttl_seconds: whole(3600, someSeconds, 'Their life, seconds.'),
    stats_snapshot_enabled: flag(false, 'Statistics.'),
    stats_snapshot_ttl_seconds: whole(60, someSeconds, 'Their life, seconds.'),
    stats_snapshot_interval_ms: whole(5000, between(100, HOUR_MS), 'How often, milliseconds.'),
    node_caps_enabled: flag(false, 'Capabilities of nodes.'),
    node_caps_ttl_seconds: whole(0, anyCount, 'Their life, seconds.'),
  }),
});

const itemText = Type.String({ maxLength: 256 });
const itemCount = Type.Integer({ minimum: 0, maximum: 65_535 });

/** Pools of nodes. */
export const Phase3Table = table('Pools of nodes, and which tenant uses which.', {
  enabled: flag(false, 'Choose a pool first, a node in it second.'),
  mode: text('two_level', 'Reference: name of the mode.'),
  pool_count: whole(16, between(1, 65_535), 'Pools when none are named.'),
  hash_seed: whole(0, anyCount, 'Moves the tenants among the pools.'),
  fallback_scan_all_pools: flag(true, 'Look into the other pools when the preferred one has nothing.'),
  pool_match_scope: choice(
    'core_only',
    ['core_only', 'all_required'],
    'Which services a pool is matched by.',
  ),
  pool_match_mode: choice('contains', ['contains', 'exact'], 'How.'),
  strict_pool_eligibility: flag(false, 'Never use a pool that does not match.'),
  pools: tables('Named pools: pool_id, name, required_services (service types: asr, nmt, tts, tone).', {
    pool_id: itemCount,
    name: Type.Optional(itemText),
    required_services: Type.Optional(Type.Array(itemText, { maxItems: 16 })),
  }),
  tenant_overrides: tables('Tenants bound to a pool: tenant_id, pool_id.', {
    tenant_id: itemText,
    pool_id: itemCount,
  }),
});
