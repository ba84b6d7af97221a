import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliFailure } from './failure.ts';
import { runMockNodes } from './mock-node.ts';
import { startSpeechNode } from './speech-node.ts';

interface NodeFlags {
  readonly url: string;
  readonly token?: string;
  readonly name?: string;
  readonly slots?: string;
  readonly check?: boolean;
  readonly json?: boolean;
  readonly mock?: string;
  readonly count: number;
}

const countOf = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new InvalidArgumentError('a whole number from 1 to 1000 is expected.');
  }
  return count;
};

/** Options that would do nothing are refused. errors: `CliFailure` [CLI44]. */
const refuseStray = ({ mock, name, slots, check, json, count }: NodeFlags): void => {
  if (mock === undefined) {
    if (count > 1) throw new CliFailure('--count is for mock nodes: it goes with --mock');
    return;
  }
  const stray = Object.entries({ name, slots, check, json }).find(([, value]) => value !== undefined);
  if (stray !== undefined) {
    throw new CliFailure(`--${stray[0]} does not go with --mock: the profile says what a mock node is like`);
  }
};

/** Adds `lingua node` [CLI44]. */
export function addNodeCommand(program: Command): void {
  program
    .command('node')
    .description('offer the reference speech node to a scheduler until SIGTERM or SIGINT')
    .option('--url <url>', 'node socket of the scheduler', 'ws://127.0.0.1:5010/ws/node')
    .addOption(new Option('--token <token>', 'token for nodes').env('LINGUA_NODE_TOKEN'))
    .option('--name <id>', 'a fixed id; otherwise the scheduler gives one')
    .option('--slots <count>', 'jobs at once (default: as many as cores)')
    .option('--check', 'try engines, models, languages, scheduler and token, say what to do, and end')
    .option('--json', 'print one JSON object a line')
    .option('--mock <profile>', 'no engines: behave as this file says')
    .addOption(new Option('--count <count>', 'so many of them (with --mock)').default(1).argParser(countOf))
    .action(async (all: NodeFlags) => {
      refuseStray(all);
      const { mock, count, ...flags } = all;
      if (mock !== undefined) await runMockNodes({ mock, count, ...flags });
      else process.exitCode = await runSpeechNode(flags);
    });
}

/** Resolves with the node's own exit code. */
async function runSpeechNode(flags: Omit<NodeFlags, 'mock' | 'count'>): Promise<number> {
  const args = ['--url', flags.url];
  if (flags.name !== undefined) args.push('--name', flags.name);
  if (flags.slots !== undefined) args.push('--slots', flags.slots);
  if (flags.check === true) args.push('--check');
  if (flags.json === true) args.push('--json');
  // Everybody may read the arguments of a process, its environment only its owner.
  const env = flags.token === undefined ? {} : { LINGUA_NODE_TOKEN: flags.token };
  const child = startSpeechNode(args, ['ignore', 'inherit', 'inherit', 'ipc'], env);
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass);
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}
