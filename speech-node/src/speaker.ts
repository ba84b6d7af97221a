import { SpeechFailure } from './failure.ts';
import { primaryLanguage } from './languages.ts';
import { ENGINE_RATE_HZ, resampled, samplesFromPcm16 } from './samples.ts';
import { createVoiceProcess } from './voice-process.ts';

/** From when a text's turn comes; a sentence takes a fifth of a second, the first one half a second more. */
const TIMEOUT_MS = 10_000;

export interface Speaker {
  readonly speaks: (language: string) => boolean;
  /**
   * Samples of the spoken text. errors: the signal's reason; `SpeechFailure` UNSUPPORTED_LANGUAGE, TTS_TIMEOUT,
   * PROCESSING_ERROR.
   */
  speak(text: string, language: string, signal: AbortSignal): Promise<Float32Array>;
  close(): void;
}

/** English sounds best with flite; eSpeak NG has many languages and sounds like a machine. */
const VOICES: Readonly<Record<string, { readonly engine: 'espeak' | 'flite'; readonly voice: string }>> = {
  en: { engine: 'flite', voice: 'slt' },
  zh: { engine: 'espeak', voice: 'cmn' },
  yue: { engine: 'espeak', voice: 'yue' },
  es: { engine: 'espeak', voice: 'es' },
  ca: { engine: 'espeak', voice: 'ca' },
  eo: { engine: 'espeak', voice: 'eo' },
  is: { engine: 'espeak', voice: 'is' },
  mk: { engine: 'espeak', voice: 'mk' },
  fr: { engine: 'espeak', voice: 'fr' },
  de: { engine: 'espeak', voice: 'de' },
  it: { engine: 'espeak', voice: 'it' },
  pt: { engine: 'espeak', voice: 'pt' },
  ru: { engine: 'espeak', voice: 'ru' },
  ja: { engine: 'espeak', voice: 'ja' },
  ko: { engine: 'espeak', voice: 'ko' },
};

export const createSpeaker = (timeoutMs: number = TIMEOUT_MS): Speaker => {
  const processes = {
    espeak: createVoiceProcess('espeak', timeoutMs),
    flite: createVoiceProcess('flite', timeoutMs),
  };
  return {
    speaks: (language) => Object.hasOwn(VOICES, primaryLanguage(language)),
    speak: async (text, language, signal) => {
      const choice = VOICES[primaryLanguage(language)];
      if (choice === undefined)
        throw new SpeechFailure('UNSUPPORTED_LANGUAGE', 'no voice for the target language');
      const { pcm16, sampleRateHz } = await processes[choice.engine].speak(text, choice.voice, signal);
      return resampled(samplesFromPcm16(pcm16), sampleRateHz, ENGINE_RATE_HZ);
    },
    close: () => {
      processes.espeak.close();
      processes.flite.close();
    },
  };
};
