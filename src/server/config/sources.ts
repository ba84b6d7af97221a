import { parse, TomlError } from 'smol-toml';
import { KEYS, tableAt } from './keys.ts';
import type { Problem } from './problem.ts';
import { suggestionFor } from './suggestion.ts';

/** One value that somebody set, and where. */
export interface Setting {
  readonly path: string;
  readonly value: unknown;
  readonly where: string;
}

/** What one source says: settings of keys that exist, and what is wrong with the rest. */
export interface Reading {
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  /** False: nothing of it could be read. */
  readonly isRead: boolean;
}

const ENV_PREFIX = 'LINGUA_';
const ENV_SEPARATOR = '__';
/** Known by this name to whoever ran the reference. */
const MODEL_HUB_URL = 'MODEL_HUB_URL';

const unknownKey = (path: string, where: string): Problem => {
  const suggestion = suggestionFor(path);
  const text =
    suggestion === null ? 'there is no such key' : `there is no such key; did you mean ${suggestion}?`;
  return { key: path, text, where };
};

/** A TOML file. The text of a line is never repeated: it may hold a token. */
export const readToml = (name: string, text: string): Reading => {
  try {
    const settings: Setting[] = [];
    const problems: Problem[] = [];
    flatten(parse(text), [], name, settings, problems);
    return { settings, problems, isRead: true };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = 'invalid TOML'] = error.message.split('\n', 1);
    const problem = { key: name, text: what, where: `line ${error.line}, column ${error.column}` };
    return { settings: [], problems: [problem], isRead: false };
  }
};

const flatten = (
  table: Readonly<Record<string, unknown>>,
  names: readonly string[],
  where: string,
  settings: Setting[],
  problems: Problem[],
): void => {
  for (const [name, value] of Object.entries(table)) {
    const path = [...names, name];
    const key = path.join('.');
    if (KEYS.has(key)) settings.push({ path: key, value, where });
    else if (tableAt(path) === undefined) problems.push(unknownKey(key, where));
    else if (isTable(value)) flatten(value, path, where, settings, problems);
    else problems.push({ key, text: 'expected a table', where });
  }
};

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/**
 * `LINGUA_SERVER__PORT=5011` is `server.port`. Names without a double underscore are not ours: container platforms
 * make such names from services (`LINGUA_PORT`).
 */
export const readEnvironment = (env: Readonly<Record<string, string | undefined>>): Reading => {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  const hub = env[MODEL_HUB_URL];
  if (hub) settings.push({ path: 'model_hub.base_url', value: hub, where: MODEL_HUB_URL });
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(ENV_PREFIX) || !name.includes(ENV_SEPARATOR)) continue;
    const path = name.slice(ENV_PREFIX.length).toLowerCase().split(ENV_SEPARATOR).join('.');
    takeText(path, text, name, settings, problems);
  }
  return { settings, problems, isRead: true };
};

/** `key=value`, as given by `--set`. */
export const readOptions = (options: readonly string[]): Reading => {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  for (const option of options) {
    const at = option.indexOf('=');
    if (at <= 0) problems.push({ key: '--set', text: 'expected key=value', where: null });
    else takeText(option.slice(0, at).trim(), option.slice(at + 1).trim(), '--set', settings, problems);
  }
  return { settings, problems, isRead: true };
};

const takeText = (
  path: string,
  text: string,
  where: string,
  settings: Setting[],
  problems: Problem[],
): void => {
  const key = KEYS.get(path);
  if (key !== undefined) settings.push({ path, value: valueFrom(text, key.view.type), where });
  else if (tableAt(path.split('.')) === undefined) problems.push(unknownKey(path, where));
  else problems.push({ key: path, text: 'is a table; set a key in it', where });
};

/** Text as the kind of value that its key wants; what does not fit stays text and is refused by the check. */
const valueFrom = (text: string, type: string | undefined): unknown => {
  if (type === 'integer' || type === 'number') return text !== '' && Number.isFinite(+text) ? +text : text;
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  if (type !== 'array') return text;
  if (text.startsWith('[')) return parsedOr(text);
  return text === '' ? [] : text.split(',').map((entry) => entry.trim());
};

const parsedOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
