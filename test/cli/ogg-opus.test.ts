import { describe, expect, test } from 'vitest';
import { writeOggOpus } from '#cli/ogg-opus.ts';
import { framedOpus, opusPacket, opusSpeech, opusSpeechPackets } from '#testing/audio-samples.ts';

interface Page {
  readonly flags: number;
  readonly granule: bigint;
  readonly sequence: number;
  readonly packets: Uint8Array[];
  readonly isChecksumRight: boolean;
}

/** Reads pages by RFC 3533 with a table-driven checksum, so that writer and reader do not share code. */
const readPages = (file: Uint8Array): Page[] => {
  const pages: Page[] = [];
  for (let at = 0; at < file.byteLength; ) {
    const view = new DataView(file.buffer, file.byteOffset + at);
    expect(String.fromCharCode(...file.subarray(at, at + 4))).toBe('OggS');
    const segments = [...file.subarray(at + 27, at + 27 + view.getUint8(26))];
    let from = at + 27 + segments.length;
    const packets: Uint8Array[] = [];
    let size = 0;
    for (const segment of segments) {
      size += segment;
      if (segment < 255) {
        packets.push(file.subarray(from, from + size));
        from += size;
        size = 0;
      }
    }
    const whole = file.slice(at, from);
    const stored = new DataView(whole.buffer).getUint32(22, true);
    new DataView(whole.buffer).setUint32(22, 0, true);
    pages.push({
      flags: view.getUint8(5),
      granule: view.getBigUint64(6, true),
      sequence: view.getUint32(18, true),
      packets,
      isChecksumRight: checksum(whole) === stored,
    });
    at = from;
  }
  return pages;
};

const table = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index) << 24n;
  for (let bit = 0; bit < 8; bit++) {
    value =
      value & 0x8000_0000n ? ((value << 1n) ^ 0x04c1_1db7n) & 0xffff_ffffn : (value << 1n) & 0xffff_ffffn;
  }
  return value;
});
const checksum = (bytes: Uint8Array): number => {
  let crc = 0n;
  for (const byte of bytes) crc = ((crc << 8n) & 0xffff_ffffn) ^ (table[Number(crc >> 24n) ^ byte] ?? 0n);
  return Number(crc);
};

describe('the spoken result as a file', () => {
  test('[CLI3] every packet is there once, in order, in pages with right checksums and end marks', () => {
    const packets = opusSpeechPackets(2000, 7);
    const pages = readPages(writeOggOpus(framedOpus(packets)));
    expect(pages.every((page) => page.isChecksumRight)).toBe(true);
    expect(pages.map((page) => page.sequence)).toEqual(pages.map((_, index) => index));
    expect(pages.map((page) => page.flags)).toEqual([2, ...pages.slice(2).map(() => 0), 4]);
    expect(pages.slice(2).flatMap((page) => page.packets)).toEqual(packets);
    // 2 s at 48 kHz behind the decoder's delay of 312 samples.
    expect(pages.at(-1)?.granule).toBe(96_312n);
  });

  test('[CLI3] packets of every size keep their length, those at multiples of 255 too', () => {
    const packets = [1, 254, 255, 256, 510, 1275].map((byteCount) => opusPacket({ byteCount }));
    const pages = readPages(writeOggOpus(framedOpus(packets)));
    expect(pages.slice(2).flatMap((page) => page.packets.map((packet) => packet.byteLength))).toEqual([
      1, 254, 255, 256, 510, 1275,
    ]);
  });

  test('[CLI3] no packets, and a length past the end, still give a whole file', () => {
    expect(readPages(writeOggOpus(new Uint8Array(0))).at(-1)?.flags).toBe(4);
    const cut = opusSpeech(40).subarray(0, 100);
    const pages = readPages(writeOggOpus(cut));
    expect(pages.slice(2).flatMap((page) => page.packets).length).toBe(1);
  });
});
