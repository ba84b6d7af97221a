import { randomBytes } from 'node:crypto';
import { clientFrame } from './wire.ts';

/** What is spoken: an utterance of 3 s, as raw samples in 12 chunks or as Opus in 30. */
export type Speech = 'pcm' | 'opus';

const SHAPES = {
  // A multiple of 6 bytes, as the documents ask of PCM clients.
  pcm: { chunkCount: 12, chunkBytes: 7998, codec: 'pcm16' },
  opus: { chunkCount: 30, chunkBytes: 240, codec: 'opus' },
} as const;

/** Speech that a node answers with, as base64. */
const RESULT_BASE64_BYTES = 24_000;
/** Numbers of one width, so that a frame is made once and only its digits change. */
export const FIRST_SEQ = 1_000_000;
const SEQ_DIGITS = 7;
const SEQ_MARK = '"seq":';

const opusChunk = (byteCount: number): Buffer => {
  const packets: Buffer[] = [];
  for (let left = byteCount; left > 0; left -= 48) {
    const packet = randomBytes(46);
    // SILK, wide band, 20 ms, mono, one frame.
    packet[0] = 0x48;
    packets.push(Buffer.from([46, 0]), packet);
  }
  return Buffer.concat(packets);
};

const pcmChunk = (byteCount: number): Buffer => randomBytes(byteCount);

/** A frame whose `seq` is written over before each sending. */
interface Stamped {
  readonly frame: Buffer;
  readonly seqAt: number;
}

const stamped = (message: object): Stamped => {
  const frame = clientFrame(Buffer.from(JSON.stringify(message)));
  return { frame, seqAt: frame.indexOf(SEQ_MARK) + SEQ_MARK.length };
};

/** The socket takes the bytes at once or keeps them, so each sending is a copy. */
const withSeq = ({ frame, seqAt }: Stamped, seq: number): Buffer => {
  const copy = Buffer.from(frame);
  copy.write(String(seq), seqAt, SEQ_DIGITS, 'latin1');
  return copy;
};

/** All frames of one utterance of one session. */
export class Utterance {
  readonly #chunks: readonly Stamped[];
  readonly #final: Stamped;

  constructor(sessionId: string, speech: Speech) {
    const { chunkCount, chunkBytes } = SHAPES[speech];
    const base = { type: 'audio_chunk', session_id: sessionId, seq: FIRST_SEQ };
    this.#chunks = Array.from({ length: chunkCount }, () => {
      const bytes = speech === 'pcm' ? pcmChunk(chunkBytes) : opusChunk(chunkBytes);
      return stamped({ ...base, is_final: false, payload: bytes.toString('base64') });
    });
    this.#final = stamped({ ...base, is_final: true, payload: '' });
  }

  get frameCount(): number {
    return this.#chunks.length + 1;
  }

  frames(firstSeq: number): Buffer {
    return Buffer.concat([
      ...this.#chunks.map((chunk, at) => withSeq(chunk, firstSeq + at)),
      withSeq(this.#final, firstSeq + this.#chunks.length),
    ]);
  }
}

export const sessionInit = (speech: Speech): object => ({
  type: 'session_init',
  client_version: '1',
  platform: 'web',
  src_lang: 'zh',
  tgt_lang: 'en',
  ...(speech === 'pcm' ? { capabilities: ['pcm16'], audio_format: SHAPES.pcm.codec } : {}),
});

const CORE = ['asr', 'nmt', 'tts'];
const SERVICES = CORE.map((type) => ({ service_id: `${type}-1`, type, device: 'gpu', status: 'running' }));
const CAPABILITIES = CORE.map((type) => ({ type, ready: true }));
/** More than is ever open at once: the node is not what is measured. */
const NODE_PLACES = 200;

export const nodeRegister = (nodeId: string): object => ({
  type: 'node_register',
  node_id: nodeId,
  version: '2.0.0',
  capability_schema_version: '2.0',
  platform: 'linux',
  hardware: { cpu_cores: 8, memory_gb: 32, gpus: [{ name: 'GPU of a bench', memory_gb: 16 }] },
  installed_models: [],
  installed_services: SERVICES,
  capability_by_type: CAPABILITIES,
  features_supported: {},
  accept_public_jobs: true,
  max_concurrent_jobs: NODE_PLACES,
  advanced_features: ['audio:pcm16', 'audio:opus'],
});

export const nodeHeartbeat = (nodeId: string): object => ({
  type: 'node_heartbeat',
  node_id: nodeId,
  timestamp: 1,
  resource_usage: { cpu_percent: 10, gpu_percent: 10, mem_percent: 10, running_jobs: 0 },
  installed_services: SERVICES,
  capability_by_type: CAPABILITIES,
});

export const RESULT_AUDIO = randomBytes((RESULT_BASE64_BYTES / 4) * 3).toString('base64');
export const RESULT_TEXTS = {
  text_asr: '今天天气很好，我们出去走走吧',
  text_translated: 'The weather is fine today, let us go for a walk',
  tts_format: 'opus',
};

/** The answer to an assignment: everything but the audio is copied from its head. */
export const resultFrame = (assign: Buffer, nodeId: string): Buffer => {
  const head = JSON.parse(`${assign.toString('utf8', 0, assign.indexOf(',"audio":"'))}}`) as {
    readonly job_id: string;
    readonly attempt_id: number;
    readonly session_id: string;
    readonly utterance_index: number;
    readonly trace_id: string;
  };
  const { job_id, attempt_id, session_id, utterance_index, trace_id } = head;
  const text = JSON.stringify({
    type: 'job_result',
    job_id,
    attempt_id,
    node_id: nodeId,
    session_id,
    utterance_index,
    success: true,
    ...RESULT_TEXTS,
    trace_id,
  });
  return clientFrame(Buffer.from(`${text.slice(0, -1)},"tts_audio":"${RESULT_AUDIO}"}`));
};
