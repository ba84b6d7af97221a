const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 61;
const codeByValue = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
/** Value of each ASCII letter, 255 = not of the alphabet. */
const valueByCode = new Uint8Array(128).fill(255);
codeByValue.forEach((code, value) => {
  valueByCode[code] = value;
});
const ascii = new TextDecoder('latin1');

/**
 * Standard base64 with padding. By hand: `Buffer` is not in browsers, `btoa` wants a string per byte [SDK13].
 */
export const encodeBase64 = (bytes: Uint8Array): string => {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let out = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
    text[out] = byteAt(codeByValue, group >> 18);
    text[out + 1] = byteAt(codeByValue, (group >> 12) & 63);
    text[out + 2] = at + 1 < bytes.length ? byteAt(codeByValue, (group >> 6) & 63) : PAD;
    text[out + 3] = at + 2 < bytes.length ? byteAt(codeByValue, group & 63) : PAD;
    out += 4;
  }
  return ascii.decode(text);
};

/** The bytes of standard base64 with padding, or null for any other text. */
export const decodeBase64 = (text: string): Uint8Array | null => {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const letterCount = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let out = 0;
  let group = 0;
  for (let at = 0; at < letterCount; at += 1) {
    const code = text.charCodeAt(at);
    const value = code < 128 ? byteAt(valueByCode, code) : 255;
    if (value === 255) return null;
    group = (group << 6) | value;
    if (at % 4 === 3) {
      bytes[out] = group >> 16;
      bytes[out + 1] = (group >> 8) & 255;
      bytes[out + 2] = group & 255;
      out += 3;
      group = 0;
    }
  }
  if (padding === 1) {
    bytes[out] = group >> 10;
    bytes[out + 1] = (group >> 2) & 255;
  }
  if (padding === 2) bytes[out] = group >> 4;
  return bytes;
};

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
