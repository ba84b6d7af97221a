import type { SpeechEngines } from '../../speech-node/src/engines.ts';
import type { SpeechJob } from '../../speech-node/src/pipeline.ts';
import { ENGINE_RATE_HZ, pcm16FromSamples } from '../../speech-node/src/samples.ts';
import type { Translator } from '../../speech-node/src/translator.ts';
import { translatorTo } from '../../speech-node/src/translators.ts';

/** English to Chinese through all stages, PCM at 16 kHz. */
export const pcmJob = (audioBytes: Uint8Array, fields: Partial<SpeechJob> = {}): SpeechJob => ({
  audioBytes,
  audio_format: 'pcm16',
  sample_rate: ENGINE_RATE_HZ,
  src_lang: 'en',
  tgt_lang: 'zh',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  ...fields,
});

export const silentPcm = (ms: number): Uint8Array =>
  pcm16FromSamples(new Float32Array((ms * ENGINE_RATE_HZ) / 1000));

/** Engines in place of the real ones; without more they find two pieces of speech and do each stage at once. */
export const scriptedEngines = (script: Partial<SpeechEngines> = {}): SpeechEngines => ({
  findSpeech: async () => [
    { start: 0, end: 100 },
    { start: 200, end: 300 },
  ],
  recognize: async () => 'hello',
  translatorTo: (language) => translatorTo([scriptedTranslator('你好')], language),
  speaks: (language) => ['en', 'zh'].includes(language),
  speak: async () => new Float32Array(640),
  ...script,
});

const scriptedTranslator = (text: string): Translator => ({
  target: 'zh',
  engine: 'scripted',
  serviceId: 'scripted',
  modelId: 'scripted',
  kind: 'gloss',
  translate: async () => text,
  close: () => undefined,
});
