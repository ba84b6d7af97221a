const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const rotl = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** One word of a block, scattered before it meets the state. */
const scatter = (word: number, first: number, by: number, second: number): number =>
  Math.imul(rotl(Math.imul(word, first), by), second);

/** Little-endian. Zeros behind the end change nothing: a word without bytes scatters to zero. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

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
 * MurmurHash3 x86_128 with seed 0, in 32-bit arithmetic: spreads well and is the same everywhere, and is no defence
 * against somebody who looks for collisions.
 *
 * shape: 32 upper-case hex digits, the four words of the state in order.
 */
export const murmur128 = (bytes: Uint8Array): string => {
  const whole = bytes.byteLength - (bytes.byteLength % 16);
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  for (let at = 0; at < bytes.byteLength; at += 16) {
    const k1 = scatter(wordAt(bytes, at), C1, 15, C2);
    const k2 = scatter(wordAt(bytes, at + 4), C2, 16, C3);
    const k3 = scatter(wordAt(bytes, at + 8), C3, 17, C4);
    const k4 = scatter(wordAt(bytes, at + 12), C4, 18, C1);
    if (at < whole) {
      h1 = (Math.imul((rotl(h1 ^ k1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
      h2 = (Math.imul((rotl(h2 ^ k2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
      h3 = (Math.imul((rotl(h3 ^ k3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
      h4 = (Math.imul((rotl(h4 ^ k4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
    } else {
      h1 ^= k1;
      h2 ^= k2;
      h3 ^= k3;
      h4 ^= k4;
    }
  }
  h1 ^= bytes.byteLength;
  h2 ^= bytes.byteLength;
  h3 ^= bytes.byteLength;
  h4 ^= bytes.byteLength;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = (finish(h1) + h2 + h3 + h4) | 0;
  return `${hex(h1)}${hex(h2 + h1)}${hex(h3 + h1)}${hex(h4 + h1)}`;
};

/** UTF-8 of a text; a lone surrogate becomes the three bytes of its number, so that different texts stay different. */
export const utf8Of = (text: string): Uint8Array => asciiOf(text) ?? encoded(text);

/** What nearly every text is; null when it is not. */
const asciiOf = (text: string): Uint8Array | null => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return null;
    bytes[at] = unit;
  }
  return bytes;
};

const encoded = (text: string): Uint8Array => {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x1_0000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else {
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 63),
        0x80 | ((point >> 6) & 63),
        0x80 | (point & 63),
      );
    }
  }
  return Uint8Array.from(bytes);
};
