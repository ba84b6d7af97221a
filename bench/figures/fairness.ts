import { seededChance } from '#core/chance.ts';
import { type DispatcherState, newDispatcher, stepDispatcher } from '#core/jobs/dispatcher.ts';
import type { DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import { defaultDispatchSettings } from '#core/settings.ts';
import { asJobId, asNodeId, asSessionId, type ConnectionId, type InstanceId } from '#protocol/ids.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import { quantile } from '../harness/median.ts';

const CAPACITY = 8;
/** Jobs take 0.5 to 1.5 s. */
const SERVICE_MS = 1000;
const RUN_MS = 60_000;
/** The quiet tenant asks for half of its fair half of the node; the loud one for a hundred times that. */
const QUIET_PER_S = 2;
const TIMES_LOUDER = 100;

interface Due {
  readonly atMs: number;
  readonly event: DispatcherEvent;
}

/** A dispatcher with one node, played in simulated time. Returns how long each of the quiet tenant's jobs queued. */
const queueOfQuiet = (isLoudThere: boolean): readonly number[] => {
  const chance = seededChance(2);
  let ids = 0;
  const next = (): string => {
    ids += 1;
    return ids.toString(16).padStart(32, '0');
  };
  const state: DispatcherState = newDispatcher(
    { ...defaultDispatchSettings, requireGpu: false, pendingTimeoutMs: 60_000 },
    { chance: seededChance(1), ids: { next, uuid: next }, owner: 'inst' as InstanceId },
  );
  const connectionId = 'conn-1' as ConnectionId;
  const nodeId = asNodeId('node-1');
  const due: Due[] = [];
  const submittedAtMs = new Map<string, number>();
  const queuedMs: number[] = [];
  const types = ['asr', 'nmt', 'tts'] as const;
  const services = types.map((type) => ({
    service_id: type,
    type,
    device: 'gpu' as const,
    status: 'running' as const,
  }));
  const capabilities = types.map((type) => ({ type, ready: true }));

  const later = (atMs: number, event: DispatcherEvent): void => {
    let at = due.length;
    while (at > 0 && (due[at - 1]?.atMs ?? 0) > atMs) at -= 1;
    due.splice(at, 0, { atMs, event });
  };
  /** The time that each timer is set to now; firings for another one are stale. */
  const timers = new Map<string, number>();
  const step = (event: DispatcherEvent, atMs: number): void => {
    if (event.kind === 'timerFired') {
      if (timers.get(event.key) !== atMs) return;
      timers.delete(event.key);
    }
    for (const effect of stepDispatcher(state, event, { atMs, wallMs: atMs })) {
      if (effect.kind === 'setTimer') {
        timers.set(effect.key, effect.atMs);
        later(effect.atMs, { kind: 'timerFired', key: effect.key });
      }
      if (effect.kind === 'clearTimer') timers.delete(effect.key);
      if (effect.kind !== 'sendNode' || effect.offer === undefined) continue;
      const assign = effect.message as JobAssign;
      step({ kind: 'offerAnswered', ...effect.offer, answer: 'accepted' }, atMs);
      const since = submittedAtMs.get(effect.offer.jobId);
      if (since !== undefined) queuedMs.push(atMs - since);
      submittedAtMs.delete(effect.offer.jobId);
      later(atMs + SERVICE_MS * (0.5 + chance()), {
        kind: 'nodeMessage',
        connectionId,
        message: {
          type: 'job_result',
          job_id: assign.job_id,
          attempt_id: assign.attempt_id,
          node_id: nodeId,
          session_id: assign.session_id,
          utterance_index: assign.utterance_index,
          success: true,
          text_asr: 'heard',
          text_translated: 'meant',
          trace_id: assign.trace_id,
        },
      });
    }
  };
  const request = (name: string, tenant: string): JobRequest => ({
    jobId: asJobId(`job-${name}`),
    sessionId: asSessionId(`s-${tenant}`),
    tenant,
    utteranceIndex: 0,
    srcLang: 'zh',
    tgtLang: 'en',
    pipeline: { use_asr: true, use_nmt: true, use_tts: true },
    audio: [],
    encoding: 'opus',
    sampleRateHz: 16_000,
    audioMs: 1000,
    audioBytes: 0,
    cut: 'manual',
    audioStartMs: 0,
    cutFlags: 'manual',
    traceId: 'trace',
    priority: 2,
  });

  const principal = {
    kind: 'node',
    tenant: 'default',
    subject: 'bench',
    isAnonymous: true,
    scopes: [],
  } as const;
  later(0, { kind: 'started' });
  later(0, { kind: 'nodeConnected', connectionId, principal });
  later(0, {
    kind: 'nodeMessage',
    connectionId,
    message: {
      type: 'node_register',
      node_id: nodeId,
      version: '1',
      capability_schema_version: '2.0',
      platform: 'linux',
      hardware: { cpu_cores: 1, memory_gb: 1 },
      installed_models: [],
      installed_services: services,
      capability_by_type: capabilities,
      features_supported: {},
      accept_public_jobs: true,
      max_concurrent_jobs: CAPACITY,
    },
  });
  for (let atMs = 1; atMs < RUN_MS * 2; atMs += 15_000) {
    later(atMs, {
      kind: 'nodeMessage',
      connectionId,
      message: {
        type: 'node_heartbeat',
        node_id: nodeId,
        timestamp: 0,
        resource_usage: { cpu_percent: 1, gpu_percent: 1, mem_percent: 1, running_jobs: 0 },
        installed_services: services,
        capability_by_type: capabilities,
      },
    });
  }
  /** Arrivals without memory, as people's are. */
  const arrive = (tenant: string, perS: number, told: (name: string, atMs: number) => void): void => {
    const chance = seededChance(tenant.length);
    for (let atMs = 100, number = 0; atMs < RUN_MS; number += 1) {
      const name = `${tenant}-${number}`;
      told(name, atMs);
      later(atMs, { kind: 'jobSubmitted', request: request(name, tenant) });
      atMs += (-Math.log(1 - chance()) * 1000) / perS;
    }
  };
  arrive('quiet', QUIET_PER_S, (name, atMs) => submittedAtMs.set(`job-${name}`, atMs));
  if (isLoudThere) arrive('loud', QUIET_PER_S * TIMES_LOUDER, () => undefined);
  for (let head = due.shift(); head !== undefined && head.atMs < RUN_MS * 2; head = due.shift()) {
    step(head.event, head.atMs);
  }
  return [...queuedMs, ...[...submittedAtMs.values()].map(() => Number.POSITIVE_INFINITY)];
};

export interface Fairness {
  /** p99 of the queue without the loud tenant. */
  readonly aloneMs: number;
  readonly besideMs: number;
  /** Mean time between two places that are given back. */
  readonly placeEveryMs: number;
}

/** F1 in simulated time: what a tenant with 100 times its share does to another's queue. */
export const fairness = (): Fairness => ({
  aloneMs: quantile(queueOfQuiet(false), 0.99),
  besideMs: quantile(queueOfQuiet(true), 0.99),
  placeEveryMs: SERVICE_MS / CAPACITY,
});
