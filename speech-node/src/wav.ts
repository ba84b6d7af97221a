/** Uncompressed 16-bit mono sound. shape: `pcm16` is a view of the file's bytes, little-endian. */
export interface Wav {
  readonly sampleRateHz: number;
  readonly pcm16: Uint8Array;
}

const RIFF_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const PCM = 1;

/** errors: `RangeError` for anything but 16-bit mono PCM. A data chunk cut short gives what is there. */
export const readWav = (file: Uint8Array): Wav => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < RIFF_HEAD_BYTES || nameAt(file, 0) !== 'RIFF' || nameAt(file, 8) !== 'WAVE')
    throw new RangeError('not a WAV file');
  let sampleRateHz: number | null = null;
  for (let at = RIFF_HEAD_BYTES; at + CHUNK_HEAD_BYTES <= file.length; ) {
    const name = nameAt(file, at);
    const length = view.getUint32(at + 4, true);
    const start = at + CHUNK_HEAD_BYTES;
    if (name === 'fmt ') sampleRateHz = formatRateHz(view, start);
    if (name === 'data') {
      if (sampleRateHz === null) throw new RangeError('WAV data before its format');
      const end = Math.min(start + length, file.length);
      return { sampleRateHz, pcm16: file.subarray(start, end - ((end - start) % 2)) };
    }
    // Chunks begin at even offsets.
    at = start + length + (length % 2);
  }
  throw new RangeError('a WAV file without data');
};

const formatRateHz = (view: DataView, at: number): number => {
  const isFit =
    at + 16 <= view.byteLength &&
    view.getUint16(at, true) === PCM &&
    view.getUint16(at + 2, true) === 1 &&
    view.getUint16(at + 14, true) === 16;
  if (!isFit) throw new RangeError('a WAV file that is not 16-bit mono PCM');
  return view.getUint32(at + 4, true);
};

const nameAt = (file: Uint8Array, at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
