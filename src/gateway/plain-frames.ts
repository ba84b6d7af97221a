import { isUtf8 } from 'node:buffer';
import { unmask as unmaskNatively } from 'bufferutil';

/** What happens to the bytes of one socket. */
export interface PlainFramesUser {
  /** A whole message in one frame, unmasked, text known to be UTF-8. */
  onFrame(payload: Buffer, isBinary: boolean): void;
  /** Bytes of frames that are not plain, for the library, in order. */
  onOthers(bytes: Buffer): void;
  /** Text that is no UTF-8: the socket is to be closed with 1007. */
  onBadText(): void;
}

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const FIN = 0x80;
const OPCODE = 0x0f;
const OPCODE_BINARY = 0x2;
const OPCODE_CLOSE = 0x8;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
/** Below this a loop is cheaper than a call into native code. */
const NATIVE_UNMASK_BYTES_MIN = 64;

/** Of the frame that is read just now, used up before the next: a view for every frame is dear for four bytes. */
const wholeFramesMask = Buffer.alloc(MASK_BYTES);

/** A plain frame of which only the beginning has come. */
interface Partial {
  readonly isBinary: boolean;
  readonly mask: Buffer;
  readonly length: number;
  cameBytes: number;
  /** What came so far; empty once there is a `whole`. */
  parts: Buffer[];
  /** Made when it has come in many parts: a part of one byte by itself costs some 400. */
  whole: Buffer | null;
}

const PARTS_MAX = 256;

/**
 * Reads the frames that nearly all are: a message in one frame, masked, of a legal size. Everything else (control frames,
 * fragments, frames that are too big or against the rules) goes to the library as it came, which then does what it always
 * does; where its frame ends, is read off the header, so that both keep in step. Source: RFC 6455, section 5 [GAT45].
 *
 * Why: the library takes a frame apart in five views and three events, and speech is 30 frames a sentence.
 */
export class PlainFrames {
  readonly #user: PlainFramesUser;
  readonly #payloadBytesMax: number;
  /** The beginning of a header that has not come whole. */
  #head: Buffer | null = null;
  #partial: Partial | null = null;
  /** Of a frame of the library's that are still to come. */
  #othersBytes = 0;
  /** A message in several frames is on its way: all of it is the library's. */
  #isFragmented = false;
  /**
   * The library has got a frame of this block and tells of offences only when the block is done: until then it gets all
   * that follows, so that nothing is taken that it would not have taken.
   */
  #isOthersTurn = false;
  /** The peer has said goodbye, or talks nonsense: what it still sends is nobody's. */
  #isOver = false;
  #isClosing = false;

  constructor(payloadBytesMax: number, user: PlainFramesUser) {
    this.#payloadBytesMax = payloadBytesMax;
    this.#user = user;
  }

  /** From here on nothing is read any more. */
  end(): void {
    this.#isOver = true;
  }

  /** `isOpen`: false while we are closing, when the library alone decides what a frame means. */
  take(chunk: Buffer, isOpen: () => boolean): void {
    // What is left of a frame of the library's is a frame of this block too.
    this.#isOthersTurn = this.#othersBytes > 0;
    let bytes = chunk;
    if (this.#head !== null) {
      bytes = Buffer.concat([this.#head, chunk]);
      this.#head = null;
    }
    for (let at = 0; at < bytes.length && !this.#isOver; ) {
      if (this.#othersBytes > 0) at = this.#passOn(bytes, at);
      else if (this.#partial !== null) at = this.#fill(this.#partial, bytes, at);
      else {
        const next = this.#begin(bytes, at, isOpen());
        if (next < 0) {
          // Copied: it would pin all that the socket has read.
          this.#head = Buffer.from(bytes.subarray(at));
          return;
        }
        at = next;
      }
    }
  }

  /** Behind what could be read of the frame that begins at `at`; -1 while its header is not whole. */
  #begin(bytes: Buffer, at: number, isOpen: boolean): number {
    const second = bytes[at + 1];
    if (second === undefined) return -1;
    const first = bytes[at] ?? 0;
    const isMasked = (second & MASKED) !== 0;
    const short = second & LENGTH;
    let maskAt = at + 2;
    if (short === LENGTH_16) maskAt += 2;
    else if (short === LENGTH_64) maskAt += 8;
    const start = isMasked ? maskAt + MASK_BYTES : maskAt;
    if (start > bytes.length) return -1;
    let length = short;
    if (short === LENGTH_16) length = bytes.readUInt16BE(at + 2);
    else if (short === LENGTH_64) length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);

    const isPlain =
      (first === FIN_TEXT || first === FIN_BINARY) &&
      isMasked &&
      isOpen &&
      !this.#isOthersTurn &&
      !this.#isFragmented &&
      length <= this.#payloadBytesMax;
    if (!isPlain) {
      const opcode = first & OPCODE;
      if (opcode <= OPCODE_BINARY) this.#isFragmented = (first & FIN) === 0;
      this.#isClosing = opcode === OPCODE_CLOSE;
      this.#isOthersTurn = true;
      this.#othersBytes = start - at + length;
      return this.#passOn(bytes, at);
    }
    const isBinary = first === FIN_BINARY;
    const end = start + length;
    if (end <= bytes.length) {
      for (let i = 0; i < MASK_BYTES; i += 1) wholeFramesMask[i] = bytes[maskAt + i] ?? 0;
      this.#deliver(bytes.subarray(start, end), wholeFramesMask, isBinary);
      return end;
    }
    const came = bytes.subarray(start);
    const mask = bytes.subarray(maskAt, start);
    this.#partial = { isBinary, mask, length, cameBytes: came.length, parts: [came], whole: null };
    return bytes.length;
  }

  #fill(partial: Partial, bytes: Buffer, at: number): number {
    const part = bytes.subarray(at, at + partial.length - partial.cameBytes);
    if (partial.whole === null) partial.parts.push(part);
    else partial.whole.set(part, partial.cameBytes);
    partial.cameBytes += part.length;
    if (partial.cameBytes === partial.length) {
      this.#partial = null;
      this.#deliver(partial.whole ?? Buffer.concat(partial.parts), partial.mask, partial.isBinary);
    } else if (partial.parts.length === PARTS_MAX) {
      partial.whole = Buffer.allocUnsafe(partial.length);
      Buffer.concat(partial.parts).copy(partial.whole);
      partial.parts = [];
    }
    return at + part.length;
  }

  #passOn(bytes: Buffer, at: number): number {
    const part = bytes.subarray(at, Math.min(bytes.length, at + this.#othersBytes));
    this.#othersBytes -= part.length;
    if (this.#othersBytes === 0 && this.#isClosing) this.#isOver = true;
    this.#user.onOthers(part);
    return at + part.length;
  }

  #deliver(payload: Buffer, mask: Buffer, isBinary: boolean): void {
    unmask(payload, mask);
    if (isBinary || isUtf8(payload)) this.#user.onFrame(payload, isBinary);
    else {
      this.#isOver = true;
      this.#user.onBadText();
    }
  }
}

const unmask = (payload: Buffer, mask: Buffer): void => {
  if (payload.length >= NATIVE_UNMASK_BYTES_MIN) {
    unmaskNatively(payload, mask);
    return;
  }
  for (let at = 0; at < payload.length; at += 1) payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
};
