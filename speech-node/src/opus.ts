import { Decoder, Encoder } from '@evan/opus';
import { SpeechFailure } from './failure.ts';
import { ENGINE_RATE_HZ, joined, pcm16FromSamples, samplesFromPcm16 } from './samples.ts';

const PACKET_MS = 20;
const PACKET_SAMPLES = (ENGINE_RATE_HZ * PACKET_MS) / 1000;
const PREFIX_BYTES = 2;

/**
 * Opus as it travels: packets, each preceded by its byte length as an unsigned 16-bit little-endian number. Runs of whole
 * packets in order; the decoder remembers what came before.
 *
 * errors: `SpeechFailure` INVALID_AUDIO for a length past the end, an empty packet, one that cannot be decoded, and
 *   TOO_LONG above `samplesMax` in all, which is noticed before more is decoded.
 */
export const createOpusReader = (samplesMax: number): ((bytes: Uint8Array) => Float32Array) => {
  const decoder = new Decoder({ channels: 1, sample_rate: ENGINE_RATE_HZ });
  let samplesCount = 0;
  return (bytes) => {
    const parts: Float32Array[] = [];
    for (const packet of packetsOf(bytes)) {
      const part = samplesFromPcm16(decodePacket(decoder, packet));
      samplesCount += part.length;
      if (samplesCount > samplesMax) throw new SpeechFailure('TOO_LONG', 'the Opus audio is too long');
      parts.push(part);
    }
    return joined(parts);
  };
};

/** All packets at once; see `createOpusReader`. */
export const decodeOpus = (bytes: Uint8Array, samplesMax: number): Float32Array =>
  createOpusReader(samplesMax)(bytes);

/** 20 ms packets of 16 kHz mono speech, length-prefixed; the last one is filled up with silence. */
export const encodeOpus = (samples: Float32Array): Uint8Array => {
  const encoder = new Encoder({ channels: 1, sample_rate: ENGINE_RATE_HZ, application: 'voip' });
  const packets: Uint8Array[] = [];
  for (let at = 0; at < samples.length; at += PACKET_SAMPLES) {
    const frame = new Float32Array(PACKET_SAMPLES);
    frame.set(samples.subarray(at, at + PACKET_SAMPLES));
    // The encoder may hand out its own memory, which the next packet overwrites.
    packets.push(Uint8Array.from(encoder.encode(pcm16FromSamples(frame))));
  }
  return prefixed(packets);
};

const prefixed = (packets: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(packets.reduce((count, packet) => count + PREFIX_BYTES + packet.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const packet of packets) {
    view.setUint16(at, packet.length, true);
    bytes.set(packet, at + PREFIX_BYTES);
    at += PREFIX_BYTES + packet.length;
  }
  return bytes;
};

function* packetsOf(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (at + PREFIX_BYTES > bytes.length)
      throw new SpeechFailure('INVALID_AUDIO', 'an Opus length is cut off');
    const length = view.getUint16(at, true);
    at += PREFIX_BYTES;
    if (length === 0) throw new SpeechFailure('INVALID_AUDIO', 'an Opus packet is empty');
    if (at + length > bytes.length)
      throw new SpeechFailure('INVALID_AUDIO', 'an Opus packet is shorter than its length says');
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

const decodePacket = (decoder: Decoder, packet: Uint8Array): Uint8Array => {
  try {
    return Uint8Array.from(decoder.decode(packet));
  } catch (cause) {
    throw new SpeechFailure('INVALID_AUDIO', 'an Opus packet cannot be decoded', cause);
  }
};
