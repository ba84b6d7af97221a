import { SpeechFailure } from './failure.ts';
import { createOpusReader, decodeOpus } from './opus.ts';
import { ENGINE_RATE_HZ, resampled, samplesFromPcm16 } from './samples.ts';

/** Longer audio is refused: an utterance is cut far below it, and everything here is held in memory. */
export const AUDIO_MS_MAX = 300_000;

/** The audio of a job, in the words of `job_assign`. */
export interface JobAudio {
  readonly audioBytes: Uint8Array;
  readonly audio_format: 'opus' | 'pcm16';
  /** Hz; of no meaning for Opus. */
  readonly sample_rate: number;
  /** Silence that belongs behind the audio: the pause that ended it was not sent. */
  readonly padding_ms?: number;
}

/** errors: `SpeechFailure` INVALID_AUDIO or TOO_LONG [SPN2]. No bytes are no samples. */
export const decodeJobAudio = (job: JobAudio): Float32Array => {
  const samples =
    job.audio_format === 'opus' ? decodeOpus(job.audioBytes, samplesIn(AUDIO_MS_MAX)) : fromPcm(job);
  if (samples.length === 0) return samples;
  const padded = new Float32Array(samples.length + samplesIn(Math.min(job.padding_ms ?? 0, AUDIO_MS_MAX)));
  padded.set(samples);
  return padded;
};

/**
 * Reads a job's audio piece by piece, as it comes in, for captions: good to listen to at once, not to keep. Null from the
 * first piece on that cannot be read; the whole will tell why.
 */
export const createJobAudioReader = (
  job: Pick<JobAudio, 'audio_format' | 'sample_rate'>,
): ((piece: Uint8Array) => Float32Array | null) => {
  const readOpus = createOpusReader(samplesIn(AUDIO_MS_MAX));
  return (audioBytes) => {
    try {
      return job.audio_format === 'opus' ? readOpus(audioBytes) : fromPcm({ ...job, audioBytes });
    } catch (error) {
      if (error instanceof SpeechFailure) return null;
      throw error;
    }
  };
};

const fromPcm = ({ audioBytes, sample_rate }: JobAudio): Float32Array => {
  if (audioBytes.length % 2 !== 0)
    throw new SpeechFailure('INVALID_AUDIO', 'PCM of an odd number of bytes: 16-bit samples expected');
  if (audioBytes.length / 2 / sample_rate > AUDIO_MS_MAX / 1000)
    throw new SpeechFailure('TOO_LONG', 'the PCM audio is too long');
  return resampled(samplesFromPcm16(audioBytes), sample_rate, ENGINE_RATE_HZ);
};

const samplesIn = (ms: number): number => Math.round((ms * ENGINE_RATE_HZ) / 1000);
