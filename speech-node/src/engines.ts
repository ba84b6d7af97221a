import { GLOSS_LANGUAGE } from './languages.ts';
import { findModels, type SpeechModels } from './models.ts';
import { createRecognizer } from './recognizer.ts';
import { createSpeaker } from './speaker.ts';
import type { SpeechRegion } from './speech-regions.ts';
import { cacheFolder, ensureTokens } from './tokens.ts';
import type { Translator } from './translator.ts';
import { loadTranslators, translatorTo } from './translators.ts';
import { createSpeechFinder } from './vad.ts';

/** What the pipeline needs. */
export interface SpeechEngines {
  findSpeech(samples: Float32Array, signal: AbortSignal): Promise<readonly SpeechRegion[]>;
  recognize(samples: Float32Array): Promise<string>;
  /** Null when nothing here translates into it. `language`: a tag as clients write it. */
  translatorTo(language: string): Translator | null;
  speaks(language: string): boolean;
  speak(text: string, language: string, signal: AbortSignal): Promise<Float32Array>;
}

export interface LoadedEngines extends SpeechEngines {
  readonly models: SpeechModels;
  /** One per target language. */
  readonly translators: readonly Translator[];
  /** How long each took to become ready. */
  readonly warmupMs: { readonly asr: number; readonly nmt: number; readonly tts: number };
  close(): void;
}

export type LoadStep = 'models' | 'recognizer' | 'translators' | 'voice';

export interface LoadOptions {
  readonly asrModelDir?: string | undefined;
  readonly mtModelDir?: string | undefined;
  readonly cacheDir?: string | undefined;
  /** Monotonic milliseconds. */
  readonly clockMs?: () => number;
  /** Told when a step begins. */
  readonly onStep?: (step: LoadStep) => void;
  /** Told what is left out, and why, in a sentence. */
  readonly onNotice?: (sentence: string) => void;
}

/** Loads everything once, about two seconds. errors: as `findModels`, and what the engines throw; no process is left then. */
export const loadEngines = async (options: LoadOptions = {}): Promise<LoadedEngines> => {
  const { clockMs = () => performance.now(), onStep = () => {}, onNotice = () => {} } = options;
  const timed = async <T>(step: LoadStep, load: () => Promise<T>): Promise<{ value: T; tookMs: number }> => {
    onStep(step);
    const startMs = clockMs();
    const value = await load();
    return { value, tookMs: Math.round(clockMs() - startMs) };
  };
  const models = await timed('models', () => findModels(options.asrModelDir));
  const { encoder, decoder } = models.value;
  const recognizer = await timed('recognizer', async () => {
    const tokens = models.value.tokens ?? (await ensureTokens(cacheFolder(options.cacheDir)));
    return createRecognizer({ encoder, decoder, tokens });
  });
  const speaker = createSpeaker();
  let translators: readonly Translator[] = [];
  const close = (): void => {
    speaker.close();
    for (const translator of translators) translator.close();
  };
  try {
    const nmt = await timed('translators', async () => {
      translators = await loadTranslators({
        modelDir: options.mtModelDir,
        cacheDir: cacheFolder(options.cacheDir),
        isSpoken: speaker.speaks,
        onNotice,
      });
    });
    const tts = await timed('voice', () => speaker.speak('一', GLOSS_LANGUAGE, new AbortController().signal));
    const finder = createSpeechFinder(models.value.vad);
    return {
      models: models.value,
      warmupMs: { asr: recognizer.tookMs, nmt: nmt.tookMs, tts: tts.tookMs },
      findSpeech: finder.findSpeech,
      recognize: recognizer.value.recognize,
      translators,
      translatorTo: (language) => translatorTo(translators, language),
      speaks: speaker.speaks,
      speak: speaker.speak,
      close,
    };
  } catch (error) {
    // Their processes would keep this one alive.
    close();
    throw error;
  }
};
