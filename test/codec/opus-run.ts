import fc from 'fast-check';

/** A 20 ms packet of `byteCount` bytes. */
export const packet = (byteCount: number): readonly number[] => [
  0xf8,
  ...Array<number>(byteCount - 1).fill(1),
];

/** Packets in their wire form, each after its length. */
export const prefixed = (...packets: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from(packets.flatMap((bytes) => [bytes.length & 0xff, bytes.length >> 8, ...bytes]));

/** One packet of a known duration: 10 or 20 ms frames, one to six of them. */
export const opusRun = fc
  .record({
    isLong: fc.boolean(),
    frameCount: fc.integer({ min: 1, max: 6 }),
    body: fc.uint8Array({ minLength: 1, maxLength: 400 }),
  })
  .map(({ isLong, frameCount, body }) => {
    const bytes = prefixed([((isLong ? 31 : 30) << 3) | 3, frameCount, ...body]);
    return { bytes, durationMs: frameCount * (isLong ? 20 : 10), isSilent: body.length + 2 <= 8 };
  });
