import type { Wire } from '../observations.ts';
import type { NodeTraits } from './traits.ts';

const CORE_TYPES = ['asr', 'nmt', 'tts'] as const;
const SERVICES = CORE_TYPES.map((type) => ({
  service_id: `sim-${type}`,
  type,
  device: 'gpu',
  status: 'running',
  version: '1.0.0',
}));
const capabilities = (isReady: boolean): readonly object[] => [
  ...CORE_TYPES.map((type) => (isReady ? { type, ready: true } : { type, ready: false, reason: 'no_impl' })),
  { type: 'tone', ready: false, reason: 'no_impl' },
];

/** A run of one silent Opus packet: speech that can be told to be there. */
const SOME_SPEECH = 'BABI//7/';

export const registerMessage = (traits: NodeTraits, nodeId: string | null, overrides: object = {}): Wire => ({
  type: 'node_register',
  node_id: nodeId,
  version: '2.0.0',
  capability_schema_version: '2.0',
  platform: 'windows',
  hardware: { cpu_cores: 16, memory_gb: 32, gpus: [{ name: 'simulated', memory_gb: 8 }] },
  installed_models: [],
  installed_services: SERVICES,
  capability_by_type: capabilities(true),
  features_supported: {},
  accept_public_jobs: true,
  max_concurrent_jobs: traits.capacity,
  ...(traits.features === null ? {} : { advanced_features: traits.features }),
  ...overrides,
});

/** Ways to register that must be refused. */
export const BAD_REGISTRATIONS: readonly [object, ...object[]] = [
  { capability_schema_version: '1.0' },
  { capability_schema_version: undefined },
  { hardware: { cpu_cores: 16, memory_gb: 32 } },
];

export interface Vitals {
  readonly nodeId: string | null;
  readonly runningJobs: number;
  readonly isReady: boolean;
  readonly cpuPercent: number;
  readonly gpuPercent: number;
  /** Its speech services were restarted since the last heartbeat. */
  readonly isRestarting: boolean;
  readonly wallMs: number;
}

export const heartbeatMessage = ({
  nodeId,
  runningJobs,
  isReady,
  cpuPercent,
  gpuPercent,
  isRestarting,
  wallMs,
}: Vitals): Wire => ({
  type: 'node_heartbeat',
  node_id: nodeId,
  timestamp: Math.floor(wallMs),
  resource_usage: {
    cpu_percent: cpuPercent,
    gpu_percent: gpuPercent,
    mem_percent: 40,
    running_jobs: runningJobs,
  },
  installed_services: isRestarting ? SERVICES.map((one) => ({ ...one, status: 'stopped' })) : SERVICES,
  capability_by_type: capabilities(isReady),
  asr_metrics: { processingEfficiency: null },
});

/** The fields by which agents name a job, echoed from its assignment. */
export const echoOf = (job: Wire, nodeId: string | null): object => ({
  job_id: job.job_id,
  attempt_id: job.attempt_id,
  node_id: nodeId,
  session_id: job.session_id,
  utterance_index: job.utterance_index,
  trace_id: job.trace_id,
});

export const goodResult = (words: string): object => ({
  success: true,
  text_asr: words,
  text_translated: `translated ${words}`,
  tts_audio: SOME_SPEECH,
  tts_format: 'opus',
  processing_time_ms: 100,
  extra: { language_probability: 0.9, something_new: [1, 2] },
});

export const failedResult = (code: string, message = 'simulated'): object => ({
  success: false,
  error: { code, message },
});

/** As agents name the service that lacks its model. */
export const lackingResult = (type: (typeof CORE_TYPES)[number]): object => ({
  success: false,
  error: {
    code: 'MODEL_NOT_AVAILABLE',
    message: 'simulated',
    details: { service_id: `sim-${type}`, service_version: '1.0.0', reason: 'not running' },
  },
});

/** What agents say when they heard nothing. */
export const EMPTY_RESULTS: readonly [object, ...object[]] = [
  { success: true, text_asr: '', text_translated: '', tts_audio: '' },
  { success: true, text_asr: '', text_translated: '', tts_audio: '', extra: { reason: 'ASR_EMPTY' } },
  { success: true },
  { success: true, text_asr: '  ', extra: { reason: 'NO_TEXT_ASSIGNED' } },
];
