/**
 * Audio made to measure: valid on the wire, with true durations, the same bytes every time. Speech here is
 * noise of speech-like size and level, not words.
 */

const FRAME_MS = 20;
/** The web client's setting: 24 kbit/s in 20 ms packets. */
const SPEECH_PACKET_BYTES = 60;
/** What an encoder gives for digital silence; 8 is the largest that counts as silence. */
const SILENT_PACKET_BYTES = 8;
const SAMPLE_RATE_HZ = 16_000;

/** RFC 6716 3.1: SILK wideband by length of frame; mono, one frame in the packet (code 0). */
const TOC_BY_FRAME_MS: Readonly<Record<number, number>> = {
  10: 8 << 3,
  20: 9 << 3,
  40: 10 << 3,
  60: 11 << 3,
};

export interface OpusPacketOptions {
  /** 10, 20, 40 or 60. */
  readonly frameMs?: 10 | 20 | 40 | 60;
  readonly isSilent?: boolean;
  /** Size of the packet, TOC byte included; 60 for speech and 8 for silence when left out. */
  readonly byteCount?: number;
  /** Varies the content, so that packets can be told apart. */
  readonly seed?: number;
}

/** One Opus packet with a true TOC byte. The rest is noise. */
export const opusPacket = ({
  frameMs = FRAME_MS,
  isSilent = false,
  byteCount = isSilent ? SILENT_PACKET_BYTES : SPEECH_PACKET_BYTES,
  seed = 0,
}: OpusPacketOptions = {}): Uint8Array => {
  const packet = noise(byteCount, seed);
  packet[0] = TOC_BY_FRAME_MS[frameMs] ?? 0;
  return packet;
};

/** Packets of 20 ms that last `durationMs` together (rounded up to whole packets). */
export const opusSpeechPackets = (durationMs: number, seed = 0): Uint8Array[] =>
  Array.from({ length: Math.ceil(durationMs / FRAME_MS) }, (_, at) =>
    opusPacket({ seed: seed * 7_919 + at }),
  );

export const opusSilentPackets = (durationMs: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(durationMs / FRAME_MS) }, () => opusPacket({ isSilent: true }));

/** As on the wire: each packet preceded by its length, unsigned 16-bit little-endian. */
export const framedOpus = (packets: readonly Uint8Array[]): Uint8Array => {
  const run = new Uint8Array(packets.reduce((sum, packet) => sum + 2 + packet.length, 0));
  let at = 0;
  for (const packet of packets) {
    run[at] = packet.length & 255;
    run[at + 1] = packet.length >> 8;
    run.set(packet, at + 2);
    at += 2 + packet.length;
  }
  return run;
};

/** Speech and silence as payloads, ready for base64. */
export const opusSpeech = (durationMs: number, seed = 0): Uint8Array =>
  framedOpus(opusSpeechPackets(durationMs, seed));
export const opusSilence = (durationMs: number): Uint8Array => framedOpus(opusSilentPackets(durationMs));

/** A sine. `level` 0 to 1 of full scale; 0.3 is loud speech. */
export const pcmTone = (durationMs: number, hz = 440, level = 0.3): Int16Array =>
  Int16Array.from({ length: sampleCountOf(durationMs) }, (_, at) =>
    Math.round(32_767 * level * Math.sin((2 * Math.PI * hz * at) / SAMPLE_RATE_HZ)),
  );

export const pcmSilence = (durationMs: number): Int16Array => new Int16Array(sampleCountOf(durationMs));

/** Samples as raw little-endian bytes. */
export const pcmBytes = (samples: Int16Array): Uint8Array => {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, at) => {
    view.setInt16(at * 2, sample, true);
  });
  return bytes;
};

export const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const sampleCountOf = (durationMs: number): number => Math.round((durationMs * SAMPLE_RATE_HZ) / 1000);

/** Bytes that look random and depend on nothing but their arguments (xorshift, 32 bits). */
const noise = (byteCount: number, seed: number): Uint8Array => {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x85ebca6b) >>> 0 || 1;
  return Uint8Array.from({ length: byteCount }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state & 255;
  });
};
