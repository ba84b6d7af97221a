import { parseArgs } from 'node:util';

export const USAGE = `usage: main.js [--url ws://127.0.0.1:5010/ws/node] [--name <node id>] [--json]

Offers English speech recognition, an English to Chinese word-by-word gloss and Chinese speech to a scheduler.

  --url    the scheduler's node endpoint
  --name   a fixed id for this node; otherwise the scheduler gives one
  --json   one JSON object per event on the standard output

Environment
  LINGUA_NODE_TOKEN   token for schedulers that ask for one
  ASR_MODEL_DIR       folder with another English Moonshine model (its files are not hash-checked)
  LINGUA_CACHE_DIR    folder for files made at the first start (.cache of the project)
`;

export interface CommandLine {
  readonly url: string;
  readonly name: string | undefined;
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
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!/^wss?:\/\//.test(values.url) || !URL.canParse(values.url))
    throw new TypeError('--url: an address that begins with ws:// or wss:// is expected');
  return { url: values.url, name: values.name, isJson: values.json, isHelpWanted: values.help };
};
