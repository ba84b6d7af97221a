import sherpa from 'sherpa-onnx-node';
import { ENGINE_RATE_HZ } from './samples.ts';

const FEATURE_COUNT = 80;

export interface RecognizerModel {
  readonly encoder: string;
  readonly decoder: string;
  readonly tokens: string;
}

export interface Recognizer {
  /** The text of at most 20 s of speech, '' when there is none. Runs off the event loop, on one core a call. */
  recognize(samples: Float32Array): Promise<string>;
}

/** Moonshine. */
export const createRecognizer = async ({
  encoder,
  decoder,
  tokens,
}: RecognizerModel): Promise<Recognizer> => {
  const engine = await sherpa.OfflineRecognizer.createAsync({
    featConfig: { sampleRate: ENGINE_RATE_HZ, featureDim: FEATURE_COUNT },
    modelConfig: {
      moonshine: { encoder, mergedDecoder: decoder },
      tokens,
      numThreads: 1,
      provider: 'cpu',
      debug: 0,
    },
  });
  return {
    recognize: async (samples) => {
      const stream = engine.createStream();
      stream.acceptWaveform({ sampleRate: ENGINE_RATE_HZ, samples });
      const { text } = await engine.decodeAsync(stream);
      return text.trim();
    },
  };
};
