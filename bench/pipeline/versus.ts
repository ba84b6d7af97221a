import type { Figure } from '../harness/figure.ts';
import { median } from '../harness/median.ts';
import type { Speech } from './load.ts';
import { type Measured, measure, type Rates, type Variant } from './run.ts';

const NODE_COUNT = 8;
export const NO_BROKER = { args: () => [], brokerCpuUs: () => 0, nodeCount: NODE_COUNT } as const;
const PRODUCT: Variant = { name: 'product', server: './servers/product.ts', ...NO_BROKER };

/** One round: the product and another way, at the same rate. */
export interface Pair {
  readonly ours: Measured;
  readonly theirs: Measured;
}

/** Both in turn, the first one changing each round. */
export const alternate = async (
  theirs: Variant,
  speech: Speech,
  rates: Rates,
  rounds: number,
): Promise<readonly Pair[]> => {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await measure(theirs, speech, rates);
      pairs.push({ theirs: first, ours: await measure(PRODUCT, speech, rates) });
    } else {
      const first = await measure(PRODUCT, speech, rates);
      pairs.push({ ours: first, theirs: await measure(theirs, speech, rates) });
    }
  }
  return pairs;
};

const us = (value: number): string => `${value.toFixed(0)} µs`;
const ms = (value: number): string => `${value.toFixed(2)} ms`;
/** Of all rounds, because a machine with neighbours moves by more than one round shows. */
const range = (ratios: readonly number[]): string =>
  `rounds ${Math.min(...ratios).toPrecision(3)} to ${Math.max(...ratios).toPrecision(3)}`;

type Head = Pick<Figure, 'id' | 'what' | 'floor' | 'goal'>;

/** Utterances for one CPU-second, against the other way. */
export const costFigure = (pairs: readonly Pair[], head: Head): Figure => {
  const ratios = pairs.map(({ ours, theirs }) => theirs.cpuUsPerUtterance / ours.cpuUsPerUtterance);
  const theirsUs = median(pairs.map(({ theirs }) => theirs.cpuUsPerUtterance));
  const brokerUs = median(pairs.map(({ theirs }) => theirs.brokerUsPerUtterance));
  const oursUs = median(pairs.map(({ ours }) => ours.cpuUsPerUtterance));
  const ownCores = median(pairs.map(({ ours }) => ours.ownCores));
  const broker = brokerUs > 0 ? ` (${us(brokerUs)} of it its broker's)` : '';
  return {
    ...head,
    better: 'more',
    ratio: median(ratios),
    detail: `${us(theirsUs)}${broker} against ${us(oursUs)} of CPU an utterance; ${range(ratios)}; generator ${ownCores.toFixed(2)} cores`,
  };
};

/** From the final to its result, against the other way. */
export const delayFigure = (pairs: readonly Pair[], head: Head): Figure => {
  const ratios = pairs.map(({ ours, theirs }) => ours.p50Ms / theirs.p50Ms);
  const oursMs = median(pairs.map(({ ours }) => ours.p50Ms));
  const theirsMs = median(pairs.map(({ theirs }) => theirs.p50Ms));
  return {
    ...head,
    better: 'less',
    ratio: median(ratios),
    detail: `${ms(oursMs)} against ${ms(theirsMs)} from the final to the result, p50; ${range(ratios)}`,
  };
};
