/** Services of the public agent, by type. */
const SERVICES = [
  { service_id: 'faster-whisper-vad', type: 'asr', device: 'gpu', status: 'running', version: '2.0.0' },
  { service_id: 'nmt-m2m100', type: 'nmt', device: 'gpu', status: 'running', version: '1.0.0' },
  { service_id: 'piper-tts', type: 'tts', device: 'gpu', status: 'running', version: '1.0.0' },
];

const CAPABILITIES = [
  { type: 'asr', ready: true, ready_impl_ids: ['faster-whisper-vad'] },
  { type: 'nmt', ready: true, ready_impl_ids: ['nmt-m2m100'] },
  { type: 'tts', ready: true, ready_impl_ids: ['piper-tts'] },
  { type: 'tone', ready: false, reason: 'no_impl' },
];

/** What the public agent registers with, explicit nulls included. */
export const legacyRegister = (nodeId: string | null, overrides: object = {}): object => ({
  type: 'node_register',
  node_id: nodeId,
  version: '2.0.0',
  capability_schema_version: '2.0',
  platform: 'windows',
  hardware: { cpu_cores: 16, memory_gb: 32, gpus: [{ name: 'GPU of a test', memory_gb: 8 }] },
  installed_models: [
    {
      model_id: 'whisper-large-v3',
      kind: 'asr',
      src_lang: null,
      tgt_lang: null,
      dialect: null,
      version: '1.0.0',
      enabled: true,
    },
  ],
  installed_services: SERVICES,
  capability_by_type: CAPABILITIES,
  features_supported: {
    emotion_detection: false,
    voice_style_detection: false,
    speech_rate_detection: false,
    speech_rate_control: false,
    speaker_identification: false,
    persona_adaptation: false,
  },
  accept_public_jobs: true,
  ...overrides,
});

/** Its heartbeat: no GPU reading, a null inside `asr_metrics`. */
export const legacyHeartbeat = (nodeId: string | null, overrides: object = {}): object => ({
  type: 'node_heartbeat',
  node_id: nodeId,
  timestamp: Date.now(),
  resource_usage: { cpu_percent: 12.5, gpu_percent: 0, mem_percent: 40.2, running_jobs: 0 },
  installed_services: SERVICES,
  capability_by_type: CAPABILITIES,
  asr_metrics: { processingEfficiency: null },
  ...overrides,
});
