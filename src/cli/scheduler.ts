import { once } from 'node:events';
import { compose } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { ListenError } from '#server/tcp-listener.ts';
import { CliFailure } from './failure.ts';

/** A scheduler inside this process, with its addresses. */
export interface RunningScheduler {
  readonly httpUrl: string;
  readonly sessionUrl: string;
  readonly nodeUrl: string;
  stop(): Promise<void>;
}

const stopMs = 5000;

/**
 * Starts a scheduler on the first of `ports` that is free.
 * errors: `CliFailure` when none is.
 */
export async function startScheduler(options: {
  readonly ports: readonly number[];
  readonly set: readonly string[];
}): Promise<RunningScheduler> {
  for (const port of options.ports) {
    const scheduler = await compose(loadConfig({ sets: [...options.set, `server.port=${port}`] }));
    try {
      const { port: taken } = await scheduler.start();
      const host = `127.0.0.1:${taken}`;
      return {
        httpUrl: `http://${host}`,
        sessionUrl: `ws://${host}/ws/session`,
        nodeUrl: `ws://${host}/ws/node`,
        stop: () => scheduler.stop(stopMs),
      };
    } catch (error) {
      await scheduler.stop(0);
      if (!(error instanceof ListenError) || error.code !== 'EADDRINUSE') throw error;
    }
  }
  throw new CliFailure(`port ${options.ports.join(' and ')} is taken; choose another with --port`);
}

/** Resolves at SIGINT or SIGTERM. */
export async function untilTold(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
