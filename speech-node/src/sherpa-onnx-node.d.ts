/** The part of `sherpa-onnx-node` that is used here; the package brings no types. */
declare module 'sherpa-onnx-node' {
  interface Waveform {
    /** Hz. */
    readonly sampleRate: number;
    /** -1 to 1, mono. */
    readonly samples: Float32Array;
  }

  interface OfflineStream {
    acceptWaveform(wave: Waveform): void;
  }

  interface OfflineRecognizer {
    createStream(): OfflineStream;
    decodeAsync(stream: OfflineStream): Promise<{ readonly text: string }>;
  }

  interface OfflineRecognizerConfig {
    readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
    readonly modelConfig: {
      readonly moonshine: { readonly encoder: string; readonly mergedDecoder: string };
      readonly tokens: string;
      readonly numThreads: number;
      readonly provider: 'cpu';
      readonly debug: 0 | 1;
    };
  }

  interface VadConfig {
    readonly sileroVad: {
      readonly model: string;
      /** Probability of speech, 0 to 1. */
      readonly threshold: number;
      /** Seconds, as the two below. */
      readonly minSpeechDuration: number;
      readonly minSilenceDuration: number;
      readonly maxSpeechDuration: number;
      /** Samples. */
      readonly windowSize: number;
    };
    readonly sampleRate: number;
    readonly numThreads: number;
    readonly debug: 0 | 1;
  }

  interface Vad {
    acceptWaveform(samples: Float32Array): void;
    flush(): void;
    reset(): void;
    isEmpty(): boolean;
    /** `start` in samples since the last reset. */
    front(enableExternalBuffer: boolean): { readonly start: number; readonly samples: Float32Array };
    pop(): void;
  }

  interface LinearResampler {
    /** Resamples and gives out what is still inside. */
    flush(samples: Float32Array): Float32Array;
  }

  const sherpa: {
    readonly OfflineRecognizer: {
      createAsync(config: OfflineRecognizerConfig): Promise<OfflineRecognizer>;
    };
    readonly Vad: new (config: VadConfig, bufferSizeInSeconds: number) => Vad;
    readonly LinearResampler: new (inputSampleRate: number, outputSampleRate: number) => LinearResampler;
  };
  export = sherpa;
}
