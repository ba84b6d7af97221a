/** Duration of one frame by the configuration (0 to 31) of a packet's first byte. Source: RFC 6716, 3.1, table 2. */
const frameMsOf = (config: number): number => {
  if (config < 12) return [10, 20, 40, 60][config % 4] ?? 0;
  if (config < 16) return config % 2 === 0 ? 10 : 20;
  return 2.5 * 2 ** (config % 4);
};

/** Milliseconds of speech in a packet, 0 for an empty one. Its header alone says it; nothing is decoded. */
export const opusPacketMs = (packet: Uint8Array): number => {
  const [toc, counts = 0] = packet;
  if (toc === undefined) return 0;
  const layout = toc & 3;
  const frameCount = layout === 3 ? counts & 63 : layout === 0 ? 1 : 2;
  return frameMsOf(toc >> 3) * frameCount;
};
