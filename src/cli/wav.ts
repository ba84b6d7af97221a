/** 16 kHz mono samples of a sound file, with what it was before. */
export interface Recording {
  readonly samples: Int16Array;
  readonly durationMs: number;
  readonly sourceRateHz: number;
  readonly sourceChannels: number;
}

export const speechRateHz = 16_000;

/**
 * Reads a RIFF/WAVE file with 16-bit PCM (format 1, or extensible holding it), any rate, any number of channels;
 * mixes to mono and resamples linearly to 16 kHz.
 * errors: `WavError` naming what is wrong with the file.
 */
export function readWav(file: Uint8Array): Recording {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw new WavError('not a RIFF/WAVE file');
  }
  let format: { channels: number; rateHz: number } | null = null;
  for (let at = 12; at + 8 <= file.byteLength; ) {
    const name = tag(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === 'fmt ') {
      format = readFormat(view, body, size);
    } else if (name === 'data') {
      if (format === null) throw new WavError('the data chunk comes before the format chunk');
      // A recorder that was cut off leaves a size past the end of the file: take what is there.
      const end = Math.min(body + size, file.byteLength);
      return toMono16k(view, body, end, format);
    }
    at = body + size + (size % 2);
  }
  throw new WavError('no data chunk');
}

function readFormat(view: DataView, at: number, size: number): { channels: number; rateHz: number } {
  if (size < 16 || at + 16 > view.byteLength) throw new WavError('the format chunk is cut short');
  const code = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rateHz = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const subFormat = code === 0xfffe && size >= 26 ? view.getUint16(at + 24, true) : code;
  if (subFormat !== 1 || bits !== 16) {
    throw new WavError(`16-bit PCM is expected, this file has format ${subFormat} with ${bits} bits`);
  }
  if (channels < 1 || channels > 16) throw new WavError(`1 to 16 channels are expected, found ${channels}`);
  if (rateHz < 4000 || rateHz > 192_000) throw new WavError(`4 to 192 kHz are expected, found ${rateHz} Hz`);
  return { channels, rateHz };
}

function toMono16k(
  view: DataView,
  from: number,
  to: number,
  format: { channels: number; rateHz: number },
): Recording {
  const frames = Math.floor((to - from) / 2 / format.channels);
  const mono = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < format.channels; channel++) {
      sum += view.getInt16(from + 2 * (frame * format.channels + channel), true);
    }
    mono[frame] = sum / format.channels;
  }
  const count = Math.floor((frames * speechRateHz) / format.rateHz);
  const samples = new Int16Array(count);
  const step = format.rateHz / speechRateHz;
  for (let i = 0; i < count; i++) {
    const at = i * step;
    const left = Math.floor(at);
    const a = mono[left] ?? 0;
    const b = mono[left + 1] ?? a;
    samples[i] = Math.round(a + (b - a) * (at - left));
  }
  return {
    samples,
    durationMs: (frames * 1000) / format.rateHz,
    sourceRateHz: format.rateHz,
    sourceChannels: format.channels,
  };
}

/** A WAVE file of 16-bit mono PCM. */
export function writeWav(pcm: Uint8Array, rateHz: number): Uint8Array {
  const file = new Uint8Array(44 + pcm.byteLength);
  const view = new DataView(file.buffer);
  const put = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  put(0, 'RIFF');
  view.setUint32(4, 36 + pcm.byteLength, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, 'data');
  view.setUint32(40, pcm.byteLength, true);
  file.set(pcm, 44);
  return file;
}

export class WavError extends Error {
  override readonly name = 'WavError';
}

function tag(view: DataView, at: number): string {
  let text = '';
  for (let i = 0; i < 4; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}
