import { median } from './median.ts';

/** One way to do the same work: given a running number, so that inputs can differ from call to call. */
export type Way = (call: number) => unknown;

export interface Contest {
  readonly name: string;
  readonly baseline: Way;
  readonly ours: Way;
  /** What both do beside the work, such as finding what they work on: its cost is taken off both, round by round. */
  readonly driver?: Way;
}

/** Medians over the rounds. units: CPU µs a call, user and system of the whole process. */
export interface Outcome {
  readonly baselineUs: number;
  readonly oursUs: number;
  /** How many times dearer the baseline is, taken within each round: rounds differ more than the two sides do. */
  readonly ratio: number;
}

const ROUND_CPU_MS = 150;
const ROUNDS_MIN = 3;
/** What a call gave lives on for as many calls, as messages do; else the collector would have it too easy. */
const KEPT_COUNT = 64;
const kept: unknown[] = Array.from({ length: KEPT_COUNT });

/** `1.20 µs against 0.30 µs`. */
export const sidesOf = ({ baselineUs, oursUs }: Outcome): string =>
  `${baselineUs.toPrecision(3)} µs against ${oursUs.toPrecision(3)} µs`;

/** Both ways in turn, the first one changing each round. */
export const hold = ({ baseline, ours, driver }: Contest, rounds: number): Outcome => {
  if (rounds < ROUNDS_MIN) throw new RangeError(`at least ${ROUNDS_MIN} rounds`);
  const calls = { baseline: callsFor(baseline), ours: callsFor(ours) };
  const driverCalls = driver === undefined ? 0 : callsFor(driver);
  const pairs: { baselineUs: number; oursUs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const isReversed = round % 2 === 1;
    const early = isReversed ? usOf(ours, calls.ours) : usOf(baseline, calls.baseline);
    const late = isReversed ? usOf(baseline, calls.baseline) : usOf(ours, calls.ours);
    const driverUs = driver === undefined ? 0 : usOf(driver, driverCalls);
    const [baselineUs, oursUs] = isReversed ? [late, early] : [early, late];
    pairs.push({ baselineUs: baselineUs - driverUs, oursUs: oursUs - driverUs });
  }
  return {
    baselineUs: median(pairs.map(({ baselineUs }) => baselineUs)),
    oursUs: median(pairs.map(({ oursUs }) => oursUs)),
    ratio: median(pairs.map(({ baselineUs, oursUs }) => baselineUs / oursUs)),
  };
};

const repeat = (way: Way, calls: number): void => {
  for (let call = 0; call < calls; call += 1) kept[call % KEPT_COUNT] = way(call);
};

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Warms up, and finds how often to call for a round to be long enough to be measured. */
const callsFor = (way: Way): number => {
  for (let calls = 64; ; calls *= 2) {
    const startUs = cpuUs();
    repeat(way, calls);
    const spentUs = cpuUs() - startUs;
    if (spentUs > ROUND_CPU_MS * 500) return Math.ceil((calls * ROUND_CPU_MS * 1000) / spentUs);
  }
};

/** What the other side left behind is not this one's to clear away. Only with `--expose-gc`. */
const clearAway = (): void => {
  (globalThis as { gc?: () => void }).gc?.();
};

const usOf = (way: Way, calls: number): number => {
  clearAway();
  repeat(way, Math.ceil(calls / 10));
  const startUs = cpuUs();
  repeat(way, calls);
  return (cpuUs() - startUs) / calls;
};
