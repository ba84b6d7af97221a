/** Strings over 128 kB are costly large objects; the base64 of a slice stays below. A multiple of 3, so that slices join. */
const SLICE_BYTES = 48 * 1024;

/**
 * The bytes of standard base64 with padding, or null when the text is anything else [AUD6].
 *
 * Buffer skips what it does not know and also takes the URL alphabet; the length shows the first, a look for two
 * letters the second, and the byte count letters beyond ASCII, of which Buffer would see the low byte only.
 */
export const decodeBase64 = (text: string): Buffer | null => {
  if (text.length % 4 !== 0) return null;
  if (text.includes('-') || text.includes('_') || Buffer.byteLength(text, 'utf8') !== text.length)
    return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === base64RawBytes(text.length, paddingOf(text)) ? bytes : null;
};

const paddingOf = (text: string): number => {
  if (text.endsWith('==')) return 2;
  return text.endsWith('=') ? 1 : 0;
};

const base64RawBytes = (textLength: number, padding: number): number => (textLength / 4) * 3 - padding;

/** Length of the base64 of `byteCount` bytes. */
export const base64Length = (byteCount: number): number => Math.ceil(byteCount / 3) * 4;

/**
 * The base64 of several runs of bytes as if they were one [AUD7]: groups of three cross the seams, and no string
 * longer than a slice is made.
 */
export const encodeBase64 = (runs: readonly Uint8Array[]): Buffer => {
  const byteCount = runs.reduce((sum, run) => sum + run.byteLength, 0);
  const out = Buffer.allocUnsafe(base64Length(byteCount));
  const seam = Buffer.allocUnsafe(3);
  let seamBytes = 0;
  let written = 0;
  const put = (bytes: Buffer, start: number, end: number): void => {
    written += out.write(bytes.toString('base64', start, end), written, 'latin1');
  };
  for (const run of runs) {
    const bytes = Buffer.from(run.buffer, run.byteOffset, run.byteLength);
    let at = 0;
    while (seamBytes > 0 && at < bytes.length) {
      seam[seamBytes] = bytes[at] ?? 0;
      seamBytes += 1;
      at += 1;
      if (seamBytes === 3) {
        put(seam, 0, 3);
        seamBytes = 0;
      }
    }
    const wholeEnd = bytes.length - ((bytes.length - at) % 3);
    for (; at < wholeEnd; at += SLICE_BYTES) put(bytes, at, Math.min(at + SLICE_BYTES, wholeEnd));
    for (at = wholeEnd; at < bytes.length; at += 1) {
      seam[seamBytes] = bytes[at] ?? 0;
      seamBytes += 1;
    }
  }
  if (seamBytes > 0) put(seam, 0, seamBytes);
  return out;
};
