import type { Writable } from 'node:stream';
import { type EncodedPart, type FrameText, isInParts } from '#codec/encode.ts';

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const LENGTH_16_MAX = 0xffff;
/** Up to this a part is copied into the block. */
const COPIED_BYTES_MAX = 16 * 1024;

const headerBytes = (length: number): number => {
  if (length < LENGTH_16) return 2;
  return length <= LENGTH_16_MAX ? 4 : 10;
};

/** A header of ours: one whole message, and no mask, as a server sends it. Returns where the payload begins. */
const writeHeader = (out: Buffer, at: number, first: number, length: number): number => {
  out[at] = first;
  if (length < LENGTH_16) {
    out[at + 1] = length;
    return at + 2;
  }
  if (length <= LENGTH_16_MAX) {
    out[at + 1] = LENGTH_16;
    return out.writeUInt16BE(length, at + 2);
  }
  out[at + 1] = LENGTH_64;
  return out.writeUInt32BE(length % 2 ** 32, out.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2));
};

interface Outgoing {
  readonly first: number;
  readonly length: number;
  readonly parts: readonly EncodedPart[];
}

const isLarge = (part: EncodedPart): boolean =>
  typeof part !== 'string' && part.byteLength > COPIED_BYTES_MAX;

/**
 * Frames of one turn, on their way out in one write: a result is told in three, and a call of the system costs more than
 * all that is done to make one [GAT30]. Headers, texts and short audio are written into one block; long audio goes as it
 * is, behind what comes before it. Source: RFC 6455, section 5.2.
 */
export class OutgoingFrames {
  readonly #stream: Writable;
  #frames: Outgoing[] = [];
  #bytes = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Of what waits for the end of the turn, headers included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `length`: bytes of the text, not looked at again. */
  addText(text: FrameText, length: number): void {
    this.#add(FIN_TEXT, isInParts(text) ? text : [text], length);
  }

  addBinary(data: Uint8Array): void {
    this.#add(FIN_BINARY, [data], data.byteLength);
  }

  drop(): void {
    this.#frames = [];
    this.#bytes = 0;
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    let blockBytes = this.#bytes;
    let largeCount = 0;
    for (const { parts } of frames) {
      for (const part of parts) {
        if (typeof part === 'string' || !isLarge(part)) continue;
        blockBytes -= part.byteLength;
        largeCount += 1;
      }
    }
    this.drop();
    const block = Buffer.allocUnsafe(blockBytes);
    if (largeCount > 0) this.#stream.cork();
    let from = 0;
    let at = 0;
    for (const { first, length, parts } of frames) {
      at = writeHeader(block, at, first, length);
      for (const part of parts) {
        if (typeof part === 'string') at += block.write(part, at, 'utf8');
        else if (isLarge(part)) {
          this.#stream.write(block.subarray(from, at));
          this.#stream.write(part);
          from = at;
        } else {
          block.set(part, at);
          at += part.byteLength;
        }
      }
    }
    if (from < at) this.#stream.write(block.subarray(from, at));
    if (largeCount > 0) this.#stream.uncork();
  }

  #add(first: number, parts: readonly EncodedPart[], length: number): void {
    this.#frames.push({ first, length, parts });
    this.#bytes += headerBytes(length) + length;
  }
}
