/** How fast a node was seen to answer: milliseconds of waiting per second of audio, smoothed [NOD21]. */
export interface Speed {
  msPerAudioSecond: number;
  samples: number;
}

/** Weight of the newest job. */
const NEWEST_WEIGHT = 0.2;
/** Under this many jobs the figure says nothing. Source: small print 1. */
const SAMPLES_MIN = 5;
/** Shorter audio counts as this long: what a job costs besides its audio would look like slowness. */
const AUDIO_MS_MIN = 1000;

export const newSpeed = (): Speed => ({ msPerAudioSecond: 0, samples: 0 });

const audioSeconds = (audioMs: number): number => Math.max(audioMs, AUDIO_MS_MIN) / 1000;

export const observeSpeed = (speed: Speed, elapsedMs: number, audioMs: number): void => {
  const seen = Math.max(0, elapsedMs) / audioSeconds(audioMs);
  speed.msPerAudioSecond =
    speed.samples === 0 ? seen : speed.msPerAudioSecond + NEWEST_WEIGHT * (seen - speed.msPerAudioSecond);
  speed.samples += 1;
};

/** How long such a job should take here; null while too few were seen. */
export const expectedMs = (speed: Speed, audioMs: number): number | null =>
  speed.samples < SAMPLES_MIN ? null : speed.msPerAudioSecond * audioSeconds(audioMs);
