import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type ApiAddress, askScheduler } from './api.ts';
import { type Column, forPeople, table } from './table.ts';

interface QueryFlags extends ApiAddress {
  readonly json?: boolean;
  readonly limit?: number;
  readonly after?: string;
}

interface NodeRow {
  readonly node_id: string;
  readonly status: string;
  readonly reason: string;
  readonly kept_out_by: string | null;
  readonly slots: { readonly capacity: number; readonly live: number; readonly zombie: number };
  readonly load: { readonly busiest_percent: number };
  readonly heartbeat_age_ms: number | null;
  readonly platform: string;
}

interface SessionRow {
  readonly session_id: string;
  readonly tenant: string;
  readonly phase: string;
  readonly src_lang: string;
  readonly tgt_lang: string;
  readonly open_utterances: number;
  readonly held_results: number;
  readonly delivered: number;
  readonly idle_ms: number;
}

const NODE_COLUMNS: readonly Column<NodeRow>[] = [
  ['NODE', ({ node_id }) => node_id],
  ['STATUS', ({ status }) => status],
  ['USED', ({ slots }) => `${slots.live + slots.zombie}/${slots.capacity}`],
  ['LOAD', ({ load }) => `${Math.round(load.busiest_percent)} %`],
  [
    'SEEN',
    ({ heartbeat_age_ms }) => (heartbeat_age_ms === null ? 'never' : `${forPeople(heartbeat_age_ms)} ago`),
  ],
  ['PLATFORM', ({ platform }) => platform],
  ['IDLE BECAUSE', ({ kept_out_by, reason }) => [kept_out_by, reason].filter(Boolean).join(': ')],
];

const SESSION_COLUMNS: readonly Column<SessionRow>[] = [
  ['SESSION', ({ session_id }) => session_id],
  ['TENANT', ({ tenant }) => tenant],
  ['PHASE', ({ phase }) => phase],
  ['LANGUAGES', ({ src_lang, tgt_lang }) => `${src_lang} > ${tgt_lang}`],
  ['OPEN', ({ open_utterances }) => open_utterances],
  ['HELD', ({ held_results }) => held_results],
  ['DELIVERED', ({ delivered }) => delivered],
  ['SILENT FOR', ({ idle_ms }) => forPeople(idle_ms)],
];

interface List<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
  readonly next: string | null;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const printJson = (body: unknown): void => print(JSON.stringify(body, null, 2));

const listed = <Row>(
  columns: readonly Column<Row>[],
  what: string,
  { rows, total, next }: List<Row>,
): string => {
  if (rows.length === 0) return `no ${what}`;
  const more = next === null ? '' : `; go on with --after ${next}`;
  return `${table(columns, rows)}\n${rows.length} of ${total} ${what}${more}`;
};

/** `lingua nodes [ID]` and `lingua sessions [ID]`: one thing in full, or a table of all. */
async function show<Row>(
  id: string | undefined,
  { url, token, json, limit, after }: QueryFlags,
  { what, columns }: { readonly what: 'nodes' | 'sessions'; readonly columns: readonly Column<Row>[] },
): Promise<void> {
  const address: ApiAddress = token === undefined ? { url } : { url, token };
  if (id !== undefined) {
    printJson(await askScheduler(address, `/api/v1/${what}/${encodeURIComponent(id)}`));
    return;
  }
  const body = (await askScheduler(address, `/api/v1/${what}`, { limit, after })) as Record<string, unknown>;
  if (json === true) printJson(body);
  else
    print(listed(columns, what, { ...(body as unknown as List<Row>), rows: body[what] as readonly Row[] }));
}

const limit = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 500) {
    throw new InvalidArgumentError('a whole number from 1 to 500.');
  }
  return value;
};

const withAddress = (command: Command): Command =>
  command
    .option('--url <url>', 'the scheduler', 'http://127.0.0.1:5010')
    .option('--token <token>', 'admin token; also LINGUA_TOKEN', process.env.LINGUA_TOKEN)
    .option('--json', 'print the answer as it came');

/** Adds the commands that ask a running scheduler. */
export function addQueryCommands(program: Command): void {
  const lists = [
    ['nodes', 'node', 'nodes with their places, load and why one is idle', NODE_COLUMNS],
    ['sessions', 'session', 'open sessions and what each waits for', SESSION_COLUMNS],
  ] as const;
  for (const [what, one, description, columns] of lists) {
    withAddress(program.command(`${what} [id]`).description(`${description}; with an id, one ${one} in full`))
      .option('--limit <count>', 'how many', limit)
      .option('--after <id>', 'go on after this one')
      .action(async (id: string | undefined, flags: QueryFlags) =>
        show<never>(id, flags, { what, columns: columns as readonly Column<never>[] }),
      );
  }
}
