import { compose, type Scheduler } from './compose.ts';
import { type ConfigSources, readConfig } from './config/load.ts';
import { createLog } from './logging.ts';
import { endWithSignals } from './signals.ts';
import type { Address } from './tcp-listener.ts';

export interface ServeOptions {
  readonly configFile?: string;
  /** Wins over every other source of `server.port`. */
  readonly port?: number;
  /** `key=value` each. */
  readonly sets?: readonly string[];
  readonly env?: ConfigSources['env'];
}

export interface Serving extends Address {
  readonly scheduler: Scheduler;
}

/**
 * A scheduler as a process of its own: configuration, log, signals. Resolves when it listens; from then on signals end
 * the process.
 *
 * errors: `ConfigError` for the configuration, `ListenError` for the port; nothing runs then.
 */
export const serve = async ({
  configFile,
  port,
  sets = [],
  env = process.env,
}: ServeOptions): Promise<Serving> => {
  const { config, warnings } = readConfig({
    ...(configFile === undefined ? {} : { configFile }),
    env,
    sets: port === undefined ? sets : [...sets, `server.port=${port}`],
  });
  const log = createLog(config.log.level);
  for (const warning of warnings) log.write('warn', warning);
  const scheduler = await compose({ config, log });
  const address = await startOrStop(scheduler);
  endWithSignals(scheduler, log);
  log.write('info', 'listening', { url: address.url });
  return { ...address, scheduler };
};

/** A scheduler that cannot listen leaves nothing running. */
const startOrStop = async (scheduler: Scheduler): Promise<Address> => {
  try {
    return await scheduler.start();
  } catch (error) {
    await scheduler.stop(0);
    throw error;
  }
};
