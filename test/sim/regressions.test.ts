import { describe, expect, test } from 'vitest';
import { describeFailure, runSeed } from '#sim/run.ts';

/**
 * Every seed that ever failed, with why. A history changes with everything that draws from its seed, so an old one need not
 * meet its fault again: where the fault was ours, a test beside the code it was in holds it too.
 */
const ONCE_FAILED: readonly (readonly [seed: number, why: string])[] = [
  [210, 'a reader that stood still: the deadline of the outbound buffer rang for ever at one instant'],
  [
    37,
    'a new dispatcher sent a job under a name that the node had seen; excepted for jobs that outlived one',
  ],
  [123, 'an answer from before ended an attempt of the new dispatcher; excepted for the same jobs'],
  [84, 'the checker did not know of utterances that end at once without a job'],
  [1206, 'the checker counted from when a cancel came, not from when it was sent'],
  [4598, 'the checker did not know of the time after a stall in which nothing is given up'],
  [67952, 'the older of two attempts was refused, and the job that held up others stayed with one'],
  [71013, 'a job that was hastened while it waited had one attempt beside free nodes'],
  [75616, 'a stall that was told after a wait had begun was given to that wait as a whole'],
  [51701, 'a job that lost its node waited beside the one that had refused its second attempt long before'],
  [
    704050,
    'the checker forgot what a heartbeat had not counted when a later one counted jobs it had dropped',
  ],
  [
    1800084,
    'the checker asked for another attempt long after the hastening that was worth one in spite of two failures',
  ],
  [2486, 'a node answered a job for another that a new dispatcher had given to itself'],
];

describe('seeds that failed once', () => {
  test.each(ONCE_FAILED)('[SIM8] seed %i holds (%s)', async (seed) => {
    expect(describeFailure(await runSeed(seed))).toBe(`seed ${seed}: held`);
  });
});
