import { setTimeout } from 'node:timers/promises';
import type { Caption, CaptionText } from './caption.ts';
import type { SpeechEngines } from './engines.ts';
import { createJobAudioReader, type JobAudio } from './job-audio.ts';
import { ENGINE_RATE_HZ, joined } from './samples.ts';
import { quietestCut } from './speech-regions.ts';

/** So much new audio makes a new text worth while. */
const STEP_SAMPLES = 0.4 * ENGINE_RATE_HZ;
/** Recognition goes over all audio of the window again and again: beyond this its beginning is fixed and left behind. */
const WINDOW_SAMPLES_MAX = 12 * ENGINE_RATE_HZ;
/** Quieter than -50 dBFS is nobody. */
const LOUD_RMS = 0.003;

/** How many captions may be worked on at once, over all jobs; who finds no place goes without this time [SPN46]. */
export class CaptionPlaces {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs the work and gives true, or gives false at once. */
  async use(work: () => Promise<void>): Promise<boolean> {
    if (this.#free === 0) return false;
    this.#free -= 1;
    try {
      await work();
    } finally {
      this.#free += 1;
    }
    return true;
  }
}

/** A job of which the audio is still coming in. */
export interface OpenJob extends Pick<JobAudio, 'audio_format' | 'sample_rate'> {
  readonly audioPieces: AsyncIterable<Uint8Array>;
}

export interface CaptionContext {
  readonly places: CaptionPlaces;
  readonly onText: (text: CaptionText) => void;
  /** Monotonic milliseconds. */
  readonly clockMs?: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * Tells what is understood while somebody speaks; ends with the audio. Captions never hold up the job: one that is not
 * done by then is dropped, and so is a text that cannot be had. Rejects as `audioPieces` does.
 */
export const captionWhileOpen = async (
  engines: Pick<SpeechEngines, 'recognize'>,
  job: OpenJob,
  caption: Caption,
  { places, onText, clockMs = () => performance.now(), pause = setTimeout }: CaptionContext,
): Promise<void> => {
  const read = createJobAudioReader(job);
  const window = new LiveWindow();
  let isOpen = true;
  let isRunning = false;

  const step = async (): Promise<void> => {
    const { samples, isFull } = window.take();
    const text = await engines.recognize(samples);
    if (!isOpen) return;
    const shown = isFull ? caption.commit(text) : caption.update(text);
    if (shown.settled + shown.tentative !== '') onText(shown);
  };

  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      while (isOpen && window.isDue) {
        const startMs = clockMs();
        if (!(await places.use(step))) break;
        // At most half of a core's time goes into one job's captions.
        await pause(clockMs() - startMs);
      }
    } catch {
      // The result will say what is wrong, if anything is.
    } finally {
      isRunning = false;
    }
  };

  try {
    for await (const piece of job.audioPieces) {
      const samples = read(piece);
      if (samples === null) return;
      window.append(samples);
      // It looks after its own failures, and the next piece must not wait for it.
      void run();
    }
  } finally {
    isOpen = false;
  }
};

/** The audio that the next text is of. */
class LiveWindow {
  #parts: Float32Array[] = [];
  #length = 0;
  #newLength = 0;
  #hasSpeech = false;

  get isDue(): boolean {
    return this.#hasSpeech && this.#newLength >= STEP_SAMPLES;
  }

  append(samples: Float32Array): void {
    this.#parts.push(samples);
    this.#length += samples.length;
    this.#newLength += samples.length;
    this.#hasSpeech ||= isLoud(samples);
  }

  /** `isFull`: these samples leave the window, cut where it is quiet. */
  take(): { readonly samples: Float32Array; readonly isFull: boolean } {
    const whole = joined(this.#parts);
    const isFull = this.#length > WINDOW_SAMPLES_MAX;
    const cut = isFull
      ? quietestCut(whole, Math.floor(WINDOW_SAMPLES_MAX * 0.6), WINDOW_SAMPLES_MAX)
      : this.#length;
    const rest = isFull ? whole.subarray(cut) : whole;
    this.#parts = [rest];
    this.#length = rest.length;
    // What stays behind a cut has not been looked at by itself.
    this.#newLength = isFull ? rest.length : 0;
    this.#hasSpeech = isFull;
    return { samples: whole.subarray(0, cut), isFull };
  }
}

const isLoud = (samples: Float32Array): boolean => {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return energy > LOUD_RMS * LOUD_RMS * samples.length;
};
