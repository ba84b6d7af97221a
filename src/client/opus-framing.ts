import { opusPacketMs } from './opus-duration.ts';
import { localError } from './session-error.ts';

const PACKET_BYTES_MAX = 65_535;
/** More goes out as several chunks: one frame stays far below what the server takes. */
const CHUNK_BYTES_MAX = 64 * 1024;

export interface OpusChunk {
  readonly bytes: Uint8Array;
  readonly durationMs: number;
}

/**
 * Packets as they travel: each preceded by its length as an unsigned 16-bit little-endian number [SDK4].
 * The run is split between packets where it grows beyond 64 KiB.
 */
export const frameOpusPackets = (packets: readonly Uint8Array[]): OpusChunk[] => {
  const chunks: OpusChunk[] = [];
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  for (const packet of packets) {
    if (packet.length === 0 || packet.length > PACKET_BYTES_MAX)
      throw localError('INVALID_CALL', `An Opus packet has 1 to ${PACKET_BYTES_MAX} bytes.`);
    if (batchBytes + 2 + packet.length > CHUNK_BYTES_MAX && batch.length > 0) {
      chunks.push(joinPackets(batch, batchBytes));
      batch = [];
      batchBytes = 0;
    }
    batch.push(packet);
    batchBytes += 2 + packet.length;
  }
  if (batch.length > 0) chunks.push(joinPackets(batch, batchBytes));
  return chunks;
};

const joinPackets = (packets: readonly Uint8Array[], byteCount: number): OpusChunk => {
  const run = new Uint8Array(byteCount);
  let at = 0;
  for (const packet of packets) {
    run[at] = packet.length & 255;
    run[at + 1] = packet.length >> 8;
    run.set(packet, at + 2);
    at += 2 + packet.length;
  }
  return { bytes: run, durationMs: packets.reduce((sum, packet) => sum + opusPacketMs(packet), 0) };
};
