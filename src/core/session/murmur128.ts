const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;
const BLOCK_BYTES = 16;
/** Of one unit of a text. */
const UTF8_BYTES_MAX = 3;

const rotl = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** One word of a block, scattered before it meets the state. */
const scatter = (word: number, first: number, by: number, second: number): number =>
  Math.imul(rotl(Math.imul(word, first), by), second);

const finish = (word: number): number => {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/** Every byte as two upper-case hex digits: `toString(16)` of a word goes the way of floating-point numbers. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0').toUpperCase());

const hex = (word: number): string =>
  `${HEX[word >>> 24]}${HEX[(word >>> 16) & 255]}${HEX[(word >>> 8) & 255]}${HEX[word & 255]}`;

/**
 * The texts that are hashed, one after the other: a run of bytes of its own costs several times as much as its hash. Longer
 * ones than ever before make it longer.
 */
let scratch = new DataView(new ArrayBuffer(256));

const roomFor = (bytes: number): DataView => {
  // A whole block behind the end: the last one is filled up with zeros.
  if (bytes + BLOCK_BYTES > scratch.byteLength)
    scratch = new DataView(new ArrayBuffer(2 * (bytes + BLOCK_BYTES)));
  return scratch;
};

/**
 * MurmurHash3 x86_128 of a text in UTF-8 with seed 0, in 32-bit arithmetic: spreads well and is the same everywhere, and is
 * no defence against somebody who looks for collisions. A lone surrogate counts as the three bytes of its number, so that
 * different texts stay different.
 *
 * shape: 32 upper-case hex digits, the four words of the state in order.
 */
export const murmur128 = (text: string): string => {
  const bytes = roomFor(text.length * UTF8_BYTES_MAX);
  return hashOf(bytes, writeUtf8(text, bytes));
};

/** Returns where it ends. */
const writeUtf8 = (text: string, out: DataView): number => {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return writeOthers(text, at, out);
    out.setUint8(at, unit);
  }
  return text.length;
};

/** From the first character on that is not ASCII, which nearly no text has. */
const writeOthers = (text: string, from: number, out: DataView): number => {
  let at = from;
  const put = (byte: number): void => {
    out.setUint8(at, byte);
    at += 1;
  };
  const putRest = (point: number, shift: number): void => {
    for (let by = shift; by >= 0; by -= 6) put(0x80 | ((point >> by) & 63));
  };
  for (const character of text.slice(from)) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) put(point);
    else if (point < 0x800) {
      put(0xc0 | (point >> 6));
      putRest(point, 0);
    } else if (point < 0x1_0000) {
      put(0xe0 | (point >> 12));
      putRest(point, 6);
    } else {
      put(0xf0 | (point >> 18));
      putRest(point, 12);
    }
  }
  return at;
};

/** Of the first `length` bytes; what is behind them is written over. */
const hashOf = (bytes: DataView, length: number): string => {
  const whole = length - (length % BLOCK_BYTES);
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  for (let at = 0; at < whole; at += BLOCK_BYTES) {
    h1 ^= scatter(bytes.getInt32(at, true), C1, 15, C2);
    h1 = (Math.imul((rotl(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= scatter(bytes.getInt32(at + 4, true), C2, 16, C3);
    h2 = (Math.imul((rotl(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= scatter(bytes.getInt32(at + 8, true), C3, 17, C4);
    h3 = (Math.imul((rotl(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= scatter(bytes.getInt32(at + 12, true), C4, 18, C1);
    h4 = (Math.imul((rotl(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  if (whole < length) {
    // Zeros behind the end change nothing: a word without bytes scatters to zero.
    for (let at = length; at < whole + BLOCK_BYTES; at += 1) bytes.setUint8(at, 0);
    h1 ^= scatter(bytes.getInt32(whole, true), C1, 15, C2);
    h2 ^= scatter(bytes.getInt32(whole + 4, true), C2, 16, C3);
    h3 ^= scatter(bytes.getInt32(whole + 8, true), C3, 17, C4);
    h4 ^= scatter(bytes.getInt32(whole + 12, true), C4, 18, C1);
  }
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = (finish(h1) + h2 + h3 + h4) | 0;
  return `${hex(h1)}${hex(h2 + h1)}${hex(h3 + h1)}${hex(h4 + h1)}`;
};
