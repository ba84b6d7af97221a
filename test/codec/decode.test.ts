import { describe, expect, it } from 'vitest';
import { decodeNodeFrame } from '#codec/decode-node.ts';
import { decodeSessionFrame } from '#codec/decode-session.ts';
import { describeInvalid } from '#codec/decoded.ts';
import { messageOf, OPUS_16K, sides, textFrame } from './vectors.ts';

const fromClient = (value: unknown) => decodeSessionFrame(textFrame(value), OPUS_16K);
const fromNode = (value: unknown) => decodeNodeFrame(textFrame(value));
const refusal = (decoded: ReturnType<typeof fromClient> | ReturnType<typeof fromNode>): string =>
  decoded.kind === 'invalid' ? describeInvalid(decoded) : decoded.kind;

const init = { type: 'session_init', client_version: '1', platform: 'web', src_lang: 'zh', tgt_lang: 'en' };
const chunk = { type: 'audio_chunk', session_id: 's-1', seq: 0, is_final: false };
const utterance = {
  type: 'utterance',
  session_id: 's-1',
  utterance_index: 0,
  manual_cut: true,
  src_lang: 'zh',
  tgt_lang: 'en',
  audio: 'AAAA',
  audio_format: 'pcm16',
  sample_rate: 16_000,
};
const heartbeat = {
  type: 'node_heartbeat',
  node_id: 'node-1',
  timestamp: 1,
  resource_usage: {},
  installed_services: [],
  capability_by_type: [],
};
const result = {
  type: 'job_result',
  job_id: 'job-1',
  attempt_id: 1,
  node_id: 'node-1',
  session_id: 's-1',
  utterance_index: 0,
  success: true,
  trace_id: 't',
};
const service = { service_id: 'a', type: 'asr', device: 'gpu', status: 'running' };

describe('types', () => {
  it('[PRO2] a type of the other direction is ignored, one that travels both ways is not', () => {
    expect(fromClient({ type: 'translation_result' })).toMatchObject({
      kind: 'ignored',
      reason: 'wrong_direction',
    });
    expect(fromNode({ type: 'job_assign' })).toMatchObject({ kind: 'ignored', reason: 'wrong_direction' });
    expect(fromClient({ type: 'webrtc_ice', room_code: '1', to: 's', candidate: {} }).kind).toBe('message');
  });

  it('[PRO2] a type of the other socket, or of an object itself, is unknown', () => {
    for (const type of ['node_register', 'toString', '__proto__', 'constructor', '']) {
      expect(fromClient({ type })).toMatchObject({ kind: 'ignored', reason: 'unknown_type' });
    }
  });

  it('[PRO2] a long unknown type is cut before it is counted', () => {
    expect(fromClient({ type: 'x'.repeat(1000) })).toMatchObject({ kind: 'ignored', type: 'x'.repeat(64) });
  });
});

describe('refusals', () => {
  it('[PRO1] bytes that are no UTF-8, no JSON or no object are one refusal', () => {
    for (const bytes of [[], [0xff], [0x22, 0xc3, 0x28, 0x22], [0x7b], [0x31], [0x6e, 0x75, 0x6c, 0x6c]]) {
      expect(refusal(decodeSessionFrame(Uint8Array.from(bytes), OPUS_16K))).toBe(
        'frame: expected one JSON object in UTF-8',
      );
    }
  });

  it('[PRO1] JSON of a million levels is a refusal, not a crash', () => {
    const deep = Buffer.from('['.repeat(1_000_000));
    expect(decodeSessionFrame(deep, OPUS_16K).kind).toBe('invalid');
    const offer = `{"type":"webrtc_offer","room_code":"1","to":"s","sdp":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
    expect(refusal(decodeSessionFrame(Buffer.from(offer), OPUS_16K))).toBe(
      'sdp: expected JSON of at most 32 levels',
    );
  });

  it('[PRO6] free JSON of 32 levels passes, of 33 does not', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const error = (details: unknown) =>
      fromNode({ type: 'node_error', node_id: 'n', code: 'X', message: '', details });
    expect(error(nested(32)).kind).toBe('message');
    expect(refusal(error(nested(33)))).toBe('details: expected JSON of at most 32 levels');
  });

  it('[PRO3] the wrong value of each kind is named in plain words', () => {
    expect(refusal(fromClient({ ...init, priority: 5 }))).toBe('priority: expected an integer from 0 to 4');
    expect(refusal(fromClient({ ...init, features: [] }))).toBe('features: expected an object');
    expect(refusal(fromClient({ ...init, auto_langs: [7] }))).toBe('auto_langs.0: expected a string');
    expect(refusal(fromClient({ ...utterance, audio_format: 'wav' }))).toBe(
      'audio_format: expected one of opus, pcm16',
    );
    expect(refusal(fromClient({ ...utterance, sample_rate: 0 }))).toBe(
      'sample_rate: expected an integer from 8000 to 192000',
    );
    expect(refusal(fromClient({ type: 'webrtc_offer', room_code: '1', to: 's', sdp: null }))).toBe(
      'sdp: expected any JSON but null',
    );
    expect(refusal(fromNode({ ...heartbeat, timestamp: '1' }))).toBe('timestamp: expected a number');
    expect(refusal(fromNode({ ...result, processing_time_ms: -1 }))).toBe(
      'processing_time_ms: expected a number of 0 or more',
    );
  });

  it('[PRO3] a key that the peer chose becomes a star', () => {
    const decoded = fromNode({ ...result, extra: { language_probabilities: { 'secret words': 'x' } } });
    expect(refusal(decoded)).toBe('extra.language_probabilities.*: expected a number');
  });

  it('[PRO3] an optional field of the wrong kind is refused, not dropped', () => {
    expect(refusal(fromClient({ ...init, trace_id: 7 }))).toBe('trace_id: expected a string');
  });

  it('[PRO16] what is too long or too big is refused by name', () => {
    expect(refusal(fromClient({ ...chunk, session_id: 'x'.repeat(257) }))).toBe(
      'session_id: expected a string of at most 256 characters',
    );
    expect(refusal(fromClient({ ...init, src_lang: 'x'.repeat(36) }))).toBe(
      'src_lang: expected a string of at most 35 characters',
    );
    expect(refusal(fromClient({ ...chunk, seq: 2 ** 32 }))).toBe(
      'seq: expected an integer from 0 to 4294967295',
    );
    expect(refusal(fromNode({ ...heartbeat, installed_services: Array(513).fill(service) }))).toBe(
      'installed_services: expected a list of at most 512 entries',
    );
    const infinite = Buffer.from(JSON.stringify(heartbeat).replace('"timestamp":1', '"timestamp":1e999'));
    expect(refusal(decodeNodeFrame(infinite))).toBe('timestamp: expected a number');
  });
});

describe('kindness', () => {
  it('[PRO5] entries with an unknown device or status are skipped, the known one is kept', () => {
    const decoded = fromNode({
      ...heartbeat,
      installed_services: [{ ...service, device: 'npu' }, service, { ...service, status: 'paused' }],
    });
    expect(messageOf<object>(decoded)).toMatchObject({ installed_services: [service] });
    expect(decoded).toMatchObject({
      notes: [
        { field: 'installed_services.*.device', what: 'entry_skipped' },
        { field: 'installed_services.*.status', what: 'entry_skipped' },
      ],
    });
  });

  it('[PRO5] an entry that is broken in another way is refused', () => {
    expect(refusal(fromNode({ ...heartbeat, installed_services: [{ ...service, service_id: 7 }] }))).toBe(
      'installed_services.0.service_id: expected a string',
    );
  });

  it('[PRO5] nulls in load and in maps of numbers are left out', () => {
    const message = messageOf<object>(
      fromNode({
        ...heartbeat,
        resource_usage: { cpu_percent: null, mem_percent: null, running_jobs: null, gpu_percent: 5.5 },
        processing_metrics: { serviceEfficiencies: { a: null, b: 2.5 } },
      }),
    );
    expect(message).toMatchObject({
      resource_usage: { gpu_percent: 5.5 },
      processing_metrics: { serviceEfficiencies: { b: 2.5 } },
    });
    expect(message).not.toHaveProperty('resource_usage.running_jobs');
  });

  it('[PRO5] unknown words outside lists take their stand-in', () => {
    const reject = {
      type: 'job_reject',
      job_id: 'j',
      attempt_id: 1,
      node_id: 'n',
      running_jobs: 1,
      free_slots: 0,
    };
    expect(messageOf<object>(fromNode({ ...reject, reason: 'lunch' }))).toMatchObject({
      reason: 'overloaded',
    });
    const progress = { type: 'job_progress', job_id: 'j', attempt_id: 1, node_id: 'n', stage: 'tone' };
    expect(messageOf<object>(fromNode(progress))).toMatchObject({ stage: 'other' });
    const level = fromNode({ ...result, asr_quality_level: 'splendid' });
    expect(messageOf<object>(level)).not.toHaveProperty('asr_quality_level');
    expect(level).toMatchObject({ notes: [{ field: 'asr_quality_level', what: 'value_unknown' }] });
  });

  it('[PRO5] a message that is odd in many places is noted only so far', () => {
    const decoded = fromNode({
      ...heartbeat,
      installed_services: Array(500).fill({ ...service, type: 'x' }),
    });
    expect(decoded.kind === 'message' && decoded.notes).toHaveLength(16);
  });

  it('[PRO5] a clean message has no notes', () => {
    expect(fromNode(heartbeat)).toMatchObject({ kind: 'message', notes: [] });
  });

  it('[PRO15] fields without a schema are left behind, `__proto__` among them', () => {
    const text = JSON.stringify(init).replace('{', '{"__proto__":{"platform":"evil"},"x_future":1,');
    const message = messageOf<object>(decodeSessionFrame(Buffer.from(text), OPUS_16K));
    expect(message).toEqual(init);
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
  });

  it('[PRO15] a key `__proto__` in a map of free keys gives the map no other prototype', () => {
    const given = { ...result, text_asr: 'a', extra: { language_probabilities: { MARK: 1 } } };
    const text = JSON.stringify(given).replace('"MARK":1', '"en":0.5,"__proto__":{"fr":1}');
    const message = messageOf(decodeNodeFrame(Buffer.from(text)));
    const probabilities = message.type === 'job_result' ? message.extra?.language_probabilities : undefined;
    expect(probabilities).toEqual({ en: 0.5 });
    expect(Object.getPrototypeOf(probabilities)).toBe(Object.prototype);
  });
});

describe('audio in messages', () => {
  it.each([
    ['undecodable base64', 'AB!D', 'payload: expected base64 with padding'],
    ['missing padding', 'AAA', 'payload: expected base64 with padding'],
    ['a length past the end', 'AwD4', 'payload: expected Opus packets as long as their lengths say'],
  ])('[W14] [AUD2] [AUD6] %s in a chunk is refused', (_, payload, text) => {
    expect(refusal(fromClient({ ...chunk, payload }))).toBe(text);
  });

  it('[AUD8] odd PCM is refused in chunks and in utterances', () => {
    const pcm = { encoding: 'pcm16', sampleRateHz: 16_000 } as const;
    expect(refusal(decodeSessionFrame(textFrame({ ...chunk, payload: 'AAAA' }), pcm))).toBe(
      'payload: expected an even number of bytes of 16-bit samples',
    );
    expect(refusal(fromClient(utterance))).toBe('audio: expected an even number of bytes of 16-bit samples');
  });

  it('[AUD6] an empty payload is no audio, an empty utterance is a piece without audio', () => {
    expect(messageOf(fromClient({ ...chunk, payload: '' }))).toMatchObject({ audio: null });
    expect(messageOf(fromClient({ ...chunk, payload: null }))).toMatchObject({ audio: null });
    expect(messageOf(fromClient({ ...utterance, audio: '' }))).toMatchObject({
      audio: { durationMs: 0, isSilent: true },
    });
  });

  it("[PRO14] a node's speech that is not base64 is refused on its field", () => {
    for (const tts_audio of ['AA"}', 'AAA\\', 'AA=A', '\u0141AAA', 'AA-_', 'AAAA\n']) {
      expect(refusal(fromNode({ ...result, tts_audio }))).toBe('tts_audio: expected base64 with padding');
    }
  });

  it("[PRO14] a node's speech keeps its wire form and knows its size", () => {
    const message = messageOf(sides.nodeAgent.decode(textFrame({ ...result, tts_audio: 'AAECAwQ=' })));
    expect(message).toMatchObject({ tts_audio: { base64: Buffer.from('AAECAwQ='), rawBytes: 5 } });
    expect(messageOf(sides.nodeAgent.decode(textFrame({ ...result, tts_audio: '' })))).not.toHaveProperty(
      'tts_audio',
    );
  });
});
