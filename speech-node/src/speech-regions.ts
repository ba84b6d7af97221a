/** A stretch of speech. units: samples; `end` is exclusive. */
export interface SpeechRegion {
  readonly start: number;
  readonly end: number;
}

/** Where a long region is cut: at the quietest of its last quarter, looked at in steps of this many samples. */
const QUIET_SAMPLES = 1_600;

/** Widens every region on both sides, never over the audio's ends; regions that then touch become one. */
export const padRegions = (
  regions: readonly SpeechRegion[],
  padSamples: number,
  samplesCount: number,
): readonly SpeechRegion[] => {
  const padded: SpeechRegion[] = [];
  for (const region of regions) {
    const start = Math.max(0, region.start - padSamples);
    const end = Math.min(samplesCount, region.end + padSamples);
    const previous = padded.at(-1);
    if (previous !== undefined && start <= previous.end) padded[padded.length - 1] = { ...previous, end };
    else padded.push({ start, end });
  }
  return padded;
};

/** Cuts what is longer than `samplesMax` where it is quietest. The recognizer loops on overlong speech. */
export const capRegions = (
  regions: readonly SpeechRegion[],
  samples: Float32Array,
  samplesMax: number,
): readonly SpeechRegion[] => {
  const capped: SpeechRegion[] = [];
  for (const { start, end } of regions) {
    let from = start;
    while (end - from > samplesMax) {
      const cut = quietestCut(samples, from + Math.floor(samplesMax * 0.75), from + samplesMax);
      capped.push({ start: from, end: cut });
      from = cut;
    }
    capped.push({ start: from, end });
  }
  return capped;
};

/** The middle of the quietest run between the two; `latest` itself when they are too close. */
export const quietestCut = (samples: Float32Array, earliest: number, latest: number): number => {
  let best = latest;
  let bestEnergy = Number.POSITIVE_INFINITY;
  for (let at = earliest; at + QUIET_SAMPLES <= latest; at += QUIET_SAMPLES / 2) {
    const energy = samples.subarray(at, at + QUIET_SAMPLES).reduce((sum, sample) => sum + sample * sample, 0);
    if (energy < bestEnergy) {
      bestEnergy = energy;
      best = at + QUIET_SAMPLES / 2;
    }
  }
  return best;
};
