import {
  type DispatchSettings,
  defaultDispatchSettings,
  defaultSessionSettings,
  type SessionSettings,
} from '#core/settings.ts';
import type { TokenGrant } from '#gateway/auth/tokens.ts';
import { DEFAULT_TENANT } from '#gateway/principal.ts';
import { defaultGatewaySettings, type GatewaySettings } from '#gateway/settings.ts';
import { type IdSource, type InstanceId, newInstanceId } from '#protocol/ids.ts';
import type { RuntimeSettings } from '#runtime/contract.ts';
import { availableMemoryBytes } from '../memory.ts';
import type { Config } from './schema.ts';

/** Node messages that may wait for the dispatcher: a heartbeat of every node of a large fleet at once. */
const DISPATCHER_MAILBOX_MAX = 10_000;
/** A store that takes longer has failed, for what was asked. */
const STORE_DEADLINE_MS = 1000;
/** Events in a row before sockets are looked at again: a few milliseconds of work. */
const TURN_BUDGET = 100;

/** Longest utterances whose audio one session may hold: those that wait and run, and the one it speaks. */
const SESSION_UTTERANCES_MAX = 16;
/** How long a client is asked to keep its audio. */
const PAUSE_MS = 1000;

const secondsAsMs = (seconds: number): number => seconds * 1000;

const sessionSettings = ({ scheduler, limits, results, session }: Config): SessionSettings => {
  const { web_task_segmentation: segmentation, compat } = scheduler;
  const edge = segmentation.edge_stabilization;
  return {
    ...defaultSessionSettings,
    pauseMs: segmentation.pause_ms,
    maxDurationMs: segmentation.max_duration_ms,
    hangoverAutoMs: edge.hangover_auto_ms,
    hangoverManualMs: edge.hangover_manual_ms,
    paddingAutoMs: edge.padding_auto_ms,
    paddingManualMs: edge.padding_manual_ms,
    utteranceMaxBytes: limits.utterance_max_bytes,
    holdMs: results.hold_ms,
    closeWaitMs: session.close_wait_ms,
    resumeWindowMs: session.resume_window_ms,
    outboxBytesMax: Math.min(defaultSessionSettings.outboxBytesMax, limits.outbound_bytes / 2),
    // Beside it goes what else is said meanwhile.
    portionBytesMax: Math.min(defaultSessionSettings.portionBytesMax, limits.outbound_bytes / 4),
    cutFlags: compat.cut_flags,
  };
};

const dispatchSettings = ({ scheduler, limits, nodes }: Config): DispatchSettings => {
  const { job_timeout, load_balancer, node_health, job_timeout_seconds, task_binding } = scheduler;
  return {
    ...defaultDispatchSettings,
    pendingTimeoutMs: secondsAsMs(job_timeout.pending_timeout_seconds),
    failoverMaxAttempts: job_timeout.failover_max_attempts,
    jobTimeoutMs: job_timeout_seconds === undefined ? null : secondsAsMs(job_timeout_seconds),
    ackTimeoutMs: nodes.ack_timeout_ms,
    hangZombieMs: nodes.hang_zombie_ms,
    sendCancel: job_timeout.send_cancel,
    waitingJobsMax: limits.waiting_jobs,
    maxConcurrentJobsPerNode: scheduler.max_concurrent_jobs_per_node,
    resourceThresholdPercent: load_balancer.resource_threshold,
    requireGpu: nodes.require_gpu,
    isSpread: task_binding.spread_enabled,
    spreadWindowMs: secondsAsMs(task_binding.spread_window_seconds),
    unavailableTtlMs: secondsAsMs(scheduler.model_not_available.unavailable_ttl_seconds),
    heartbeatTimeoutMs: secondsAsMs(node_health.heartbeat_timeout_seconds),
    healthCheckCount: node_health.health_check_count,
    warmupTimeoutMs: secondsAsMs(node_health.warmup_timeout_seconds),
    consecutiveFailuresMax: node_health.failure_threshold.consecutive_failure_count,
    takeoversPerMinute: nodes.takeovers_per_minute,
  };
};

/** What the runtime is told; the instance gets a new id unless it was given one. */
export const runtimeSettings = (
  config: Config,
  ids: IdSource,
  memoryBytes = availableMemoryBytes(),
): RuntimeSettings => {
  const { instance_id } = config.scheduler.phase2;
  return {
    instanceId: instance_id === 'auto' ? newInstanceId(ids) : (instance_id as InstanceId),
    session: sessionSettings(config),
    dispatch: dispatchSettings(config),
    mailboxMax: config.limits.mailbox,
    dispatcherMailboxMax: DISPATCHER_MAILBOX_MAX,
    sessionsMax: config.limits.sessions,
    audioBytesMax: Math.floor(memoryBytes * config.limits.audio_budget_fraction),
    sessionAudioBytesMax: SESSION_UTTERANCES_MAX * config.limits.utterance_max_bytes,
    pauseMs: PAUSE_MS,
    storeDeadlineMs: STORE_DEADLINE_MS,
    turnBudget: TURN_BUDGET,
  };
};

export const gatewaySettings = ({ limits, server }: Config): GatewaySettings => ({
  ...defaultGatewaySettings,
  session: {
    frameBytesMax: limits.session_max_bytes,
    messagesPerS: limits.messages_per_s,
    bytesPerS: limits.bytes_per_s,
  },
  node: {
    ...defaultGatewaySettings.node,
    frameBytesMax: limits.node_max_bytes,
    bytesPerS: limits.node_bytes_per_s,
  },
  connectionsMax: limits.connections,
  outboundBytesMax: limits.outbound_bytes,
  outboundBehindMs: limits.outbound_behind_ms,
  origins: server.origins,
});

/** Every token with whom it stands for. */
export const tokenGrants = ({ auth }: Config): readonly TokenGrant[] =>
  (['session', 'node', 'admin'] as const).flatMap((kind) =>
    auth[kind].tokens.map((entry): TokenGrant => {
      const { token, tenant, subject, scopes } = typeof entry === 'string' ? { token: entry } : entry;
      return {
        kind,
        token,
        tenant: tenant ?? DEFAULT_TENANT,
        subject: subject ?? kind,
        scopes: scopes ?? [],
      };
    }),
  );
