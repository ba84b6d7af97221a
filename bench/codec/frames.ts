import type { AudioPiece } from '#protocol/audio.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { TranslationResult } from '#protocol/session-server-messages.ts';

const SAMPLE_RATE_HZ = 16_000;
const SESSION_ID = 's-7c1f0d52a9e84b36b0d4f1a2c3e5d697';
const JOB_ID = 'job-7c1f0d52a9e84b36b0d4f1a2c3e5d697';
const TRACE_ID = '5b0c1d7e-9a41-4c3f-8d26-71e0f5a9b3c4';

/** Bytes that differ from one `salt` to the next, the same in every run. */
const noise = (byteCount: number, salt: number): Buffer => {
  const bytes = Buffer.alloc(byteCount);
  let state = (salt + 1) * 2_654_435_761;
  for (let at = 0; at < byteCount; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
};

/** Packets of 20 ms as speech gives them at 24 kbit/s, each after its length. */
export const opusAudio = (packetCount: number, salt: number): Buffer => {
  const packets = Array.from({ length: packetCount }, (_, at) => {
    const packet = noise(60, salt * 1000 + at);
    packet[0] = 0x48;
    return Buffer.concat([Buffer.from([packet.length, 0]), packet]);
  });
  return Buffer.concat(packets);
};

/** Loud from the first sample on, as speech is in most of its chunks. */
export const pcmAudio = (byteCount: number, salt: number): Buffer => noise(byteCount & ~1, salt);

/** In a block of its own, as most frames come from a socket; `Buffer.from` would put several into one. */
const textFrame = (message: object): Buffer =>
  Buffer.from(new TextEncoder().encode(JSON.stringify(message)).buffer);

export const chunkFrame = (audio: Buffer, seq: number): Buffer =>
  textFrame({
    type: 'audio_chunk',
    session_id: SESSION_ID,
    seq,
    is_final: false,
    payload: audio.toString('base64'),
  });

export const utteranceFrame = (audio: Buffer, utterance_index: number): Buffer =>
  textFrame({
    type: 'utterance',
    session_id: SESSION_ID,
    utterance_index,
    manual_cut: true,
    src_lang: 'de',
    tgt_lang: 'en',
    audio: audio.toString('base64'),
    audio_format: 'pcm16',
    sample_rate: SAMPLE_RATE_HZ,
  });

export const heartbeatFrame = (timestamp: number): Buffer =>
  textFrame({ type: 'client_heartbeat', session_id: SESSION_ID, timestamp });

export const nodeHeartbeatFrame = (timestamp: number): Buffer =>
  textFrame({
    type: 'node_heartbeat',
    node_id: 'node-7c1f0d52a9e84b36b0d4f1a2c3e5d697',
    timestamp,
    resource_usage: { cpu_percent: 12.5, gpu_percent: 40, mem_percent: 33, running_jobs: 2 },
    installed_services: ['asr', 'nmt', 'tts'].map((type) => ({
      service_id: `${type}-1`,
      type,
      device: 'gpu',
      status: 'running',
    })),
    capability_by_type: ['asr', 'nmt', 'tts'].map((type) => ({ type, ready: true })),
  });

/** A result whose speech has `base64Bytes` bytes as text, and whose transcript has one letter beyond ASCII. */
export const resultFrame = (base64Bytes: number, utterance_index: number): Buffer =>
  textFrame({
    type: 'job_result',
    job_id: JOB_ID,
    attempt_id: 1,
    node_id: 'node-7c1f0d52a9e84b36b0d4f1a2c3e5d697',
    session_id: SESSION_ID,
    utterance_index,
    success: true,
    text_asr: 'Guten Tag, wie geht es dir, Günter?',
    text_translated: 'Good afternoon, how are you?',
    tts_audio: noise((base64Bytes / 4) * 3, utterance_index).toString('base64'),
    tts_format: 'opus',
    extra: { service_timings: { asr_ms: 310, nmt_ms: 120, tts_ms: 420, total_ms: 850 } },
    processing_time_ms: 850,
    trace_id: TRACE_ID,
  });

const pcmPiece = (byteCount: number, salt: number): AudioPiece => ({
  encoding: 'pcm16',
  bytes: pcmAudio(byteCount, salt),
  durationMs: (byteCount / 2 / SAMPLE_RATE_HZ) * 1000,
  sampleRateHz: SAMPLE_RATE_HZ,
  isSilent: false,
});

/** A job over chunks of 7,998 bytes (a multiple of 6, so that their base64 could be joined): 0.25 s each. */
export const jobOf = (chunkCount: number, utterance_index: number): JobAssign => ({
  type: 'job_assign',
  job_id: JOB_ID,
  attempt_id: 1,
  session_id: SESSION_ID,
  utterance_index,
  src_lang: 'de',
  tgt_lang: 'en',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  audio: Array.from({ length: chunkCount }, (_, at) => pcmPiece(7998, utterance_index * 100 + at)),
  audio_format: 'pcm16',
  sample_rate: SAMPLE_RATE_HZ,
  trace_id: TRACE_ID,
  is_manual_cut: true,
  group_id: 'group_7c1f0d52',
  part_index: 0,
});

/** The same of chunks of 0.1 s as Opus. */
export const opusJobOf = (chunkCount: number, utterance_index: number): JobAssign => ({
  ...jobOf(0, utterance_index),
  audio: Array.from({ length: chunkCount }, (_, at) => ({
    encoding: 'opus',
    bytes: opusAudio(5, utterance_index * 100 + at),
    durationMs: 100,
    sampleRateHz: SAMPLE_RATE_HZ,
    isSilent: false,
  })),
  audio_format: 'opus',
});

export const resultMessage = (base64Bytes: number, utterance_index: number): TranslationResult => {
  const raw = noise((base64Bytes / 4) * 3, utterance_index);
  return {
    type: 'translation_result',
    session_id: SESSION_ID,
    utterance_index,
    job_id: JOB_ID,
    text_asr: 'Guten Tag, wie geht es dir, Günter?',
    text_translated: 'Good afternoon, how are you?',
    tts_audio: { base64: Buffer.from(raw.toString('base64'), 'latin1'), rawBytes: raw.length },
    tts_format: 'opus',
    trace_id: TRACE_ID,
    group_id: 'group_7c1f0d52',
    part_index: 0,
    service_timings: { asr_ms: 310, nmt_ms: 120, tts_ms: 420, total_ms: 850 },
  };
};
