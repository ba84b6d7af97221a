import { NoRedisError, startRedis } from '../../scripts/redis-server.ts';
import { type Figure, NotMeasuredError } from '../harness/figure.ts';
import type { Variant } from '../pipeline/run.ts';
import { alternate, costFigure, delayFigure } from '../pipeline/versus.ts';
import { processCpuUs } from './broker-cpu.ts';

/** errors: `NotMeasuredError` where no Redis is to be had. */
const redisOrSay = async () => {
  try {
    return await startRedis();
  } catch (error) {
    if (error instanceof NoRedisError) throw new NotMeasuredError(error.message);
    throw error;
  }
};

/** P3c: the whole product against a pipeline of a socket, BullMQ and a real Redis; Redis counts, the worker does not. */
export const bullmqFigures = async (rounds: number): Promise<readonly Figure[]> => {
  const redis = await redisOrSay();
  const bullmq: Variant = {
    name: 'bullmq',
    server: '../bullmq/gateway.ts',
    args: () => [String(redis.port)],
    nodeCount: 0,
    brokerCpuUs: () => processCpuUs(redis.pid),
  };
  try {
    // Twice the rate warms both up sooner, and is what such a pipeline can still carry on two cores.
    const pcm = await alternate(bullmq, 'pcm', { perSecond: 125, warmPerSecond: 250 }, rounds);
    const opus = await alternate(bullmq, 'opus', { perSecond: 150, warmPerSecond: 300 }, rounds);
    const cost = 'utterances per CPU-s against BullMQ and Redis';
    return [
      costFigure(pcm, { id: 'P3c', what: `PCM, 125/s: ${cost}`, floor: 2.5, goal: 3.5 }),
      costFigure(opus, { id: 'P3c', what: `Opus, 150/s: ${cost}`, floor: 1.7, goal: 2.4 }),
      delayFigure(pcm, { id: 'P3c', what: 'delay, PCM, 125/s, against BullMQ', floor: 1 / 3, goal: 1 / 4 }),
      delayFigure(opus, { id: 'P3c', what: 'delay, Opus, 150/s, against BullMQ', floor: 1 / 3, goal: 1 / 4 }),
    ];
  } finally {
    await redis.end();
  }
};
