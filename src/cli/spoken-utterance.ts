import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { SessionResult, TranslatedResult } from '#client/mod.ts';
import { CliFailure } from './failure.ts';
import { writeOggOpus } from './ogg-opus.ts';
import { speechRateHz, writeWav } from './wav.ts';

/** One utterance as it came back. */
export interface SpokenUtterance {
  readonly index: number;
  readonly recognised: string;
  readonly translated: string;
  /** Path of the spoken result, or null when the node gave no audio. */
  readonly speechFile: string | null;
  /** Why there is no result, or null. */
  readonly missingReason: string | null;
  readonly latency: LatencyParts;
}

/** Where the time went, in ms; null = not known. */
export interface LatencyParts {
  /** From the last piece of audio sent to the result received: what the speaker feels. */
  readonly afterSpeechMs: number;
  readonly recogniseMs: number | null;
  readonly translateMs: number | null;
  readonly synthesiseMs: number | null;
  readonly nodeTotalMs: number | null;
}

/** Names the files that spoken results are kept in. */
export interface SpeechPlace {
  readonly file: string;
  readonly tgtLang: string;
  readonly outFolder: string;
}

/** Writes the spoken result, if there is one. `afterSpeechMs`: see `LatencyParts`. */
export async function toUtterance(
  result: SessionResult,
  afterSpeechMs: number,
  place: SpeechPlace,
): Promise<SpokenUtterance> {
  if (result.kind === 'missing') {
    return {
      index: result.index,
      recognised: '',
      translated: '',
      speechFile: null,
      missingReason: result.reason,
      latency: {
        afterSpeechMs,
        recogniseMs: null,
        translateMs: null,
        synthesiseMs: null,
        nodeTotalMs: null,
      },
    };
  }
  const timings = result.timings.service;
  return {
    index: result.index,
    recognised: result.text,
    translated: result.translated,
    speechFile: await keepSpeech(result, place),
    missingReason: null,
    latency: {
      afterSpeechMs,
      recogniseMs: timings.asr_ms ?? null,
      translateMs: timings.nmt_ms ?? null,
      synthesiseMs: timings.tts_ms ?? null,
      nodeTotalMs: timings.total_ms ?? null,
    },
  };
}

/** errors: `CliFailure` where there cannot be such a folder [CLI6]. */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return;
  if (found !== null) throw new CliFailure(`--out ${folder} is no folder`);
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    // One by one: all at once never ends where the system makes none, as in /proc.
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    if (code !== 'EEXIST') throw new CliFailure(`--out ${folder} cannot be made (${code})`);
  }
}

async function keepSpeech(result: TranslatedResult, place: SpeechPlace): Promise<string | null> {
  if (result.audio === null) return null;
  const name = basename(place.file, extname(place.file));
  const isOpus = result.audio.format === 'opus';
  const file = resolve(
    join(place.outFolder, `${name}-${place.tgtLang}-${result.index}.${isOpus ? 'opus' : 'wav'}`),
  );
  const bytes = isOpus ? writeOggOpus(result.audio.bytes) : writeWav(result.audio.bytes, speechRateHz);
  await writeFile(file, bytes);
  return file;
}
