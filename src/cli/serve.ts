import { ConfigError } from '#server/config/problem.ts';
import { serve as serveScheduler } from '#server/serve.ts';
import { ListenError } from '#server/tcp-listener.ts';
import { CliFailure } from './failure.ts';

/** Runs the scheduler until a signal ends it. errors: `CliFailure` for a wrong configuration or a taken port. */
export async function serve(options: {
  readonly config?: string;
  readonly port?: number;
  readonly set: readonly string[];
}): Promise<void> {
  try {
    const { url } = await serveScheduler({
      ...(options.config === undefined ? {} : { configFile: options.config }),
      ...(options.port === undefined ? {} : { port: options.port }),
      sets: options.set,
    });
    process.stderr.write(`lingua: listening on ${url}; SIGTERM or Ctrl-C ends it\n`);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliFailure(error.message);
    if (error instanceof ListenError) {
      const remedy = error.code === 'EADDRINUSE' ? '; --port takes another, --port 0 any that is free' : '';
      throw new CliFailure(`${error.message}${remedy}`);
    }
    throw error;
  }
}
