import type { Figure } from '../harness/figure.ts';
import { median } from '../harness/median.ts';
import type { Speech } from './load.ts';
import { type Measured, measure, type Variant } from './run.ts';

const NODE_COUNT = 8;
const NO_BROKER = { args: () => [], brokerCpuUs: () => 0, nodeCount: NODE_COUNT } as const;
const PRODUCT: Variant = { name: 'product', server: './servers/product.ts', ...NO_BROKER };
const BARE: Variant = { name: 'bare', server: './servers/bare.ts', ...NO_BROKER };

interface Pair {
  readonly ours: Measured;
  readonly theirs: Measured;
}

/** Both in turn, the first one changing each round. */
const alternate = async (
  theirs: Variant,
  speech: Speech,
  perSecond: number,
  rounds: number,
): Promise<readonly Pair[]> => {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await measure(theirs, speech, perSecond);
      pairs.push({ theirs: first, ours: await measure(PRODUCT, speech, perSecond) });
    } else {
      const first = await measure(PRODUCT, speech, perSecond);
      pairs.push({ ours: first, theirs: await measure(theirs, speech, perSecond) });
    }
  }
  return pairs;
};

const us = (value: number): string => `${value.toFixed(0)} µs`;
const ms = (value: number): string => `${value.toFixed(2)} ms`;

const costFigure = (
  pairs: readonly Pair[],
  head: Pick<Figure, 'id' | 'what' | 'floor' | 'goal'>,
): Figure => ({
  ...head,
  better: 'more',
  ratio: median(pairs.map(({ ours, theirs }) => theirs.cpuUsPerUtterance / ours.cpuUsPerUtterance)),
  detail: `${us(median(pairs.map(({ theirs }) => theirs.cpuUsPerUtterance)))} against ${us(
    median(pairs.map(({ ours }) => ours.cpuUsPerUtterance)),
  )} of CPU an utterance; generator ${median(pairs.map(({ ours }) => ours.ownCores)).toFixed(2)} cores`,
});

const delayFigure = (
  pairs: readonly Pair[],
  head: Pick<Figure, 'id' | 'what' | 'floor' | 'goal'>,
): Figure => ({
  ...head,
  better: 'less',
  ratio: median(pairs.map(({ ours, theirs }) => ours.p50Ms / theirs.p50Ms)),
  detail: `${ms(median(pairs.map(({ ours }) => ours.p50Ms)))} against ${ms(
    median(pairs.map(({ theirs }) => theirs.p50Ms)),
  )} from the final to the result, p50`,
});

/** P2 and P3: the whole product against the bare pipeline, on real sockets, in processes of their own. */
export const pipelineFigures = async (rounds: number): Promise<readonly Figure[]> => {
  const slow = {
    pcm: await alternate(BARE, 'pcm', 125, rounds),
    opus: await alternate(BARE, 'opus', 150, rounds),
  };
  const fast = {
    pcm: await alternate(BARE, 'pcm', 500, rounds),
    opus: await alternate(BARE, 'opus', 600, rounds),
  };
  return [
    delayFigure(slow.pcm, { id: 'P2', what: 'delay, PCM, 125/s, against bare', floor: 1.3, goal: 1 }),
    delayFigure(slow.opus, { id: 'P2', what: 'delay, Opus, 150/s, against bare', floor: 1.3, goal: 1 }),
    costFigure(fast.pcm, {
      id: 'P3',
      what: 'PCM, 500/s: utterances per CPU-s against bare',
      floor: 1.2,
      goal: 1.6,
    }),
    costFigure(fast.opus, { id: 'P3b', what: 'Opus, 600/s, against bare', floor: 0.75, goal: 0.95 }),
  ];
};
