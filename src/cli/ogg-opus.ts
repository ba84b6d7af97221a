/**
 * Wraps length-prefixed Opus packets (16 kHz mono, each packet's length an unsigned 16-bit little-endian number in
 * front) into an Ogg Opus file that any player opens.
 * source: RFC 7845 (Ogg encapsulation), RFC 3533 (pages). Errors: a length past the end ends the stream there.
 */
export function writeOggOpus(prefixedPackets: Uint8Array): Uint8Array {
  const packets = splitPackets(prefixedPackets);
  const pages: Uint8Array[] = [page(2, 0n, 0, [head()]), page(0, 0n, 1, [tags()])];
  let granule = BigInt(preSkipSamples);
  // A page has at most 255 lacing values and a packet needs at most 6 (1275 bytes).
  const perPage = 40;
  for (let from = 0, sequence = 2; from < packets.length || from === 0; from += perPage, sequence++) {
    const slice = packets.slice(from, from + perPage);
    granule += BigInt(slice.reduce((sum, packet) => sum + samplesAt48k(packet), 0));
    const isLast = from + perPage >= packets.length;
    pages.push(page(isLast ? 4 : 0, granule, sequence, slice));
    if (isLast) break;
  }
  const file = new Uint8Array(pages.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of pages) {
    file.set(part, at);
    at += part.byteLength;
  }
  return file;
}

/** What a decoder must drop at the start, at 48 kHz: the usual 80 ms is not needed, 6.5 ms is libopus' own delay. */
const preSkipSamples = 312;
const streamSerial = 0x6c696e67;

function splitPackets(bytes: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 2 <= bytes.byteLength; ) {
    const length = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (at + 2 + length > bytes.byteLength) break;
    packets.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return packets;
}

/** Samples at 48 kHz that a packet holds, from its first byte (RFC 6716, 3.1). */
function samplesAt48k(packet: Uint8Array): number {
  const toc = packet[0] ?? 0;
  const config = toc >> 3;
  let frame: number;
  if (config < 12) frame = [480, 960, 1920, 2880][config % 4] ?? 960;
  else if (config < 16) frame = config % 2 === 0 ? 480 : 960;
  else frame = 120 << (config % 4);
  const code = toc & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 1) & 0x3f;
  return frame * count;
}

function head(): Uint8Array {
  const body = new Uint8Array(19);
  const view = new DataView(body.buffer);
  body.set(ascii('OpusHead'), 0);
  view.setUint8(8, 1);
  view.setUint8(9, 1);
  view.setUint16(10, preSkipSamples, true);
  view.setUint32(12, 16_000, true);
  return body;
}

function tags(): Uint8Array {
  const vendor = ascii('lingua');
  const body = new Uint8Array(8 + 4 + vendor.byteLength + 4);
  body.set(ascii('OpusTags'), 0);
  new DataView(body.buffer).setUint32(8, vendor.byteLength, true);
  body.set(vendor, 12);
  return body;
}

function page(flags: number, granule: bigint, sequence: number, packets: readonly Uint8Array[]): Uint8Array {
  const lacing: number[] = [];
  for (const packet of packets) {
    let rest = packet.byteLength;
    for (; rest >= 255; rest -= 255) lacing.push(255);
    lacing.push(rest);
  }
  const bodyBytes = packets.reduce((sum, packet) => sum + packet.byteLength, 0);
  const bytes = new Uint8Array(27 + lacing.length + bodyBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii('OggS'), 0);
  view.setUint8(5, flags);
  view.setBigUint64(6, granule, true);
  view.setUint32(14, streamSerial, true);
  view.setUint32(18, sequence, true);
  view.setUint8(26, lacing.length);
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.byteLength;
  }
  view.setUint32(22, oggChecksum(bytes), true);
  return bytes;
}

/** CRC-32 with polynomial 0x04c11db7, no reflection, start 0 (RFC 3533, 6). */
function oggChecksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  }
  return crc >>> 0;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
