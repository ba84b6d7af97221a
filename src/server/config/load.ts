import { readFileSync } from 'node:fs';
import { Check } from 'typebox/value';
import { exposureProblems, exposureWarning } from './exposure.ts';
import { expectationOf, KEYS, type Key } from './keys.ts';
import { ConfigError, type Problem } from './problem.ts';
import { brokenRelations } from './relations.ts';
import type { Config } from './schema.ts';
import { readEnvironment, readOptions, readToml, type Setting } from './sources.ts';
import { suggestionFor } from './suggestion.ts';
import { wrongTokenEntries } from './token-entries.ts';
import { reasonWithoutEffect } from './without-effect.ts';

export interface ConfigSources {
  readonly file?: { readonly name: string; readonly text: string };
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `key=value` each. */
  readonly sets?: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** One line for each value that was set and does nothing yet, and for what is dangerous. */
  readonly warnings: readonly string[];
  /** Where each value comes from that somebody set: file, environment variable or option, by dotted path. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * The configuration: defaults, then file, then environment, then options; a later one wins key by key [CFG1].
 *
 * errors: `ConfigError` with everything that is wrong: unknown keys, wrong values, relations that do not hold.
 */
export const loadConfig = ({ file, env = {}, sets = [] }: ConfigSources): LoadedConfig => {
  const readings = [
    ...(file === undefined ? [] : [readToml(file.name, file.text)]),
    readEnvironment(env),
    readOptions(sets),
  ];
  const settings = readings.flatMap((reading) => reading.settings);
  const problems = readings.flatMap((reading) => reading.problems);
  const wrong = new Map(settings.map((setting) => [setting, wrongValue(setting)]));
  problems.push(...[...wrong.values()].flat());
  const good = settings.filter((setting) => wrong.get(setting)?.length === 0);
  const values = new Map(good.map(({ path, value }) => [path, value]));
  const config = assemble(values);
  const isMeant = isMeantBeside(problems);
  const isRead = readings.every((reading) => reading.isRead);
  // What a source that cannot be read would have said is not known, nor what is meant by a wrong or misspelt key.
  const exposure = isRead ? exposureProblems(config, isMeant) : [];
  const broken = isRead ? brokenRelations(config, isMeant) : [];
  const all = [...exposure, ...problems, ...broken];
  if (all.length > 0) throw new ConfigError(all);
  const warning = exposureWarning(config);
  const sources = new Map(good.map(({ path, where }) => [path, where]));
  return { config, sources, warnings: [...(warning === null ? [] : [warning]), ...warningsFor(values)] };
};

/** Whether a key is none of those that something is wrong with: by itself, by its table, or under a misspelt name. */
const isMeantBeside = (problems: readonly Problem[]): ((key: string) => boolean) => {
  const doubtful = problems.flatMap(({ key }) => (KEYS.has(key) ? [key] : [key, suggestionFor(key) ?? key]));
  return (key) => !doubtful.some((name) => key === name || key.startsWith(`${name}.`));
};

/** As `loadConfig`, with the file read from disk. */
export const readConfig = ({
  configFile,
  ...sources
}: Omit<ConfigSources, 'file'> & { readonly configFile?: string }): LoadedConfig => {
  if (configFile === undefined) return loadConfig(sources);
  return loadConfig({ ...sources, file: { name: configFile, text: textOf(configFile) } });
};

const textOf = (configFile: string): string => {
  try {
    return readFileSync(configFile, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new ConfigError([{ key: configFile, text: `cannot be read (${code})`, where: null }]);
  }
};

const wrongValue = ({ path, value, where }: Setting): readonly Problem[] => {
  const key = KEYS.get(path);
  if (key === undefined || Check(key.schema, value)) return [];
  const entries = key.view['x-entries'] === 'tokens' && Array.isArray(value) ? wrongTokenEntries(value) : [];
  if (entries.length > 0) return entries.map((text) => ({ key: path, text, where }));
  return [{ key: path, text: `${shown(key, value)} is not ${expectationOf(key.view)}`, where }];
};

const SHOWN_CHARS_MAX = 80;

const shown = ({ view }: Key, value: unknown): string => {
  if (view['x-secret'] === true) return '(hidden)';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
};

const assemble = (values: ReadonlyMap<string, unknown>): Config => {
  const config: Record<string, unknown> = {};
  for (const { path, names, view, isOptional } of KEYS.values()) {
    const value = values.has(path) ? values.get(path) : isOptional ? undefined : view.default;
    if (value === undefined) continue;
    let table = config;
    for (const name of names.slice(0, -1)) {
      table[name] ??= {};
      table = table[name] as Record<string, unknown>;
    }
    table[names.at(-1) ?? ''] = structuredClone(value);
  }
  // Every key of the schema was visited, each with a checked value or its default.
  return deepFrozen(config) as Config;
};

const deepFrozen = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
};

/** Setting a key to what it is anyway changes nothing, so that a copy of the whole example warns of nothing. */
const warningsFor = (values: ReadonlyMap<string, unknown>): readonly string[] =>
  [...values].flatMap(([path, value]) => {
    const reason = reasonWithoutEffect(path);
    const isDefault = JSON.stringify(KEYS.get(path)?.view.default) === JSON.stringify(value);
    return reason === null || isDefault ? [] : [`${path} has no effect: ${reason}`];
  });
