import type { SpeechEngines } from './engines.ts';
import { SpeechFailure } from './failure.ts';
import { decodeJobAudio, type JobAudio } from './job-audio.ts';
import { isUnderstood, SOURCE_LANGUAGE } from './languages.ts';
import { encodeOpus } from './opus.ts';
import type { Translator } from './translator.ts';

/** One utterance to work on, in the words of `job_assign`. */
export interface SpeechJob extends JobAudio {
  readonly src_lang: string;
  readonly tgt_lang: string;
  readonly auto_langs?: readonly string[];
  readonly pipeline: { readonly use_asr: boolean; readonly use_nmt: boolean; readonly use_tts: boolean };
}

/** In the words of `job_result`. shape: `tts_audio` = length-prefixed Opus packets. */
export interface SpeechOutput {
  readonly text_asr?: string;
  /** A gloss or a translation; see `Translator`. */
  readonly text_translated?: string;
  readonly tts_audio?: Uint8Array;
  readonly tts_format?: 'opus';
  readonly extra: {
    readonly service_timings: {
      readonly asr_ms: number;
      readonly nmt_ms: number;
      readonly tts_ms: number;
      readonly total_ms: number;
    };
    /** Nothing was said. */
    readonly reason?: 'ASR_EMPTY';
  };
  readonly processing_time_ms: number;
  /** Epoch milliseconds. */
  readonly node_completed_at_ms: number;
}

export interface PipelineContext {
  readonly signal: AbortSignal;
  /** What was recognized so far; final with the last piece. */
  readonly onText?: (text: string, isFinal: boolean) => void;
  /** Monotonic milliseconds. */
  readonly clockMs?: () => number;
  /** Epoch milliseconds. */
  readonly wallClockMs?: () => number;
}

/**
 * Audio to text, its translation or gloss, and speech [SPN5].
 *
 * Silence gives an output without text. `use_nmt` off: what was recognized is spoken as it is. Rejects with the
 * signal's reason once aborted, between the pieces of a stage; else with `SpeechFailure`.
 */
export const runPipeline = async (
  engines: SpeechEngines,
  job: SpeechJob,
  { signal, onText, clockMs = () => performance.now(), wallClockMs = Date.now }: PipelineContext,
): Promise<SpeechOutput> => {
  const startMs = clockMs();
  const translator = job.pipeline.use_nmt ? engines.translatorTo(job.tgt_lang) : null;
  refuseUnfit(job, engines, translator);
  signal.throwIfAborted();
  try {
    const textAsr = await recognizeAll(engines, decodeJobAudio(job), signal, onText);
    const recognizedMs = clockMs();
    const isSilent = textAsr === '';
    const textTranslated =
      translator !== null && !isSilent ? await translator.translate(textAsr, signal) : null;
    const translatedMs = clockMs();
    signal.throwIfAborted();
    const speech =
      job.pipeline.use_tts && !isSilent
        ? encodeOpus(await engines.speak(textTranslated ?? textAsr, spokenLanguage(job), signal))
        : null;
    signal.throwIfAborted();
    const endMs = clockMs();
    return {
      ...(!isSilent && { text_asr: textAsr }),
      ...(textTranslated !== null && { text_translated: textTranslated }),
      ...(speech !== null && { tts_audio: speech, tts_format: 'opus' as const }),
      extra: {
        service_timings: {
          asr_ms: Math.round(recognizedMs - startMs),
          nmt_ms: Math.round(translatedMs - recognizedMs),
          tts_ms: Math.round(endMs - translatedMs),
          total_ms: Math.round(endMs - startMs),
        },
        ...(isSilent && { reason: 'ASR_EMPTY' as const }),
      },
      processing_time_ms: Math.round(endMs - startMs),
      node_completed_at_ms: wallClockMs(),
    };
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SpeechFailure) throw cause;
    throw new SpeechFailure('PROCESSING_ERROR', 'an engine failed', cause);
  }
};

/** Before any work is done. */
const refuseUnfit = (job: SpeechJob, engines: SpeechEngines, translator: Translator | null): void => {
  const { use_asr, use_nmt, use_tts } = job.pipeline;
  if (!use_asr)
    throw new SpeechFailure('UNSUPPORTED_FEATURE', 'a job without speech recognition has no text');
  if (!isUnderstood(job.src_lang, job.auto_langs))
    throw new SpeechFailure('UNSUPPORTED_LANGUAGE', 'only English speech is recognized here');
  if (use_nmt && translator === null)
    throw new SpeechFailure('UNSUPPORTED_LANGUAGE', 'nothing here translates into the target language');
  if (use_tts && !engines.speaks(spokenLanguage(job)))
    throw new SpeechFailure('UNSUPPORTED_LANGUAGE', 'no voice for the target language');
};

const spokenLanguage = ({ pipeline, tgt_lang }: SpeechJob): string =>
  pipeline.use_nmt ? tgt_lang : SOURCE_LANGUAGE;

/** One region of speech after the other: a cancelled job stops after the piece it is at, under a second. */
const recognizeAll = async (
  engines: SpeechEngines,
  samples: Float32Array,
  signal: AbortSignal,
  onText: PipelineContext['onText'],
): Promise<string> => {
  const regions = await engines.findSpeech(samples, signal);
  let text = '';
  for (const [index, { start, end }] of regions.entries()) {
    const piece = await engines.recognize(samples.slice(start, end));
    signal.throwIfAborted();
    text = [text, piece].filter((part) => part !== '').join(' ');
    if (text !== '') onText?.(text, index === regions.length - 1);
  }
  return text;
};
