import { readFileSync } from 'node:fs';
import { readWav, type Wav } from '../../speech-node/src/wav.ts';

const FOLDER = new URL('../../samples/', import.meta.url);

/** A real recording of `samples/` and what is said in it. */
export interface Recording {
  readonly wav: Wav;
  readonly transcript: string;
}

const recording = (file: string, transcript: string): Recording => ({
  wav: readWav(readFileSync(new URL(file, FOLDER))),
  transcript,
});

/** Eleven seconds with pauses. */
export const INAUGURAL: Recording = recording(
  'jfk-inaugural-1961.wav',
  'And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country.',
);

/** Three seconds, read from a novel. */
export const NOVEL: Recording = recording(
  'librivox-sense-and-sensibility.wav',
  'He might even have been made amiable himself.',
);
