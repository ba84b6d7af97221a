import { OPUS_PACKET_MS_MAX, OPUS_SILENT_PACKET_BYTES_MAX } from '#protocol/limits.ts';

/** What the headers of a run of Opus packets say, without decoding any of them. */
export interface OpusRun {
  readonly packetCount: number;
  readonly durationMs: number;
  /** True when every packet is so small that it can only be silence [AUD4]. */
  readonly isSilent: boolean;
}

const SILK_FRAME_MS = [10, 20, 40, 60];
const HYBRID_FRAME_MS = [10, 20];
const CELT_FRAME_MS = [2.5, 5, 10, 20];
/** Duration of one frame by the five configuration bits of the first byte (RFC 6716, 3.1, table 2). */
const FRAME_MS: readonly number[] = [
  ...SILK_FRAME_MS,
  ...SILK_FRAME_MS,
  ...SILK_FRAME_MS,
  ...HYBRID_FRAME_MS,
  ...HYBRID_FRAME_MS,
  ...CELT_FRAME_MS,
  ...CELT_FRAME_MS,
  ...CELT_FRAME_MS,
  ...CELT_FRAME_MS,
];
const PREFIX_BYTES = 2;

/**
 * Walks length-prefixed packets (16-bit little-endian length, then the packet).
 *
 * units: `durationMs` is the sum over the packets' own headers, 2.5 to 120 ms each [AUD1].
 * errors: a string in plain words: cut-off prefix, length past the end, empty packet, header that no encoder
 *   writes [AUD2].
 */
export const walkOpusPackets = (bytes: Uint8Array): OpusRun | string => {
  let packetCount = 0;
  let durationMs = 0;
  let isSilent = true;
  let at = 0;
  while (at < bytes.length) {
    const low = bytes[at];
    const high = bytes[at + 1];
    if (low === undefined || high === undefined) return 'a whole length before each Opus packet';
    const length = low | (high << 8);
    at += PREFIX_BYTES;
    if (length === 0) return 'Opus packets that are not empty';
    if (at + length > bytes.length) return 'Opus packets as long as their lengths say';
    const packetMs = opusPacketMs(bytes, at, length);
    if (packetMs === null) return 'Opus packets with a valid first byte';
    packetCount += 1;
    durationMs += packetMs;
    if (length > OPUS_SILENT_PACKET_BYTES_MAX) isSilent = false;
    at += length;
  }
  return { packetCount, durationMs, isSilent };
};

/** Duration of the packet of `length` bytes at `at`; null when its header contradicts RFC 6716, 3.2. */
const opusPacketMs = (bytes: Uint8Array, at: number, length: number): number | null => {
  const head = bytes[at] ?? 0;
  const frameMs = FRAME_MS[head >> 3] ?? 0;
  switch (head & 3) {
    case 0:
      return frameMs;
    case 1:
      // Two frames of equal size share what follows the first byte.
      return length % 2 === 1 ? 2 * frameMs : null;
    case 2:
      return length >= 2 ? 2 * frameMs : null;
    default: {
      const count = length >= 2 ? (bytes[at + 1] ?? 0) & 0x3f : 0;
      const totalMs = count * frameMs;
      return count === 0 || totalMs > OPUS_PACKET_MS_MAX ? null : totalMs;
    }
  }
};
