import type { Figure } from '../harness/figure.ts';
import type { Variant } from './run.ts';
import { alternate, costFigure, delayFigure, NO_BROKER } from './versus.ts';

const BARE: Variant = { name: 'bare', server: './servers/bare.ts', ...NO_BROKER };

/** Both are warmed up at the fast rates, also for the slow ones. */
const PCM = { perSecond: 500, warmPerSecond: 500 };
const OPUS = { perSecond: 600, warmPerSecond: 600 };

/** P2 and P3: the whole product against the bare pipeline, on real sockets, in processes of their own. */
export const pipelineFigures = async (rounds: number): Promise<readonly Figure[]> => {
  const slow = {
    pcm: await alternate(BARE, 'pcm', { ...PCM, perSecond: 125 }, rounds),
    opus: await alternate(BARE, 'opus', { ...OPUS, perSecond: 150 }, rounds),
  };
  const fast = {
    pcm: await alternate(BARE, 'pcm', PCM, rounds),
    opus: await alternate(BARE, 'opus', OPUS, rounds),
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
