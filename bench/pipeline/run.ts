import { Child } from './child.ts';
import type { Order, Sight } from './generator.ts';
import type { Speech } from './load.ts';

/** One way to carry speech to nodes and results back. */
export interface Variant {
  readonly name: string;
  /** Module of its server, beside this file. */
  readonly server: string;
  readonly args: () => readonly string[];
  /** 0: it brings its own workers. */
  readonly nodeCount: number;
  /** CPU that others spend for it, in µs so far: its broker's. */
  readonly brokerCpuUs: () => number;
}

export interface Measured extends Sight {
  /** Of the server and its broker. */
  readonly cpuUsPerUtterance: number;
  /** The broker's part of it. */
  readonly brokerUsPerUtterance: number;
  readonly serverCores: number;
}

/** How many utterances in a second: while it is measured, and while it warms up. */
export interface Rates {
  readonly perSecond: number;
  readonly warmPerSecond: number;
}

/**
 * Servers run for days, so what is measured is what they cost then: until the engine has compiled what is hot, after some
 * thousand utterances, a server costs up to half as much again, the larger its code the longer.
 */
const WARM_MS = 10_000;
const MEASURE_MS = 4000;

/** One run: a fresh server, a fresh generator, a fixed rate. */
export const measure = async (variant: Variant, speech: Speech, rates: Rates): Promise<Measured> => {
  const server = new Child(variant.server, variant.args());
  const generator = new Child('./generator.ts');
  try {
    const { port } = await server.hears('listening');
    const order: Order = {
      port,
      speech,
      ...rates,
      warmMs: WARM_MS,
      measureMs: MEASURE_MS,
      nodeCount: variant.nodeCount,
    };
    const seen = generator.hears('sight');
    const began = generator.hears('measuring');
    const ended = generator.hears('measured');
    generator.tell(order);
    await began;
    const before = { server: await server.usage(), brokerUs: variant.brokerCpuUs() };
    await ended;
    const after = { server: await server.usage(), brokerUs: variant.brokerCpuUs() };
    const { sight } = await seen;
    if (sight.skipped > 0) throw new Error(`the generator skipped ${sight.skipped} utterances`);
    if (sight.answered < sight.sent) throw new Error(`${sight.sent - sight.answered} results are missing`);
    const serverUs = after.server.cpuUs - before.server.cpuUs;
    const brokerUs = after.brokerUs - before.brokerUs;
    return {
      ...sight,
      cpuUsPerUtterance: (serverUs + brokerUs) / sight.sent,
      brokerUsPerUtterance: brokerUs / sight.sent,
      serverCores: serverUs / 1000 / MEASURE_MS,
    };
  } finally {
    generator.end();
    server.end();
  }
};
