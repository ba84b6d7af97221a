import { parseArgs } from 'node:util';

/** Each job holds its audio in memory. */
const SLOTS_MAX = 64;

export const USAGE = `usage: main.js [--url ws://127.0.0.1:5010/ws/node] [--name <node id>] [--slots <count>] [--check] [--json]

Offers English speech recognition to a scheduler, with speech in Spanish (translated by Apertium, where it is there) and in
Chinese (a word-by-word gloss).

  --url    the scheduler's node endpoint
  --name   a fixed id for this node; otherwise the scheduler gives one
  --slots  jobs at once; as many as cores when left out
  --check  tries engines, models, languages, scheduler and token, says what to do about each, and ends
  --json   one JSON object per event on the standard output

Environment
  LINGUA_NODE_TOKEN   token for schedulers that ask for one
  ASR_MODEL_DIR       folder with another English Moonshine model (its files are not hash-checked)
  MT_MODEL_DIR        folder with other Apertium pairs from English, laid out like an installed Debian package
  LINGUA_CACHE_DIR    folder for files made at the first start (.cache of the project)
`;

export interface CommandLine {
  readonly url: string;
  readonly name: string | undefined;
  /** Jobs at once; null = as many as cores. */
  readonly slots: number | null;
  readonly isCheck: boolean;
  readonly isJson: boolean;
  readonly isHelpWanted: boolean;
}

/** errors: `TypeError` with a sentence for the user. */
export const parseCommandLine = (args: readonly string[]): CommandLine => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string', default: 'ws://127.0.0.1:5010/ws/node' },
      name: { type: 'string' },
      slots: { type: 'string' },
      check: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!/^wss?:\/\//.test(values.url) || !URL.canParse(values.url))
    throw new TypeError('--url: an address that begins with ws:// or wss:// is expected');
  return {
    url: values.url,
    name: values.name,
    slots: values.slots === undefined ? null : slotsFrom(values.slots),
    isCheck: values.check,
    isJson: values.json,
    isHelpWanted: values.help,
  };
};

const slotsFrom = (text: string): number => {
  const slots = Number(text);
  if (!Number.isInteger(slots) || slots < 1 || slots > SLOTS_MAX)
    throw new TypeError(`--slots: a whole number from 1 to ${SLOTS_MAX} is expected`);
  return slots;
};
