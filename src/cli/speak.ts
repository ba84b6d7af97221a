import { readFile } from 'node:fs/promises';
import { type Session, SessionError } from '#client/mod.ts';
import { CliFailure, chainOf } from './failure.ts';
import { printable } from './printable.ts';
import type { Progress } from './progress.ts';
import { httpOf, reach, whyNotAccepting } from './reach.ts';
import { servedPairs, targetFor, translationKind } from './served.ts';
import { soundEndMs } from './sound-end.ts';
import { makeFolder, type SpeechPlace, type SpokenUtterance, toUtterance } from './spoken-utterance.ts';
import { type Recording, readWav, speechRateHz } from './wav.ts';

/** The reference node translates by dictionary, word for word; whoever reads the result must know. */
const glossNote = 'a word-by-word gloss from a dictionary, not a translation engine';

/** As the client SDK sends samples: 96 ms. */
const CHUNK_SAMPLES = 1536;
/** Offsets come in whole milliseconds. */
const ROUNDING_MS = 1;

export interface SpeakOptions {
  readonly file: string;
  readonly url: string;
  readonly srcLang: string;
  /** Left out: Spanish where it is served, else Chinese. */
  readonly tgtLang?: string;
  /** Sent as a bearer token; never printed. */
  readonly token?: string;
  /** 1 = as spoken; 0 = as fast as the socket takes it. */
  readonly speed: number;
  readonly outFolder: string;
  readonly waitMs: number;
}

export interface SpeakReport {
  readonly file: string;
  readonly audioMs: number;
  readonly srcLang: string;
  readonly tgtLang: string;
  /** What stands in `translated`; unknown where the scheduler does not tell us of its nodes. */
  readonly translation: 'gloss' | 'engine' | 'unknown';
  readonly utterances: readonly SpokenUtterance[];
  /** Why there may be less than was spoken: the conversation broke off; else null. */
  readonly brokeOff: string | null;
}

/** What `speak` needs to know once the target is settled. */
type Wish = SpeakOptions & SpeechPlace;

/**
 * Sends a recording through a scheduler and collects what comes back, also when the conversation breaks off [CLI43].
 * errors: `CliFailure` when the file cannot be read, the scheduler cannot be reached, nobody serves the languages, or
 *   nothing comes back at all.
 */
export async function speak(options: SpeakOptions, progress: Progress): Promise<SpeakReport> {
  const recording = await load(options.file);
  await makeFolder(options.outFolder);
  const { url, srcLang, token } = options;
  const api = { url: httpOf(url), ...(token !== undefined && { token }) };
  const served = await servedPairs(api);
  const tgtLang = targetFor(served, srcLang, options.tgtLang);
  const warning = await whyNotAccepting(api.url);
  const session = await reach({
    url,
    srcLang,
    tgtLang,
    audioFormat: 'pcm16',
    platform: 'cli',
    // One recording is one utterance, and whoever waits at a terminal wants to hear of a loss at once.
    endpointing: false,
    reconnect: false,
    ...(token !== undefined && { token }),
  });
  if (warning !== null) progress.say(warning);
  const wish: Wish = { ...options, tgtLang };
  const { utterances, brokeOff } = await converse(session, recording, wish, progress);
  return {
    file: options.file,
    audioMs: Math.round(recording.durationMs),
    srcLang,
    tgtLang,
    translation: translationKind(served, srcLang, tgtLang),
    utterances,
    brokeOff,
  };
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

/** Sends the samples at the wished speed; resolves with the instant of the last piece. */
async function send(
  session: Session,
  recording: Recording,
  options: Wish,
  progress: Progress,
): Promise<number> {
  const startedAtMs = performance.now();
  for (let at = 0; at < recording.samples.length; at += CHUNK_SAMPLES) {
    session.sendPcm(recording.samples.subarray(at, at + CHUNK_SAMPLES));
    if (options.speed > 0) {
      const sentMs = ((at + CHUNK_SAMPLES) * 1000) / speechRateHz / options.speed;
      progress.update(
        `speaking ${(sentMs / 1000).toFixed(1)} of ${(recording.durationMs / 1000).toFixed(1)} s`,
      );
      await pause(startedAtMs + sentMs - performance.now());
    }
  }
  session.endUtterance();
  return performance.now();
}

interface Collected {
  readonly utterances: SpokenUtterance[];
  readonly brokeOff: string | null;
}

/** What came stays, whatever comes after it. errors: `CliFailure` when nothing came. */
async function converse(
  session: Session,
  recording: Recording,
  wish: Wish,
  progress: Progress,
): Promise<Collected> {
  const utterances: SpokenUtterance[] = [];
  try {
    const sending = send(session, recording, wish, progress);
    await collect(session, sending, soundEndMs(recording.samples, CHUNK_SAMPLES), wish, progress, utterances);
    return { utterances, brokeOff: null };
  } catch (error) {
    // The first failure is the one to tell; a goodbye that fails after it adds nothing.
    await session.close({ reason: 'failed', deadlineMs: 1000 }).catch(() => undefined);
    const failure =
      error instanceof SessionError
        ? new CliFailure(`the conversation broke off (${error.code})`, { cause: error })
        : error;
    if (!(failure instanceof CliFailure) || utterances.length === 0) throw failure;
    return { utterances, brokeOff: chainOf(failure) };
  } finally {
    progress.done();
  }
}

/**
 * Takes results while speaking; once the last word was said and all sound has its outcome, closes the session: the
 * acknowledgement comes last and ends the results. Where outcomes do not tell which sound they are of, the first one
 * after the last word must do, and the close waits for what is still open.
 */
async function collect(
  session: Session,
  sending: Promise<number>,
  soundEndsMs: number,
  wish: Wish,
  progress: Progress,
  utterances: SpokenUtterance[],
): Promise<void> {
  const results = session.results[Symbol.asyncIterator]();
  let lastWordAtMs: number | null = null;
  const lastWord = sending.then(
    (atMs) => {
      lastWordAtMs = atMs;
      progress.update('waiting for the result');
    },
    (error: unknown) => {
      // A session that is over takes no audio; its results say why it ended.
      if (!(error instanceof SessionError)) throw error;
    },
  );
  let closing: Promise<void> | null = null;
  let answeredMs = 0;
  for (;;) {
    const next = results.next();
    await Promise.race([next, lastWord]);
    const isAnswered = answeredMs + ROUNDING_MS >= soundEndsMs;
    if (lastWordAtMs !== null && isAnswered) closing ??= session.close({ reason: 'done' });
    const item = lastWordAtMs === null ? await next : await withDeadline(next, wish.waitMs);
    if (item === 'late') throw new CliFailure(lateMessage(wish));
    if (item.done === true) break;
    progress.done();
    const afterSpeechMs = Math.max(0, Math.round(performance.now() - (lastWordAtMs ?? performance.now())));
    utterances.push(await toUtterance(item.value, afterSpeechMs, wish));
    const isAllItTells = item.value.audioEndMs === null && lastWordAtMs !== null;
    answeredMs = isAllItTells ? soundEndsMs : (item.value.audioEndMs ?? answeredMs);
  }
  await closing;
  if (utterances.length > 0) return;
  throw new CliFailure(
    soundEndsMs === 0
      ? `nothing can be heard in ${wish.file}`
      : 'the connection ended before a result came back',
  );
}

const lateMessage = (options: Wish): string =>
  `nothing came back within ${Math.round(options.waitMs / 1000)} s after the last word; is a node connected that serves ${options.srcLang} to ${options.tgtLang}? (see /api/v1/stats)`;

/** Prints the report and sets the exit code: 1 when the conversation broke off, 2 when no utterance has a result. */
export function printReport(report: SpeakReport, isJson: boolean): void {
  process.stdout.write(`${isJson ? JSON.stringify(report) : describeReport(report)}\n`);
  if (report.brokeOff !== null) {
    process.stderr.write(`lingua: ${report.brokeOff}; what came before it stands above\n`);
    process.exitCode = 1;
  } else if (report.utterances.every(({ missingReason }) => missingReason !== null)) process.exitCode = 2;
}

/** The report as a person reads it. */
function describeReport(report: SpeakReport): string {
  const lines: string[] = [];
  for (const utterance of report.utterances) {
    if (utterance.missingReason !== null) {
      lines.push(`utterance ${utterance.index}: no result (${printable(utterance.missingReason)})`);
      continue;
    }
    const note = report.translation === 'gloss' ? ` (${glossNote})` : '';
    const latency = utterance.latency;
    const parts = [
      `recognise ${ms(latency.recogniseMs)}`,
      `translate ${ms(latency.translateMs)}`,
      `synthesise ${ms(latency.synthesiseMs)}`,
      `node in all ${ms(latency.nodeTotalMs)}`,
    ];
    lines.push(
      `recognised (${report.srcLang}): ${printable(utterance.recognised)}`,
      `translated (${report.tgtLang}): ${printable(utterance.translated)}${note}`,
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
