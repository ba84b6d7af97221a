import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkOpusPackets } from '#codec/opus-packets.ts';
import { opusRun, packet, prefixed } from './opus-run.ts';

/** Milliseconds of one frame for each of the 32 configurations, written out from RFC 6716, table 2. */
const FRAME_MS = [
  [10, 20, 40, 60],
  [10, 20, 40, 60],
  [10, 20, 40, 60],
  [10, 20, 10, 20],
  [2.5, 5, 10, 20],
  [2.5, 5, 10, 20],
  [2.5, 5, 10, 20],
  [2.5, 5, 10, 20],
].flat();

describe('Opus packets', () => {
  it.each(FRAME_MS.map((frameMs, config) => ({ config, frameMs })))(
    '[AUD1] [W15] configuration $config lasts $frameMs ms a frame',
    ({ config, frameMs }) => {
      const head = config << 3;
      expect(walkOpusPackets(prefixed([head, 1, 2]))).toMatchObject({ durationMs: frameMs });
      expect(walkOpusPackets(prefixed([head | 1, 1, 2]))).toMatchObject({ durationMs: 2 * frameMs });
      expect(walkOpusPackets(prefixed([head | 2, 1, 2]))).toMatchObject({ durationMs: 2 * frameMs });
      expect(walkOpusPackets(prefixed([head | 3, 2, 2]))).toMatchObject({ durationMs: 2 * frameMs });
    },
  );

  it('[AUD1] frame counts of code 3 go up to 120 ms and no further', () => {
    const celt2_5 = 16 << 3;
    expect(walkOpusPackets(prefixed([celt2_5 | 3, 48, 0]))).toMatchObject({ durationMs: 120 });
    expect(walkOpusPackets(prefixed([celt2_5 | 3, 49, 0]))).toBe('Opus packets with a valid first byte');
    // The two upper bits of the count byte are flags, not count.
    expect(walkOpusPackets(prefixed([celt2_5 | 3, 0xc0 | 4, 0]))).toMatchObject({ durationMs: 10 });
  });

  it.each([
    ['a frame count of none', prefixed([0xfb, 0]), 'Opus packets with a valid first byte'],
    ['no frame count at all', prefixed([0xfb]), 'Opus packets with a valid first byte'],
    ['two equal frames that cannot be equal', prefixed([0xf9, 1]), 'Opus packets with a valid first byte'],
    ['two frames in nothing', prefixed([0xfa]), 'Opus packets with a valid first byte'],
    ['an empty packet', Uint8Array.of(0, 0), 'Opus packets that are not empty'],
    ['half a length', Uint8Array.of(1, 0, 0xf8, 3), 'a whole length before each Opus packet'],
    ['a length past the end', Uint8Array.of(3, 0, 0xf8, 1), 'Opus packets as long as their lengths say'],
    ['a high length byte', Uint8Array.of(1, 1, 0xf8), 'Opus packets as long as their lengths say'],
  ])('[AUD2] %s is refused', (_, bytes, expected) => {
    expect(walkOpusPackets(bytes)).toBe(expected);
  });

  it('[AUD4] eight bytes are silence, nine are not, and one loud packet is enough', () => {
    const quiet = packet(8);
    const loud = packet(9);
    expect(walkOpusPackets(prefixed(quiet, quiet))).toMatchObject({ isSilent: true, packetCount: 2 });
    expect(walkOpusPackets(prefixed(quiet, loud, quiet))).toMatchObject({ isSilent: false });
    expect(walkOpusPackets(new Uint8Array(0))).toEqual({ packetCount: 0, durationMs: 0, isSilent: true });
  });

  it('[AUD1] [AUD4] any run of packets adds up', () => {
    fc.assert(
      fc.property(fc.array(opusRun), (runs) => {
        const bytes = Buffer.concat(runs.map((run) => run.bytes));
        expect(walkOpusPackets(bytes)).toEqual({
          packetCount: runs.length,
          durationMs: runs.reduce((sum, run) => sum + run.durationMs, 0),
          isSilent: runs.every((run) => run.isSilent),
        });
      }),
    );
  });

  it('[AUD2] any bytes give a run or one reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const run = walkOpusPackets(bytes);
        if (typeof run === 'string') expect(run).not.toBe('');
        else expect(run.durationMs).toBeGreaterThanOrEqual(run.packetCount * 2.5);
      }),
    );
  });
});
