import type { JobRequest } from '#core/jobs/job-request.ts';
import type { Principal } from '#core/ports.ts';
import { asJobId, asSessionId, type ConnectionId } from '#protocol/ids.ts';
import type { JobResult, NodeHeartbeat, NodeRegister } from '#protocol/node-agent-messages.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { InstalledService, ServiceType } from '#protocol/shapes.ts';

/** Messages and requests as they come in everyday life; tests say only what differs. */
export const connection = (name: string): ConnectionId => `conn-${name}` as ConnectionId;

export const nodePrincipal = (tenant = 'default'): Principal => ({
  kind: 'node',
  tenant,
  subject: 'a node',
  scopes: [],
  isAnonymous: tenant === 'default',
});

const CORE: readonly ServiceType[] = ['asr', 'nmt', 'tts'];

export const services = (
  types: readonly ServiceType[] = CORE,
  overrides: Partial<InstalledService> = {},
): InstalledService[] =>
  types.map((type) => ({ service_id: `${type}-1`, type, device: 'gpu', status: 'running', ...overrides }));

export const capabilities = (types: readonly ServiceType[] = CORE) =>
  types.map((type) => ({ type, ready: true }));

export const registration = (overrides: Partial<NodeRegister> = {}): NodeRegister => ({
  type: 'node_register',
  version: '2.0.0',
  capability_schema_version: '2.0',
  platform: 'linux',
  hardware: { cpu_cores: 8, memory_gb: 32, gpus: [{ name: 'a GPU', memory_gb: 16 }] },
  installed_models: [],
  installed_services: services(),
  capability_by_type: capabilities(),
  features_supported: {},
  accept_public_jobs: true,
  ...overrides,
});

export const heartbeat = (nodeId: string, overrides: Partial<NodeHeartbeat> = {}): NodeHeartbeat => ({
  type: 'node_heartbeat',
  node_id: nodeId,
  timestamp: 1,
  resource_usage: { cpu_percent: 10, gpu_percent: 10, mem_percent: 10, running_jobs: 0 },
  installed_services: services(),
  capability_by_type: capabilities(),
  ...overrides,
});

export const jobRequest = (name: string, overrides: Partial<JobRequest> = {}): JobRequest => ({
  jobId: asJobId(`job-${name}`),
  sessionId: asSessionId('s-1'),
  tenant: 'default',
  utteranceIndex: 0,
  srcLang: 'zh',
  tgtLang: 'en',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  audio: [
    { encoding: 'opus', bytes: new Uint8Array(8), durationMs: 2000, sampleRateHz: 16_000, isSilent: false },
  ],
  encoding: 'opus',
  sampleRateHz: 16_000,
  audioMs: 2000,
  audioBytes: 8,
  cut: 'manual',
  audioStartMs: 0,
  cutFlags: 'manual',
  traceId: 'trace-1',
  priority: 2,
  ...overrides,
});

/** A node's answer to an assignment: a good one, unless told otherwise. */
export const answer = (nodeId: string, assign: JobAssign, overrides: Partial<JobResult> = {}): JobResult => ({
  type: 'job_result',
  job_id: assign.job_id,
  attempt_id: assign.attempt_id,
  node_id: nodeId,
  session_id: assign.session_id,
  utterance_index: assign.utterance_index,
  success: true,
  text_asr: '你好',
  text_translated: 'hello',
  trace_id: assign.trace_id,
  ...overrides,
});

export const failure = (code: string, message = 'it did not work'): Partial<JobResult> => {
  const error = { code, message };
  return { success: false, text_asr: '', text_translated: '', error };
};

export const SILENT: Partial<JobResult> = { text_asr: '', text_translated: ' ' };
