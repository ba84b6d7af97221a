import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSessionFrame } from '#codec/decode-session.ts';
import { readTaggedAudio, taggedAudio } from '#sim/audio.ts';

const piece = fc.record({
  speaker: fc.integer({ min: 1, max: 255 }),
  piece: fc.integer({ min: 1, max: 65_535 }),
  durationMs: fc.integer({ min: 1, max: 100 }).map((count) => count * 20),
  isSilent: fc.boolean(),
});
const encoding = fc.constantFrom('opus' as const, 'pcm16' as const);

test('[SIM4] whose audio it is, and which, can be read from any run of whole pieces', () => {
  fc.assert(
    fc.property(
      encoding,
      fc.uniqueArray(piece, { selector: (one) => one.piece, maxLength: 6 }),
      (form, pieces) => {
        const bytes = Buffer.concat(pieces.map((one) => taggedAudio(form, one)));
        expect(readTaggedAudio(form, bytes)).toEqual(pieces);
      },
    ),
    { numRuns: 60 },
  );
});

test('[SIM4] for the codec it is audio of the right duration, and silent exactly when it should be', () => {
  fc.assert(
    fc.property(encoding, piece, (form, one) => {
      const payload = taggedAudio(form, one).toString('base64');
      const frame = { type: 'audio_chunk', session_id: 's', seq: 0, is_final: false, payload };
      const context = { encoding: form, sampleRateHz: 16_000 };
      const decoded = decodeSessionFrame(Buffer.from(JSON.stringify(frame)), context);
      expect(decoded).toMatchObject({
        kind: 'message',
        message: { audio: { durationMs: one.durationMs, isSilent: one.isSilent } },
      });
    }),
    { numRuns: 60 },
  );
});

test.each(['opus', 'pcm16'] as const)('[SIM4] a piece of %s that was cut into is no whole piece', (form) => {
  const bytes = taggedAudio(form, { speaker: 3, piece: 4, durationMs: 60, isSilent: false });
  expect(readTaggedAudio(form, bytes.subarray(2))).toBeNull();
});
