import { setImmediate as nextTurn } from 'node:timers/promises';
import sherpa from 'sherpa-onnx-node';
import { ENGINE_RATE_HZ } from './samples.ts';
import { capRegions, padRegions, type SpeechRegion } from './speech-regions.ts';

const WINDOW_SAMPLES = 512;
/** So much audio is looked at before others get a turn: one second, about 10 ms of work. */
const TURN_SAMPLES = 32 * WINDOW_SAMPLES;
const THRESHOLD = 0.5;
const SPEECH_S_MIN = 0.25;
/** Slow speakers pause inside a sentence; a sentence cut there is understood worse. */
const SILENCE_S_MIN = 1;
const SPEECH_S_MAX = 20;
/** Cut tightly, the ends of words are lost. */
const PAD_S = 0.25;
const BUFFER_S = 60;

type Detector = InstanceType<typeof sherpa.Vad>;

export interface SpeechFinder {
  /** Where speech is, in order, not overlapping, each at most 20 s [SPN4]. Aborting rejects with the signal's reason. */
  findSpeech(samples: Float32Array, signal: AbortSignal): Promise<readonly SpeechRegion[]>;
}

/** Silero. A detector has a memory, so each search has one to itself; idle ones are kept. */
export const createSpeechFinder = (modelPath: string): SpeechFinder => {
  const idle: Detector[] = [createDetector(modelPath)];
  return {
    findSpeech: async (samples, signal) => {
      const detector = idle.pop() ?? createDetector(modelPath);
      try {
        detector.reset();
        const found = await detect(detector, samples, signal);
        const padded = padRegions(found, PAD_S * ENGINE_RATE_HZ, samples.length);
        return capRegions(padded, samples, SPEECH_S_MAX * ENGINE_RATE_HZ);
      } finally {
        idle.push(detector);
      }
    },
  };
};

const createDetector = (model: string): Detector =>
  new sherpa.Vad(
    {
      sileroVad: {
        model,
        threshold: THRESHOLD,
        minSpeechDuration: SPEECH_S_MIN,
        minSilenceDuration: SILENCE_S_MIN,
        maxSpeechDuration: SPEECH_S_MAX,
        windowSize: WINDOW_SAMPLES,
      },
      sampleRate: ENGINE_RATE_HZ,
      numThreads: 1,
      debug: 0,
    },
    BUFFER_S,
  );

const detect = async (
  detector: Detector,
  samples: Float32Array,
  signal: AbortSignal,
): Promise<SpeechRegion[]> => {
  const regions: SpeechRegion[] = [];
  for (let turn = 0; turn < samples.length; turn += TURN_SAMPLES) {
    signal.throwIfAborted();
    const end = Math.min(turn + TURN_SAMPLES, samples.length);
    for (let at = turn; at < end; at += WINDOW_SAMPLES)
      detector.acceptWaveform(samples.subarray(at, Math.min(at + WINDOW_SAMPLES, end)));
    drain(detector, regions);
    await nextTurn();
  }
  detector.flush();
  drain(detector, regions);
  return regions;
};

const drain = (detector: Detector, regions: SpeechRegion[]): void => {
  while (!detector.isEmpty()) {
    const { start, samples } = detector.front(false);
    regions.push({ start, end: start + samples.length });
    detector.pop();
  }
};
