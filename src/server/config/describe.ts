import { KEYS, type Key } from './keys.ts';
import type { LoadedConfig } from './load.ts';

const HIDDEN = '(hidden)';

/** As TOML writes it; tables inside of lists stand in one line. */
const tomlOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name} = ${tomlOf(inner)}`)
    .join(', ')} }`;
};

const valueAt = (config: unknown, { names }: Key): unknown => {
  let at: unknown = config;
  for (const name of names) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
};

const lineOf = (key: Key, value: unknown, source: string | undefined): string => {
  const name = key.names.at(-1) ?? '';
  // Whoever prints a configuration may show it to others, so a secret that was set is a comment [CFG31].
  if (key.view['x-secret'] === true && source !== undefined) return `# ${name} = ${HIDDEN}  # ${source}`;
  return `${name} = ${tomlOf(value)}  # ${source ?? 'default'}`;
};

/**
 * A configuration as a TOML file with the source of each value behind it, secrets left out. `isSetOnly`: without what
 * nobody set.
 */
export const describeConfig = ({ config, sources }: LoadedConfig, isSetOnly = false): string => {
  const tables = new Map<string, string[]>();
  for (const key of KEYS.values()) {
    const value = valueAt(config, key);
    const source = sources.get(key.path);
    if (value === undefined || (isSetOnly && source === undefined)) continue;
    const table = key.names.slice(0, -1).join('.');
    const lines = tables.get(table) ?? [];
    lines.push(lineOf(key, value, source));
    tables.set(table, lines);
  }
  return [...tables].map(([table, lines]) => [`[${table}]`, ...lines, ''].join('\n')).join('\n');
};
