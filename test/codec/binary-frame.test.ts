import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSessionBinaryFrame, encodeSessionBinaryFrame } from '#codec/binary-frame.ts';
import type { AudioChunk } from '#protocol/session-client-messages.ts';
import { prefixed } from './opus-run.ts';
import { messageOf, OPUS_16K } from './vectors.ts';

const id = Buffer.from('s-1');
const audioFrame = (isFinal: number, audio: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([1, 3, 5, 0, 0, 0x80, 9, 9, 9, 9, isFinal, 0]), id, audio]);

describe('binary frames', () => {
  it('[PRO7] an audio frame is read byte by byte as laid out', () => {
    const packets = prefixed([0xf8, 1, 2]);
    expect(messageOf(decodeSessionBinaryFrame(audioFrame(1, packets), OPUS_16K))).toEqual({
      type: 'audio_chunk',
      session_id: 's-1',
      seq: 0x8000_0005,
      is_final: true,
      audio: {
        encoding: 'opus',
        bytes: Buffer.from(packets),
        durationMs: 20,
        sampleRateHz: 16_000,
        isSilent: true,
      },
    });
    expect(messageOf(decodeSessionBinaryFrame(audioFrame(0, packets), OPUS_16K)).is_final).toBe(false);
  });

  it('[PRO7] a final frame has its id right after the time', () => {
    const frame = Buffer.concat([Buffer.from([2, 3, 6, 0, 0, 0, 0, 0, 0, 0]), id]);
    expect(messageOf(decodeSessionBinaryFrame(frame, OPUS_16K))).toEqual({
      type: 'audio_chunk',
      session_id: 's-1',
      seq: 6,
      is_final: true,
      audio: null,
    });
  });

  it('[PRO7] the audio is a copy, so that the frame can go', () => {
    const frame = audioFrame(0, prefixed([0xf8, 1, 2]));
    const { audio } = messageOf(decodeSessionBinaryFrame(frame, OPUS_16K));
    frame.fill(0);
    expect(audio?.bytes).toEqual(Buffer.from(prefixed([0xf8, 1, 2])));
  });

  it('[PRO7] reserved types are ignored', () => {
    for (const type of [0, 0x10, 0x11, 0xff]) {
      expect(decodeSessionBinaryFrame(Uint8Array.of(type, 0), OPUS_16K)).toEqual({
        kind: 'ignored',
        reason: 'unknown_type',
        type: `binary:${type}`,
      });
    }
  });

  it('[PRO7] cut-off heads and bad audio are refused', () => {
    const whole = audioFrame(0, prefixed([0xf8, 1, 2]));
    for (let length = 0; length < whole.length; length += 1) {
      const { kind } = decodeSessionBinaryFrame(whole.subarray(0, length), OPUS_16K);
      // Exactly the head and the id: a chunk without audio.
      expect(kind).toBe(length === 15 ? 'message' : 'invalid');
    }
    const odd = decodeSessionBinaryFrame(audioFrame(0, Uint8Array.of(1)), { ...OPUS_16K, encoding: 'pcm16' });
    expect(odd).toMatchObject({ kind: 'invalid', type: 'audio_chunk', field: 'payload' });
  });

  it('[PRO13] [PRO7] what is written is read back', () => {
    const chunk = fc.record({
      session_id: fc.string({ unit: 'binary-ascii', maxLength: 200 }),
      seq: fc.nat(0xffff_ffff),
      is_final: fc.boolean(),
      bytes: fc.option(
        fc.uint8Array({ minLength: 2, maxLength: 40 }).filter(({ length }) => length % 2 === 0),
      ),
    });
    fc.assert(
      fc.property(chunk, fc.nat(Number.MAX_SAFE_INTEGER), ({ bytes, ...fields }, timeMs) => {
        const audio =
          bytes === null
            ? null
            : { encoding: 'pcm16' as const, bytes, durationMs: 0, sampleRateHz: 16_000, isSilent: false };
        const message: AudioChunk = { type: 'audio_chunk', ...fields, audio };
        const frame = encodeSessionBinaryFrame(message, timeMs);
        expect(frame.readUInt32LE(6)).toBe(timeMs % 2 ** 32);
        const back = messageOf(decodeSessionBinaryFrame(frame, { ...OPUS_16K, encoding: 'pcm16' }));
        expect(back).toMatchObject(fields);
        expect(back.audio?.bytes ?? null).toEqual(bytes === null ? null : Buffer.from(bytes));
      }),
    );
  });

  it('[PRO1] [PRO7] any bytes give a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(['message', 'ignored', 'invalid']).toContain(decodeSessionBinaryFrame(bytes, OPUS_16K).kind);
      }),
      { numRuns: 1000 },
    );
  });
});
