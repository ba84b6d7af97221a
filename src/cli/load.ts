import { existsSync, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BUILT_IN_SCENARIOS } from '#load/built-in.ts';
import { describeLoad, isWrong } from '#load/report.ts';
import { runLoad } from '#load/run-load.ts';
import { readScenario, type Scenario, scenarioWith } from '#load/scenario.ts';
import { TableError } from '#load/table.ts';
import { CliFailure } from './failure.ts';
import { numberFrom } from './numbers.ts';
import { Progress } from './progress.ts';
import { httpOf, reach, whyNotAccepting } from './reach.ts';

interface LoadFlags {
  readonly url: string;
  readonly token?: string;
  readonly sessions?: number;
  readonly duration?: number;
  readonly seed?: number;
  readonly allowRemote?: boolean;
  readonly json?: boolean;
}

/** Its range is the scenario's to say. */
const number = (text: string): number => {
  const value = numberFrom(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('a number is expected.');
  return value;
};

/** errors: `CliFailure` for a file that is not there, and a `TableError`'s sentence for one that does not fit. */
export const fileText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliFailure(`cannot read ${file}`, { cause });
  }
};

export const orCliFailure = <Value>(read: () => Value): Value => {
  try {
    return read();
  } catch (error) {
    if (error instanceof TableError) throw new CliFailure(error.message);
    throw error;
  }
};

/** A built-in one, or a file. errors: `CliFailure`. */
export const scenarioNamed = (name: string): Scenario => {
  const builtIn = Object.hasOwn(BUILT_IN_SCENARIOS, name) ? BUILT_IN_SCENARIOS[name] : undefined;
  if (builtIn === undefined && !existsSync(name)) {
    const names = Object.keys(BUILT_IN_SCENARIOS).join(', ');
    throw new CliFailure(`there is no scenario and no file ${name}; built in are ${names}`);
  }
  const text = builtIn ?? fileText(name);
  return orCliFailure(() => readScenario(text, name));
};

const scenarioOf = (name: string, { sessions, duration, seed }: LoadFlags): Scenario => {
  const wishes = {
    ...(sessions === undefined ? {} : { sessions }),
    ...(duration === undefined ? {} : { duration_s: duration }),
    ...(seed === undefined ? {} : { seed }),
  };
  return orCliFailure(() => scenarioWith(scenarioNamed(name), wishes, 'the options'));
};

/** Load is for one's own machine: a wrong address must not become an attack on somebody else's [LOD7]. */
const mayLoad = (url: string, allowsRemote: boolean): void => {
  let host: string;
  try {
    host = new URL(url).hostname;
  } catch (cause) {
    throw new CliFailure(`--url is not an address: ${url}`, { cause });
  }
  const isLocal = host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
  if (!isLocal && !allowsRemote) {
    throw new CliFailure(`${host} is not this machine; if the scheduler there is yours, say --allow-remote`);
  }
};

/** One session that says nothing: a run in which nobody is let in tells less than why. errors: as `reach` [LOD9]. */
const knock = async ({ url, token }: LoadFlags, { speech }: Scenario): Promise<void> => {
  const session = await reach({
    url,
    srcLang: speech.src_lang,
    tgtLang: speech.tgt_lang,
    audioFormat: speech.encoding,
    platform: 'cli',
    reconnect: false,
    ...(token === undefined ? {} : { token }),
  });
  // It was let in: that is all that was to be known.
  await session.close().catch(() => undefined);
};

/** Adds `lingua load`. */
export function addLoadCommand(program: Command): void {
  const names = Object.keys(BUILT_IN_SCENARIOS).join(', ');
  program
    .command('load [scenario]')
    .description(`play a scenario against a running scheduler: a file, or ${names}`)
    .option('--url <url>', 'session socket', 'ws://127.0.0.1:5010/ws/session')
    .addOption(new Option('--token <token>', 'token for sessions').env('LINGUA_TOKEN'))
    .option('--sessions <count>', 'people, in place of the scenario’s', number)
    .option('--duration <seconds>', 'how long, in place of the scenario’s', number)
    .option('--seed <number>', 'another run of the same kind', number)
    .option('--allow-remote', 'the scheduler is on another machine, and yours')
    .option('--json', 'print one JSON object instead of text')
    .action(async (name: string | undefined, flags: LoadFlags) => {
      mayLoad(flags.url, flags.allowRemote === true);
      const scenario = scenarioOf(name ?? 'conversation', flags);
      await knock(flags, scenario);
      const progress = new Progress({ isQuiet: flags.json === true });
      const warning = await whyNotAccepting(httpOf(flags.url));
      if (warning !== null) progress.say(warning);
      const ending = new AbortController();
      const end = (): void => ending.abort();
      process.once('SIGINT', end).once('SIGTERM', end);
      const report = await runLoad({
        scenario,
        url: flags.url,
        signal: ending.signal,
        onProgress: (elapsedMs, sent) =>
          progress.update(`${Math.round(elapsedMs / 1000)} of ${scenario.duration_s} s, ${sent} sentences`),
        ...(flags.token === undefined ? {} : { token: flags.token }),
      });
      process.off('SIGINT', end).off('SIGTERM', end);
      progress.done();
      process.stdout.write(`${flags.json === true ? JSON.stringify(report) : describeLoad(report)}\n`);
      if (isWrong(report)) process.exitCode = 1;
    });
}
