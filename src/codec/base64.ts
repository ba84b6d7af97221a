/** Strings over 128 kB are costly large objects; the base64 of a slice stays below. A multiple of 3, so that slices join. */
const SLICE_BYTES = 48 * 1024;
const SLICE_CHARS = (SLICE_BYTES / 3) * 4;

/** Where pieces are gathered before they are encoded, and where audio is decoded of which only the form counts. */
const scratch = Buffer.allocUnsafeSlow(SLICE_BYTES);

/**
 * The bytes of standard base64 with padding, or null when the text is anything else [AUD6].
 *
 * Buffer skips what it does not know and also takes the URL alphabet; the length shows the first, a look for two
 * letters the second, and the byte count letters beyond ASCII, of which Buffer would see the low byte only.
 */
export const decodeBase64 = (text: string): Buffer | null => {
  if (text.length % 4 !== 0) return null;
  if (hasUrlLetters(text) || Buffer.byteLength(text, 'utf8') !== text.length) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === base64RawBytes(text.length, paddingOf(text)) ? bytes : null;
};

/**
 * As `decodeBase64`, from the wire, where it stands in a frame [AUD9]. Of the audio no string is made that is longer
 * than a slice: that, and not a look at each byte in JavaScript, is the cheapest strict check there is, and gives the
 * bytes as well.
 */
export const decodeBase64Wire = (frame: Buffer, from = 0, to = frame.length): Buffer | null => {
  if ((to - from) % 4 !== 0) return null;
  const bytes = Buffer.allocUnsafe(base64RawBytes(to - from, wirePaddingOf(frame, from, to)));
  let written = 0;
  for (let at = from; at < to; at += SLICE_CHARS) {
    const sliceBytes = decodeSlice(frame, at, to, bytes, written);
    if (sliceBytes === null) return null;
    written += sliceBytes;
  }
  return bytes;
};

/** How many bytes standard base64 stands for, without keeping them; null when it is anything else [AUD9]. */
export const measureBase64Wire = (wire: Buffer): number | null => {
  if (wire.length % 4 !== 0) return null;
  for (let at = 0; at < wire.length; at += SLICE_CHARS) {
    if (decodeSlice(wire, at, wire.length, scratch, 0) === null) return null;
  }
  return base64RawBytes(wire.length, wirePaddingOf(wire, 0, wire.length));
};

/** Decodes the slice at `at`; null unless it gives as many bytes as letters that all count must give. */
const decodeSlice = (frame: Buffer, at: number, to: number, out: Buffer, outAt: number): number | null => {
  const end = Math.min(at + SLICE_CHARS, to);
  const text = frame.toString('latin1', at, end);
  if (hasUrlLetters(text)) return null;
  // Padding may only end the whole, and then it may only be taken off the last slice.
  const expectedBytes = base64RawBytes(end - at, end === to ? paddingOf(text) : 0);
  return out.write(text, outAt, 'base64') === expectedBytes ? expectedBytes : null;
};

const hasUrlLetters = (text: string): boolean => text.includes('-') || text.includes('_');

const paddingOf = (text: string): number => {
  if (text.endsWith('==')) return 2;
  return text.endsWith('=') ? 1 : 0;
};

const PAD = 0x3d;
const wirePaddingOf = (frame: Buffer, from: number, to: number): number => {
  if (to === from || frame[to - 1] !== PAD) return 0;
  return to - from > 1 && frame[to - 2] === PAD ? 2 : 1;
};

const base64RawBytes = (textLength: number, padding: number): number => (textLength / 4) * 3 - padding;

/** Length of the base64 of `byteCount` bytes. */
export const base64Length = (byteCount: number): number => Math.ceil(byteCount / 3) * 4;

/** The base64 of several runs of bytes as if they were one [AUD7]. */
export const encodeBase64 = (runs: readonly Uint8Array[]): Buffer => {
  const out = Buffer.allocUnsafe(base64Length(byteCountOf(runs)));
  writeBase64(runs, out, 0);
  return out;
};

export const byteCountOf = (runs: readonly Uint8Array[]): number =>
  runs.reduce((sum, run) => sum + run.byteLength, 0);

/**
 * Writes the base64 of several runs of bytes as if they were one into `out` from `at` on [AUD7]. Returns where it
 * ends. Runs are gathered to slices first: groups of three then cross no seam, and a call serves many small runs.
 */
export const writeBase64 = (runs: readonly Uint8Array[], out: Buffer, at: number): number => {
  let end = at;
  let gatheredBytes = 0;
  const putGathered = (): void => {
    end += out.write(scratch.toString('base64', 0, gatheredBytes), end, 'latin1');
    gatheredBytes = 0;
  };
  for (const run of runs) {
    for (let from = 0; from < run.byteLength; ) {
      const to = Math.min(from + SLICE_BYTES - gatheredBytes, run.byteLength);
      scratch.set(from === 0 && to === run.byteLength ? run : run.subarray(from, to), gatheredBytes);
      gatheredBytes += to - from;
      from = to;
      if (gatheredBytes === SLICE_BYTES) putGathered();
    }
  }
  putGathered();
  return end;
};
