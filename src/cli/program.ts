import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runSimCommand } from '#sim/command.ts';
import { addConfigCommand } from './config.ts';
import { type DemoOptions, demo } from './demo.ts';
import { CliFailure, chainOf } from './failure.ts';
import { addLoadCommand, scenarioNamed } from './load.ts';
import { addNodeCommand } from './node.ts';
import { numberFrom } from './numbers.ts';
import { printableLines } from './printable.ts';
import { Progress } from './progress.ts';
import { addQueryCommands } from './query.ts';
import { serve } from './serve.ts';
import { printReport, type SpeakOptions, speak } from './speak.ts';

/** Parses the command line and runs one command; a failure the user can act on has no stack, on standard error, and exit code 1. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CliFailure)) {
      process.stderr.write(
        `lingua: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    } else {
      process.stderr.write(`lingua: ${printableLines(chainOf(error))}\n`);
    }
    process.exitCode = 1;
  }
}

/** It also names the files of what comes back. */
function language(text: string): string {
  if (/^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$/.test(text)) return text;
  throw new InvalidArgumentError('a language like "es" or "pt-BR" is expected.');
}

function buildProgram(): Command {
  const program = new Command('lingua')
    .description('Scheduler for real-time speech translation.')
    .version(ownVersion())
    .showHelpAfterError('(npx lingua --help shows what there is)')
    .configureHelp({ sortSubcommands: false });
  program
    .command('serve')
    .description('run the scheduler until SIGTERM or SIGINT')
    .option('-c, --config <file>', 'configuration file (TOML)')
    .option('-p, --port <port>', 'listen port; 0 takes a free one', port)
    .option('-s, --set <key=value>', 'one configuration value, may be repeated', collect, [])
    .action(async (options: { config?: string; port?: number; set: string[] }) => serve(options));
  program
    .command('speak <file>')
    .description('send a WAV recording through a running scheduler and print what comes back')
    .option('--url <url>', 'session socket', 'ws://127.0.0.1:5010/ws/session')
    .addOption(new Option('--token <token>', 'sent as a bearer token').env('LINGUA_TOKEN'))
    .option('--from <lang>', 'language spoken in the recording', language, 'en')
    .option('--to <lang>', 'language wanted (default: es where it is served, else zh)', language)
    .addOption(
      new Option('--speed <factor>', '1 = as spoken, 0 = as fast as possible').default(1).argParser(factor),
    )
    .option('--out <folder>', 'where the spoken result goes', 'out')
    .option('--json', 'print one JSON object instead of text')
    .action(async (file: string, options: SpeakFlags) => {
      const progress = new Progress({ isQuiet: options.json === true });
      const report = await speak(toSpeakOptions(file, options), progress);
      printReport(report, options.json === true);
    });
  program
    .command('demo')
    .description('start a scheduler and the reference speech node, speak a recording, then stay up')
    .option('--file <file>', 'recording to speak instead of the sample')
    .option('--to <lang>', 'language wanted (default: es where it is served, else zh)', language)
    .option('-p, --port <port>', 'listen port of the scheduler', port)
    .addOption(
      new Option('--speed <factor>', '1 = as spoken, 0 = as fast as possible').default(1).argParser(factor),
    )
    .option('--out <folder>', 'where the spoken result goes', 'out')
    .option('--once', 'stop after the result, exit code 0 when there is one')
    .option('--json', 'print one JSON object instead of text')
    .action(async (options: DemoOptions) => demo(options));
  addNodeCommand(program);
  program
    .command('sim')
    .description('run the scheduler on a simulated clock and network, with faults, and check its invariants')
    .addOption(new Option('--seeds <count>', 'how many seeds').default(100).argParser(wholeNumber))
    .addOption(
      new Option('--seed <number>', 'the first one; alone with --seeds 1 it is replayed')
        .default(1)
        .argParser(wholeNumber),
    )
    .option(
      '--scenario <name>',
      'play this scenario of lingua load (a file or a built-in one) on ordinary bad days, instead of drawn worlds',
    )
    .option('--json', 'print one JSON object instead of text')
    .action(async (options: { seeds: number; seed: number; scenario?: string; json?: boolean }) => {
      const { scenario: name } = options;
      const progress = new Progress({ isQuiet: options.json === true });
      const result = await runSimCommand({
        seed: options.seed,
        seeds: options.seeds,
        isJson: options.json === true,
        ...(name === undefined ? {} : { played: { name, scenario: scenarioNamed(name) } }),
        onProgress: (done) => progress.update(`${done} of ${options.seeds} seeds`),
        nowMs: () => performance.now(),
      });
      progress.done();
      process.stdout.write(`${result.text}\n`);
      if (result.hasFailed) process.exitCode = 1;
    });
  addQueryCommands(program);
  addConfigCommand(program);
  addLoadCommand(program);
  return program;
}

interface SpeakFlags {
  readonly url: string;
  readonly from: string;
  readonly to?: string;
  readonly token?: string;
  readonly speed: number;
  readonly out: string;
  readonly json?: boolean;
}

const resultWaitMs = 60_000;

function toSpeakOptions(file: string, flags: SpeakFlags): SpeakOptions {
  return {
    file,
    url: flags.url,
    srcLang: flags.from,
    ...(flags.to !== undefined && { tgtLang: flags.to }),
    ...(flags.token !== undefined && { token: flags.token }),
    speed: flags.speed,
    outFolder: flags.out,
    waitMs: resultWaitMs,
  };
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 65_535)) throw new InvalidArgumentError('a port is a whole number from 0 to 65535.');
  return value;
}

function wholeNumber(text: string): number {
  const value = numberFrom(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('a whole number from 1 is expected.');
  return value;
}

function factor(text: string): number {
  const value = numberFrom(text);
  if (!Number.isFinite(value) || value < 0 || value > 100) {
    throw new InvalidArgumentError('the speed is a number from 0 to 100.');
  }
  return value;
}

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

function ownVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
