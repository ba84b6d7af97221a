import type { Writable } from 'node:stream';

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const LENGTH_16_MAX = 0xffff;
/** Payloads up to this are copied behind their header; of larger ones only the header is written anew. */
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
  readonly data: string | Uint8Array;
  readonly first: number;
  readonly length: number;
}

/**
 * Frames of one turn, on their way out in one write: a result is told in three, and a call of the system costs more than
 * all that is done to make one [GAT30]. Small ones are written into one block with their headers; a large payload goes
 * as it is, behind the block that ends with its header. Source: RFC 6455, section 5.2.
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

  add(data: string | Uint8Array, isBinary: boolean): void {
    const length = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    this.#frames.push({ data, first: isBinary ? FIN_BINARY : FIN_TEXT, length });
    this.#bytes += headerBytes(length) + length;
  }

  drop(): void {
    this.#frames = [];
    this.#bytes = 0;
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.drop();
    const isLarge = ({ data, length }: Outgoing): boolean =>
      length > COPIED_BYTES_MAX && typeof data !== 'string';
    let blockBytes = 0;
    let largeCount = 0;
    for (const frame of frames) {
      blockBytes += headerBytes(frame.length) + (isLarge(frame) ? 0 : frame.length);
      if (isLarge(frame)) largeCount += 1;
    }
    const block = Buffer.allocUnsafe(blockBytes);
    if (largeCount > 0) this.#stream.cork();
    let from = 0;
    let at = 0;
    for (const frame of frames) {
      const { data, first, length } = frame;
      at = writeHeader(block, at, first, length);
      if (typeof data === 'string') at += block.write(data, at, 'utf8');
      else if (isLarge(frame)) {
        this.#stream.write(block.subarray(from, at));
        this.#stream.write(data);
        from = at;
      } else {
        block.set(data, at);
        at += length;
      }
    }
    if (from < at) this.#stream.write(block.subarray(from, at));
    if (largeCount > 0) this.#stream.uncork();
  }
}
