import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNodeFrame, decodePlainNodeFrame } from '#codec/decode-node.ts';
import { decodePlainSessionFrame, decodeSessionFrame } from '#codec/decode-session.ts';
import type { Decoded } from '#codec/decoded.ts';
import { compileSplice, spliceFrame } from '#codec/splice.ts';
import { AUDIO_FIELDS, hostileFrame } from './hostile-frame.ts';
import { OPUS_16K, readVector, vectorNames } from './vectors.ts';

/** More for a long run by hand; the seed of a failure is in its report. */
const RUNS = Number(process.env.LINGUA_CODEC_RUNS ?? 12_000);
const PCM_16K = { encoding: 'pcm16', sampleRateHz: 16_000 } as const;
const splices = Object.entries(AUDIO_FIELDS).map(([type, field]) => compileSplice({ type, field }));

const ways: readonly (readonly [
  fast: (bytes: Uint8Array) => Decoded<object>,
  plain: (bytes: Uint8Array) => Decoded<object>,
])[] = [
  [(bytes) => decodeSessionFrame(bytes, OPUS_16K), (bytes) => decodePlainSessionFrame(bytes, OPUS_16K)],
  [(bytes) => decodeSessionFrame(bytes, PCM_16K), (bytes) => decodePlainSessionFrame(bytes, PCM_16K)],
  [decodeNodeFrame, decodePlainNodeFrame],
];

/** The kinds of outcome, once both ways agree on each. */
const agreedKinds = (frame: Buffer): readonly Decoded<object>['kind'][] =>
  ways.map(([fast, plain]) => {
    const [ours, reference] = [fast(frame), plain(frame)];
    // The deep comparison of the test library costs more than both decoders; its words are needed for a failure only.
    if (!isDeepStrictEqual(ours, reference)) expect(ours).toStrictEqual(reference);
    return ours.kind;
  });

describe('both ways of reading a frame', () => {
  it(`[AUD11] [PRO1] agree on every frame (${RUNS} of them)`, () => {
    const seen = { cut: 0, cutAndTaken: 0, cutAndRefused: 0, whole: 0 };
    fc.assert(
      fc.property(hostileFrame, (frame) => {
        const kinds = agreedKinds(frame);
        if (spliceFrame(frame, splices) === null) seen.whole += 1;
        else {
          seen.cut += 1;
          if (kinds.includes('message')) seen.cutAndTaken += 1;
          else seen.cutAndRefused += 1;
        }
      }),
      { numRuns: RUNS },
    );
    // The agreement means little unless the short cut was often taken, often in vain, and often not.
    expect(seen.cutAndTaken).toBeGreaterThan(RUNS / 10);
    expect(seen.cutAndRefused).toBeGreaterThan(RUNS / 100);
    expect(seen.whole).toBeGreaterThan(RUNS / 10);
  }, 600_000);

  it('[AUD11] agree on every sample, also when it is filled up to a large frame', () => {
    const folders = ['.', 'invalid', 'tolerated'];
    for (const folder of folders) {
      for (const name of vectorNames(folder)) {
        const bytes = readVector(`${folder}/${name}`);
        agreedKinds(bytes);
        const text = bytes.toString('utf8').trim();
        const filled = text.replace(/^\{/, `{"x_pad":"${'.'.repeat(4000)}",`);
        agreedKinds(Buffer.from(filled));
        agreedKinds(Buffer.from(filled.replace(/\s*\n\s*/g, '').replaceAll('": ', '":')));
      }
    }
  });
});
