import type { Log } from '#runtime/contract.ts';
import { errorChain } from '#runtime/error-chain.ts';

/** What of the process is needed here; tests give their own. */
export interface ProcessPort {
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (thrown: unknown) => void): unknown;
  exit(code: number): unknown;
}

interface Stoppable {
  stop(): Promise<void>;
}

/**
 * How the process ends [CFG20, CFG21, CFG22]: the first SIGTERM or SIGINT stops the scheduler in good order and exits
 * with 0, a second one exits with 1 at once; an error that nobody caught is logged with its chain and exits with 1, as
 * nothing is known any more about what it left behind.
 */
export const endWithSignals = (scheduler: Stoppable, log: Log, port: ProcessPort = process): void => {
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) {
      log.write('warn', 'stopped at once by a second signal', { signal });
      port.exit(1);
      return;
    }
    isStopping = true;
    log.write('info', 'stopping', { signal });
    scheduler.stop().then(
      () => {
        log.write('info', 'stopped');
        port.exit(0);
      },
      (error: unknown) => fail('stopping failed', error),
    );
  };
  const fail = (event: string, thrown: unknown): void => {
    log.write('error', event, { error: errorChain(thrown) });
    port.exit(1);
  };
  port.on('SIGTERM', () => stop('SIGTERM'));
  port.on('SIGINT', () => stop('SIGINT'));
  port.on('uncaughtException', (thrown) => fail('an error was not caught', thrown));
  port.on('unhandledRejection', (thrown) => fail('a rejection was not handled', thrown));
};
