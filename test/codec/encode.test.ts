import { describe, expect, it } from 'vitest';
import { encodeNodeServer, encodeSessionServer, joinParts } from '#codec/encode.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import type { JobAssign } from '#protocol/node-server-messages.ts';
import type { TranslationResult } from '#protocol/session-server-messages.ts';
import type { NodeExtraResult } from '#protocol/shapes.ts';

const base: TranslationResult = {
  type: 'translation_result',
  session_id: 's-1',
  utterance_index: 0,
  job_id: 'job-1',
  text_asr: '你好 "quoted"',
  text_translated: 'hello',
  tts_audio: null,
  tts_format: 'opus',
  trace_id: 't',
};
const piece = (bytes: readonly number[]): AudioPiece => ({
  encoding: 'opus',
  bytes: Uint8Array.from(bytes),
  durationMs: 20,
  sampleRateHz: 16_000,
  isSilent: false,
});
const jobOf = (audio: readonly AudioPiece[], trace_id: string): JobAssign => ({
  type: 'job_assign',
  job_id: 'job-1',
  attempt_id: 1,
  session_id: 's-1',
  utterance_index: 0,
  src_lang: 'zh',
  tgt_lang: 'en',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  audio,
  audio_format: 'opus',
  sample_rate: 16_000,
  trace_id,
});

describe('encoding', () => {
  it('[PRO13] a result without speech has an empty tts_audio', () => {
    const [frame, ...more] = encodeSessionServer(base);
    expect(more).toEqual([]);
    expect(JSON.parse(String(frame))).toEqual({ ...base, tts_audio: '' });
  });

  it('[PRO14] speech is put in as the very bytes that came', () => {
    const base64 = Buffer.from('AAECAwQ=');
    const parts = encodeSessionServer({ ...base, tts_audio: { base64, rawBytes: 5 } });
    expect(parts).toHaveLength(3);
    expect(parts[1]).toBe(base64);
    expect(JSON.parse(joinParts(parts).toString())).toEqual({ ...base, tts_audio: 'AAECAwQ=' });
  });

  it('[PRO15] what a node says for us alone does not reach listeners', () => {
    const extra: NodeExtraResult = { emotion: 'calm', reason: 'ASR_EMPTY' };
    const frame = joinParts(encodeSessionServer({ ...base, extra }));
    expect(JSON.parse(frame.toString())).toHaveProperty('extra', { emotion: 'calm' });
  });

  it("[AUD7] a job's pieces are one base64 text", () => {
    const assign = jobOf([piece([1]), piece([2, 3, 4]), piece([5, 6])], 't');
    const frame = joinParts(encodeNodeServer(assign));
    expect(JSON.parse(frame.toString())).toEqual({
      ...assign,
      audio: Buffer.from([1, 2, 3, 4, 5, 6]).toString('base64'),
    });
  });

  it("[AUD12] a job's frame is made once, at its full size", () => {
    const assign = jobOf([piece([1, 2, 3, 4])], 'zürich');
    const parts = encodeNodeServer(assign);
    const frame = joinParts(parts);
    expect(parts).toHaveLength(1);
    expect(frame).toBe(parts[0]);
    expect(JSON.parse(frame.toString())).toEqual({ ...assign, audio: 'AQIDBA==' });
  });

  it('[AUD12] a job of many seconds is written whole, in as many pieces as it came', () => {
    const bytes = Array.from({ length: 160_001 }, (_, at) => (at * 7) % 251);
    for (const pieceBytes of [7_999, 49_152, 160_001]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
        piece(bytes.slice(at * pieceBytes, (at + 1) * pieceBytes)),
      );
      const frame = joinParts(encodeNodeServer(jobOf(pieces, 't')));
      const { audio } = JSON.parse(frame.toString()) as { readonly audio: string };
      expect(audio === Buffer.from(bytes).toString('base64')).toBe(true);
    }
  });

  it('[PRO13] text alone stays text, with audio it is bytes of the same frame', () => {
    expect(joinParts(['{"a":', '1}'])).toBe('{"a":1}');
    const bytes = joinParts(['{"a":"é', Buffer.from('QQ=='), '"}']);
    expect(Buffer.isBuffer(bytes) && bytes.toString('utf8')).toBe('{"a":"éQQ=="}');
  });
});
