import type { ResourceUsage } from '#protocol/shapes.ts';

/** What a node's readings say about its use, percent. Own jobs are counted by slots, not here [NOD22]. */
export interface LoadReadings {
  cpuPercent: number | null;
  gpuPercent: number | null;
  memPercent: number | null;
  /** The busiest resource that counts, smoothed over heartbeats. */
  busiestPercent: number;
  /** The GPU reading was between 0 and 100, or there was none. */
  isGpuReadingValid: boolean;
  /** Readings above the threshold since the last one that was not. */
  highInARow: number;
  /** Ranks last while the smoothed figure is above the threshold [SEL4]. */
  isHigh: boolean;
  /** Taken only when no other node fits [SEL5]. */
  isExcluded: boolean;
}

const NEWEST_WEIGHT = 0.5;
/** A single reading never excludes: the first of an agent is often 100. */
const HIGH_READINGS_TO_EXCLUDE = 3;

export const newLoadReadings = (): LoadReadings => ({
  cpuPercent: null,
  gpuPercent: null,
  memPercent: null,
  busiestPercent: 0,
  isGpuReadingValid: true,
  highInARow: 0,
  isHigh: false,
  isExcluded: false,
});

export interface LoadPolicy {
  readonly thresholdPercent: number;
  /** False for a node whose services run on its processor: it is loaded by the very jobs we count [SEL6]. */
  readonly countsCpu: boolean;
}

/** Nothing is used more than wholly: one wild reading would outweigh a hundred true ones in the smoothed figure. */
const percentOf = (reading: number | undefined): number | null =>
  reading === undefined ? null : Math.min(Math.max(reading, 0), 100);

export const readLoad = (load: LoadReadings, usage: ResourceUsage, policy: LoadPolicy): void => {
  const isFirst = load.cpuPercent === null && load.gpuPercent === null && load.memPercent === null;
  load.cpuPercent = percentOf(usage.cpu_percent);
  load.gpuPercent = percentOf(usage.gpu_percent);
  load.memPercent = percentOf(usage.mem_percent);
  load.isGpuReadingValid = usage.gpu_percent === undefined || usage.gpu_percent === load.gpuPercent;
  const busiest = Math.max(
    policy.countsCpu ? (load.cpuPercent ?? 0) : 0,
    load.gpuPercent ?? 0,
    load.memPercent ?? 0,
  );
  load.busiestPercent = isFirst
    ? busiest
    : load.busiestPercent + NEWEST_WEIGHT * (busiest - load.busiestPercent);
  load.highInARow = busiest > policy.thresholdPercent ? load.highInARow + 1 : 0;
  load.isHigh = load.busiestPercent > policy.thresholdPercent;
  load.isExcluded = load.highInARow >= HIGH_READINGS_TO_EXCLUDE;
};
