import type { Command } from 'commander';
import { describeConfig } from '#server/config/describe.ts';
import { type LoadedConfig, readConfig } from '#server/config/load.ts';
import { ConfigError } from '#server/config/problem.ts';
import { CliFailure } from './failure.ts';

interface ConfigFlags {
  readonly config?: string;
  readonly check?: string;
  readonly set: readonly string[];
  readonly changed?: boolean;
}

const load = (configFile: string | undefined, sets: readonly string[]): LoadedConfig => {
  try {
    return readConfig({ ...(configFile !== undefined && { configFile }), env: process.env, sets });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliFailure(error.message);
    throw error;
  }
};

/** `lingua config`: what `serve` would run with, by the same reading. errors: `CliFailure` with all that is wrong. */
const runConfig = ({ config, check, set, changed }: ConfigFlags): void => {
  const loaded = load(check ?? config, set);
  for (const warning of loaded.warnings) process.stderr.write(`lingua: ${warning}\n`);
  if (check === undefined) process.stdout.write(describeConfig(loaded, changed === true));
  else process.stdout.write(`${check} can be used\n`);
};

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description('print the configuration that serve would use, and where each value comes from')
    .option('-c, --config <file>', 'configuration file (TOML)')
    .option('-s, --set <key=value>', 'one configuration value, may be repeated', collect, [])
    .option('--changed', 'only what somebody set')
    .option('--check <file>', 'only say whether this file can be used, and all that is wrong with it')
    .action(runConfig);
}
