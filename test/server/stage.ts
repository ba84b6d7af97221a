import { seededChance } from '#core/chance.ts';
import { type ComposeOptions, compose, type Scheduler } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { ManualClockDriver } from '#testing/hand-driver.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';

/** A whole scheduler on a real port, with time that is turned by hand. */
export interface Staged extends AsyncDisposable {
  readonly scheduler: Scheduler;
  readonly clock: SimulatedClock;
  readonly driver: ManualClockDriver;
  readonly port: number;
  readonly httpUrl: string;
  readonly sessionUrl: string;
  readonly nodeUrl: string;
  readonly logLines: readonly { readonly level: string; readonly event: string }[];
}

export const stageScheduler = async (
  sets: readonly string[] = [],
  options: Partial<ComposeOptions> = {},
): Promise<Staged> => {
  const { config } = loadConfig({ sets: ['server.port=0', ...sets] });
  const clock = new SimulatedClock();
  const driver = new ManualClockDriver(clock);
  const logLines: { level: string; event: string }[] = [];
  const scheduler = await compose({
    config,
    clock,
    driver,
    chance: seededChance(1),
    log: { write: (level, event) => logLines.push({ level, event }) },
    ...options,
  });
  const { port, url } = await scheduler.start();
  const wsUrl = url.replace('http:', 'ws:');
  return {
    scheduler,
    clock,
    driver,
    port,
    httpUrl: url,
    sessionUrl: `${wsUrl}/ws/session`,
    nodeUrl: `${wsUrl}/ws/node`,
    logLines,
    [Symbol.asyncDispose]: () => strike(scheduler, driver),
  };
};

/** Time has to pass for peers that do not answer the goodbye. */
const strike = async (scheduler: Scheduler, driver: ManualClockDriver): Promise<void> => {
  let isOver = false;
  const over = scheduler.stop(0).finally(() => {
    isOver = true;
  });
  while (!isOver) await driver.advanceBy(1000);
  await over;
};
