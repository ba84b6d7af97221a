import type { AudioEncoding } from '#protocol/audio.ts';

/**
 * Audio that says whose it is. Each packet (Opus) or piece (PCM) carries the number of its speaker and of the piece, so
 * that checkers can tell from the bytes a node gets what became of what a client sent [SIM4].
 */
export interface PieceTag {
  /** 1 to 255. */
  readonly speaker: number;
  /** 1 to 65 535, one count for each speaker. */
  readonly piece: number;
}

export interface PieceSpec extends PieceTag {
  readonly durationMs: number;
  readonly isSilent: boolean;
}

/** What was found in a run of audio: stretches of one piece, in order. */
export interface TaggedStretch extends PieceTag {
  readonly isSilent: boolean;
  readonly durationMs: number;
}

const PACKET_MS = 20;
/** RFC 6716 3.1: SILK wideband, 20 ms, one frame. */
const TOC = 9 << 3;
const PREFIX_BYTES = 2;
const SPEECH_PACKET_BYTES = 60;
/** The largest that counts as silence. */
const SILENT_PACKET_BYTES = 8;

const TAG_SAMPLES = 6;
const SAMPLES_PER_MS = 16;
/** Small enough that a silent piece stays silent with its tag in it. */
const SILENT_MARK = 200;
const SPEECH_MARK = 201;
const LOUD_SAMPLE = 9000;

const opusPiece = ({ speaker, piece, durationMs, isSilent }: PieceSpec): Buffer => {
  const packetBytes = isSilent ? SILENT_PACKET_BYTES : SPEECH_PACKET_BYTES;
  const packetCount = Math.max(1, Math.round(durationMs / PACKET_MS));
  const bytes = Buffer.alloc(packetCount * (PREFIX_BYTES + packetBytes), 0x55);
  for (let at = 0; at < bytes.length; at += PREFIX_BYTES + packetBytes) {
    bytes.writeUInt16LE(packetBytes, at);
    bytes[at + 2] = TOC;
    bytes[at + 3] = speaker;
    bytes.writeUInt16LE(piece, at + 4);
  }
  return bytes;
};

/** Loud enough to be speech in every 20 ms: a square wave. */
const SPEECH_TEMPLATE = Buffer.alloc(65_536 * 2);
for (let at = 0; at < SPEECH_TEMPLATE.length; at += 2) {
  SPEECH_TEMPLATE.writeInt16LE((at >> 5) % 2 === 0 ? LOUD_SAMPLE : -LOUD_SAMPLE, at);
}

const pcmPiece = ({ speaker, piece, durationMs, isSilent }: PieceSpec): Buffer => {
  const sampleCount = Math.max(TAG_SAMPLES, Math.round(durationMs * SAMPLES_PER_MS));
  const bytes = Buffer.alloc(sampleCount * 2);
  if (!isSilent) SPEECH_TEMPLATE.copy(bytes);
  const tag = [
    isSilent ? SILENT_MARK : SPEECH_MARK,
    speaker,
    piece >> 8,
    piece & 255,
    sampleCount >> 8,
    sampleCount & 255,
  ];
  for (const [at, value] of tag.entries()) bytes.writeInt16LE(value, at * 2);
  return bytes;
};

/** Opus durations are rounded to whole packets of 20 ms; PCM pieces hold at most 4 s. */
export const taggedAudio = (encoding: AudioEncoding, spec: PieceSpec): Buffer =>
  encoding === 'opus' ? opusPiece(spec) : pcmPiece(spec);

const readOpus = (bytes: Buffer): TaggedStretch[] | null => {
  const stretches: { speaker: number; piece: number; isSilent: boolean; durationMs: number }[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 6 > bytes.length) return null;
    const length = bytes.readUInt16LE(at);
    const speaker = bytes[at + 3] ?? 0;
    const piece = bytes.readUInt16LE(at + 4);
    if (bytes[at + 2] !== TOC || speaker === 0 || piece === 0) return null;
    const last = stretches.at(-1);
    if (last?.speaker === speaker && last.piece === piece) last.durationMs += PACKET_MS;
    else stretches.push({ speaker, piece, isSilent: length <= SILENT_PACKET_BYTES, durationMs: PACKET_MS });
    at += PREFIX_BYTES + length;
  }
  return stretches;
};

const readPcm = (bytes: Buffer): TaggedStretch[] | null => {
  const stretches: TaggedStretch[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 * TAG_SAMPLES > bytes.length) return null;
    const sample = (place: number): number => bytes.readInt16LE(at + 2 * place);
    const mark = sample(0);
    const sampleCount = (sample(4) << 8) | sample(5);
    if ((mark !== SILENT_MARK && mark !== SPEECH_MARK) || sampleCount === 0) return null;
    stretches.push({
      speaker: sample(1),
      piece: (sample(2) << 8) | sample(3),
      isSilent: mark === SILENT_MARK,
      durationMs: sampleCount / SAMPLES_PER_MS,
    });
    at += 2 * sampleCount;
  }
  return stretches;
};

/** Null when the bytes are not whole pieces, one after another. */
export const readTaggedAudio = (encoding: AudioEncoding, bytes: Uint8Array): TaggedStretch[] | null => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === 'opus' ? readOpus(view) : readPcm(view);
};
