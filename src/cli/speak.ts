import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import {
  openSession,
  type Session,
  SessionError,
  type SessionResult,
  type TranslatedResult,
} from '#client/mod.ts';
import { CliFailure } from './failure.ts';
import { writeOggOpus } from './ogg-opus.ts';
import type { Progress } from './progress.ts';
import { type Recording, readWav, speechRateHz, writeWav } from './wav.ts';

export interface SpeakOptions {
  readonly file: string;
  readonly url: string;
  readonly srcLang: string;
  readonly tgtLang: string;
  /** 1 = as spoken; 0 = as fast as the socket takes it. */
  readonly speed: number;
  readonly outFolder: string;
  readonly waitMs: number;
}

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

export interface SpeakReport {
  readonly file: string;
  readonly audioMs: number;
  readonly srcLang: string;
  readonly tgtLang: string;
  readonly utterances: readonly SpokenUtterance[];
}

/**
 * Sends a recording through a scheduler and collects what comes back.
 * errors: `CliFailure` when the file cannot be read, the scheduler cannot be reached, or nothing comes back in time.
 */
export async function speak(options: SpeakOptions, progress: Progress): Promise<SpeakReport> {
  const recording = await load(options.file);
  const session = await connect(options);
  try {
    const utterances = await collect(session, send(session, recording, options, progress), options, progress);
    return {
      file: options.file,
      audioMs: Math.round(recording.durationMs),
      srcLang: options.srcLang,
      tgtLang: options.tgtLang,
      utterances,
    };
  } catch (error) {
    // The first failure is the one to tell; a goodbye that fails after it adds nothing.
    await session.close({ reason: 'failed', deadlineMs: 1000 }).catch(() => undefined);
    if (error instanceof SessionError) throw new CliFailure('the conversation broke off', { cause: error });
    throw error;
  }
}

async function load(file: string): Promise<Recording> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new CliFailure(`cannot read ${file}`, { cause: error });
  }
  try {
    return readWav(bytes);
  } catch (error) {
    throw new CliFailure(`${file} cannot be used`, { cause: error });
  }
}

async function connect(options: SpeakOptions): Promise<Session> {
  try {
    return await openSession({
      url: options.url,
      srcLang: options.srcLang,
      tgtLang: options.tgtLang,
      audioFormat: 'pcm16',
      platform: 'cli',
    });
  } catch (error) {
    throw new CliFailure(`no scheduler answers at ${options.url}; start one with "lingua serve"`, {
      cause: error,
    });
  }
}

/** Sends the samples at the wished speed; resolves with the instant of the last piece. */
async function send(
  session: Session,
  recording: Recording,
  options: SpeakOptions,
  progress: Progress,
): Promise<number> {
  const stepMs = 96;
  const step = (speechRateHz * stepMs) / 1000;
  const startedAtMs = performance.now();
  for (let at = 0; at < recording.samples.length; at += step) {
    session.sendPcm(recording.samples.subarray(at, at + step));
    if (options.speed > 0) {
      const sentMs = ((at + step) * 1000) / speechRateHz / options.speed;
      progress.update(
        `speaking ${(sentMs / 1000).toFixed(1)} of ${(recording.durationMs / 1000).toFixed(1)} s`,
      );
      await pause(startedAtMs + sentMs - performance.now());
    }
  }
  session.endUtterance();
  return performance.now();
}

/**
 * Takes results while speaking; once the first one after the last word is there, closes the session, which waits for
 * whatever is still open: the acknowledgement comes last and ends the results.
 */
async function collect(
  session: Session,
  sending: Promise<number>,
  options: SpeakOptions,
  progress: Progress,
): Promise<SpokenUtterance[]> {
  const utterances: SpokenUtterance[] = [];
  const results = session.results[Symbol.asyncIterator]();
  let lastWordAtMs: number | null = null;
  const lastWord = sending.then((atMs) => {
    lastWordAtMs = atMs;
    progress.update('waiting for the result');
  });
  let closing: Promise<void> | null = null;
  for (;;) {
    const next = results.next();
    await Promise.race([next, lastWord]);
    const item = lastWordAtMs === null ? await next : await withDeadline(next, options.waitMs);
    if (item === 'late') throw new CliFailure(lateMessage(options));
    if (item.done === true) break;
    progress.done();
    utterances.push(await toUtterance(item.value, lastWordAtMs ?? performance.now(), options));
    if (lastWordAtMs !== null) closing ??= session.close({ reason: 'done' });
  }
  await closing;
  if (utterances.length === 0) throw new CliFailure('the connection ended before a result came back');
  return utterances;
}

const lateMessage = (options: SpeakOptions): string =>
  `nothing came back within ${Math.round(options.waitMs / 1000)} s after the last word; is a node connected that serves ${options.srcLang} to ${options.tgtLang}? (see /api/v1/stats)`;

async function toUtterance(
  result: SessionResult,
  sentAtMs: number,
  options: SpeakOptions,
): Promise<SpokenUtterance> {
  const afterSpeechMs = Math.max(0, Math.round(performance.now() - sentAtMs));
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
    speechFile: await keepSpeech(result, options),
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

async function keepSpeech(result: TranslatedResult, options: SpeakOptions): Promise<string | null> {
  if (result.audio === null) return null;
  await mkdir(options.outFolder, { recursive: true });
  const name = basename(options.file, extname(options.file));
  const isOpus = result.audio.format === 'opus';
  const file = resolve(
    join(options.outFolder, `${name}-${options.tgtLang}-${result.index}.${isOpus ? 'opus' : 'wav'}`),
  );
  const bytes = isOpus ? writeOggOpus(result.audio.bytes) : writeWav(result.audio.bytes, speechRateHz);
  await writeFile(file, bytes);
  return file;
}

/** The report as a person reads it. */
export function describeReport(report: SpeakReport, glossNote: string | null): string {
  const lines: string[] = [];
  for (const utterance of report.utterances) {
    if (utterance.missingReason !== null) {
      lines.push(`utterance ${utterance.index}: no result (${utterance.missingReason})`);
      continue;
    }
    const note = glossNote === null ? '' : ` (${glossNote})`;
    const latency = utterance.latency;
    const parts = [
      `recognise ${ms(latency.recogniseMs)}`,
      `translate ${ms(latency.translateMs)}`,
      `synthesise ${ms(latency.synthesiseMs)}`,
      `node in all ${ms(latency.nodeTotalMs)}`,
    ];
    lines.push(
      `recognised (${report.srcLang}): ${utterance.recognised}`,
      `translated (${report.tgtLang}): ${utterance.translated}${note}`,
      `latency: ${latency.afterSpeechMs} ms after the last word (${parts.join(', ')})`,
      `spoken result: ${utterance.speechFile ?? 'none, the node gave no audio'}`,
    );
  }
  return lines.join('\n');
}

const ms = (value: number | null): string => (value === null ? 'unknown' : `${Math.round(value)} ms`);

function pause(waitMs: number): Promise<void> {
  return waitMs <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, waitMs));
}

async function withDeadline<T>(work: Promise<T>, waitMs: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((done) => {
    timer = setTimeout(() => done('late'), waitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
