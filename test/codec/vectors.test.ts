import { describe, expect, it } from 'vitest';
import { decodeNodeFrame } from '#codec/decode-node.ts';
import { decodeSessionFrame } from '#codec/decode-session.ts';
import { describeInvalid } from '#codec/decoded.ts';
import { messageOf, OPUS_16K, readVector, sideOf, textFrame, vectorNames } from './vectors.ts';

const UNKNOWN_FIELDS = new Set(['x_future']);
const OPTIONAL_AUDIO: Readonly<Record<string, string>> = { audio_chunk: 'payload', job_result: 'tts_audio' };

/** What a sample must come back as: without nulls, without what no schema names, without empty optional audio. */
const expectedBack = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(expectedBack);
  if (typeof value !== 'object' || value === null) return value;
  const { type } = value as { readonly type?: string };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => entry !== null && !UNKNOWN_FIELDS.has(key))
      .filter(([key, entry]) => !(entry === '' && type !== undefined && OPTIONAL_AUDIO[type] === key))
      .map(([key, entry]) => [key, expectedBack(entry)]),
  );
};

describe('valid samples', () => {
  it.each(vectorNames())('[PRO17] %s is read in its direction and written again the same', (name) => {
    const bytes = readVector(name);
    const { decode, encode } = sideOf(name);
    const message = messageOf(decode(bytes));
    expect(JSON.parse(encode(message).toString('utf8'))).toEqual(
      expectedBack(JSON.parse(bytes.toString('utf8'))),
    );
  });

  it('[PRO17] every message type of the reference has a sample', () => {
    expect(vectorNames().length).toBeGreaterThan(85);
  });

  it('[AUD3] audio of samples arrives as pieces with duration and silence', () => {
    const { decode } = sideOf('session.client.');
    const read = (name: string): unknown => messageOf(decode(readVector(`session.client.${name}.json`)));
    expect(read('audio_chunk')).toMatchObject({
      audio: { encoding: 'opus', durationMs: 100, isSilent: true },
    });
    expect(read('audio_chunk.web_size')).toMatchObject({ audio: { durationMs: 2560 } });
    expect(read('audio_chunk.final_empty')).toMatchObject({ audio: null, is_final: true });
    expect(read('audio_chunk.no_payload')).toMatchObject({ audio: null });
    expect(read('utterance.mobile')).toMatchObject({
      audio: { encoding: 'pcm16', sampleRateHz: 16_000, durationMs: 20, isSilent: true },
    });
    const assign = messageOf(
      sideOf('node.server.').decode(readVector('node.server.job_assign.utterance.json')),
    );
    expect(assign).toMatchObject({ audio: [{ encoding: 'opus', durationMs: 100, isSilent: true }] });
  });
});

/** `field` and expectation of each sample that must be refused; null = a fault that the handler answers. */
const REFUSED: Readonly<Record<string, string | null>> = {
  'session.not_json.txt': 'frame: expected one JSON object in UTF-8',
  'session.array.json': 'frame: expected one JSON object in UTF-8',
  'session.no_type.json': 'type: expected a string',
  'session.session_init.no_client_version.json': 'client_version: expected a string',
  'session.session_init.null_src_lang.json': 'src_lang: expected a string',
  'session.session_init.features_not_bool.json': 'features.emotion_detection: expected true or false',
  'session.audio_chunk.no_is_final.json': 'is_final: expected true or false',
  'session.audio_chunk.negative_seq.json': 'seq: expected an integer of 0 or more',
  'session.audio_chunk.fractional_seq.json': 'seq: expected an integer of 0 or more',
  'session.audio_chunk.string_seq.json': 'seq: expected an integer of 0 or more',
  'session.audio_chunk.is_final_number.json': 'is_final: expected true or false',
  'session.utterance.no_manual_cut.json': 'manual_cut: expected true or false',
  'session.tts_play_ended.null_group.json': 'group_id: expected a string',
  'session.room_create.no_client_ts.json': 'client_ts: expected a number',
  'session.webrtc_offer.no_sdp.json': 'sdp: expected any JSON but null',
  'node.node_register.no_capability_by_type.json': 'capability_by_type: expected a list',
  'node.node_register.no_schema_version.json': null,
  'node.node_register.schema_1_0.json': null,
  'node.node_register.no_gpu.json': null,
  'node.node_heartbeat.no_services.json': 'installed_services: expected a list',
  'node.job_result.no_attempt.json': 'attempt_id: expected an integer of 0 or more',
  'node.job_result.no_trace.json': 'trace_id: expected a string',
};

const decodeByPrefix = (folder: string, name: string) => {
  const bytes = readVector(`${folder}/${name}`);
  return name.startsWith('node.') ? decodeNodeFrame(bytes) : decodeSessionFrame(bytes, OPUS_16K);
};

describe('invalid samples', () => {
  it('[PRO3] the table below names every invalid sample', () => {
    expect(Object.keys(REFUSED).sort()).toEqual(vectorNames('invalid'));
  });

  it.each(Object.entries(REFUSED))('[PRO3] %s: %s', (name, text) => {
    const decoded = decodeByPrefix('invalid', name);
    if (text === null) expect(decoded.kind).toBe('message');
    else expect(decoded.kind === 'invalid' && describeInvalid(decoded)).toBe(text);
  });

  it('[PRO3] the handler sees what is missing in samples that decode', () => {
    const read = (name: string): object =>
      messageOf<object>(decodeByPrefix('invalid', `node.node_register.${name}.json`));
    expect(read('no_schema_version')).not.toHaveProperty('capability_schema_version');
    expect(read('schema_1_0')).toHaveProperty('capability_schema_version', '1.0');
    expect(read('no_gpu')).not.toHaveProperty('hardware.gpus');
  });
});

describe('tolerated samples', () => {
  const tolerate = (name: string) => decodeByPrefix('tolerated', name);

  it('[PRO2] unknown types are ignored', () => {
    expect(tolerate('session.unknown_type.json')).toEqual({
      kind: 'ignored',
      reason: 'unknown_type',
      type: 'language_switch',
    });
    expect(tolerate('node.unknown_type.json')).toMatchObject({ kind: 'ignored', type: 'request_job' });
  });

  it('[PRO5] an entry of an unknown service type is skipped and noted', () => {
    const decoded = tolerate('node.node_register.unknown_service_type.json');
    expect(messageOf<object>(decoded)).toMatchObject({ type: 'node_register', capability_by_type: [] });
    expect(decoded).toMatchObject({ notes: [{ field: 'capability_by_type.*.type', what: 'entry_skipped' }] });
  });

  it('[PRO5] a null load number is unknown', () => {
    const message = messageOf<object>(tolerate('node.node_heartbeat.null_cpu.json'));
    expect(message).toMatchObject({ resource_usage: { mem_percent: 1, running_jobs: 0 } });
    expect(message).not.toHaveProperty('resource_usage.cpu_percent');
  });

  it('[PRO5] a fractional time is rounded', () => {
    const decoded = tolerate('node.job_result.fractional_timing.json');
    expect(messageOf<object>(decoded)).toMatchObject({ extra: { service_timings: { asr_ms: 13 } } });
    expect(decoded).toMatchObject({ notes: [{ field: 'extra.service_timings.asr_ms', what: 'rounded' }] });
  });

  it('[PRO5] a fractional memory size is rounded down', () => {
    expect(messageOf<object>(tolerate('node.node_register.fractional_memory.json'))).toMatchObject({
      hardware: { memory_gb: 31 },
    });
  });

  it('[PRO5] the tests above cover every tolerated sample', () => {
    expect(vectorNames('tolerated')).toHaveLength(6);
  });
});

describe('nulls', () => {
  it('[PRO4] a null of an optional field is absent after decoding', () => {
    const message = messageOf(
      sideOf('session.client.').decode(readVector('session.client.session_init.json')),
    );
    for (const name of ['dialect', 'pairing_code', 'tenant_id']) expect(message).not.toHaveProperty(name);
  });

  it('[PRO4] a null candidate is passed on as null', () => {
    const ice = { type: 'webrtc_ice', room_code: '482913', to: 's-1', candidate: null };
    const { decode, encode } = sideOf('session.client.');
    expect(JSON.parse(encode(messageOf(decode(textFrame(ice)))).toString())).toEqual(ice);
  });
});
