import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiAddress, askScheduler } from './api.ts';
import { numberFrom } from './numbers.ts';
import { printable } from './printable.ts';
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

/** The rules that a node misses by its status: why it has that one says more. */
const STATUS_RULES: readonly string[] = ['offline', 'status_not_ready'];

/** A node that nothing keeps from work is not idle because of its status, whatever that is for. */
function idleBecause({ kept_out_by, reason }: NodeRow): string {
  if (kept_out_by === null) return '-';
  return STATUS_RULES.includes(kept_out_by) && reason !== '' ? `${kept_out_by}: ${reason}` : kept_out_by;
}

const NODE_COLUMNS: readonly Column<NodeRow>[] = [
  ['NODE', ({ node_id }) => node_id],
  ['STATUS', ({ status }) => status],
  ['USED', ({ slots }) => `${slots.live + slots.zombie}/${slots.capacity}`],
  ['LOAD %', ({ load }) => Math.round(load.busiest_percent)],
  [
    'SEEN',
    ({ heartbeat_age_ms }) => (heartbeat_age_ms === null ? 'never' : `${forPeople(heartbeat_age_ms)} ago`),
  ],
  ['PLATFORM', ({ platform }) => platform],
  ['IDLE BECAUSE', idleBecause],
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

interface JobBody {
  readonly job_id: string;
  readonly session_id: string;
  readonly src_lang: string;
  readonly tgt_lang: string;
  readonly audio_ms: number;
  readonly outcome: string | null;
  readonly timeline: readonly Moment[];
}

interface Moment {
  readonly after_ms: number;
  readonly what: string;
  readonly attempt_id?: number;
  readonly node_id?: string;
  readonly why?: string;
  readonly reason?: string;
}

const MOMENT_COLUMNS: readonly Column<Moment>[] = [
  ['AFTER MS', ({ after_ms }) => Math.round(after_ms)],
  ['WHAT', ({ what }) => what],
  ['ATTEMPT', ({ attempt_id = '' }) => attempt_id],
  ['NODE', ({ node_id = '' }) => node_id],
  ['WHY', ({ why, reason }) => [why, reason].filter(Boolean).join(': ')],
];

/** `lingua jobs ID`: the record of one job, a line for each thing that happened. */
async function showJob(id: string, { url, token, json }: QueryFlags): Promise<void> {
  const address: ApiAddress = token === undefined ? { url } : { url, token };
  const job = (await askScheduler(address, `/api/v1/jobs/${encodeURIComponent(id)}`)) as JobBody;
  if (json === true) {
    printJson(job);
    return;
  }
  const { src_lang, tgt_lang, audio_ms, session_id, outcome, timeline } = job;
  const languages = printable(`${src_lang} > ${tgt_lang}`);
  print(`${job.job_id}: ${languages}, ${forPeople(audio_ms)} of speech, session ${session_id}`);
  print(table(MOMENT_COLUMNS, timeline));
  print(outcome === null ? 'still open' : `ended as ${outcome}`);
}

interface DrainFlags extends QueryFlags {
  readonly deadline?: number;
  readonly reason?: string;
}

/** `lingua drain ID` and `lingua undrain ID`. */
async function drain(id: string, how: 'drain' | 'undrain', flags: DrainFlags): Promise<void> {
  const { url, token, deadline, reason } = flags;
  const address: ApiAddress = token === undefined ? { url } : { url, token };
  const query = how === 'drain' ? { deadline_ms: deadline, reason } : {};
  const body = await askScheduler(address, `/api/v1/nodes/${encodeURIComponent(id)}/${how}`, query, 'POST');
  if (flags.json === true) printJson(body);
  else print(how === 'drain' ? `${id} gets no more jobs` : `${id} gets jobs again`);
}

/** The interface takes whole milliseconds, from 1 to a day. */
const deadlineMs = (text: string): number => {
  const ms = Math.round(numberFrom(text) * 1000);
  if (!(ms >= 1 && ms <= 86_400_000)) {
    throw new InvalidArgumentError('seconds from 0.001 to 86400; left out: until undrain.');
  }
  return ms;
};

const limit = (text: string): number => {
  const value = numberFrom(text);
  if (!Number.isInteger(value) || value < 1 || value > 500) {
    throw new InvalidArgumentError('a whole number from 1 to 500.');
  }
  return value;
};

const withAddress = (command: Command): Command =>
  command
    .option('--url <url>', 'the scheduler', 'http://127.0.0.1:5010')
    // As a default value the help would show it.
    .addOption(new Option('--token <token>', 'admin token').env('LINGUA_TOKEN'))
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
  withAddress(program.command('jobs <id>').description('what happened to one job, with reasons')).action(
    showJob,
  );
  withAddress(program.command('drain <node>').description('give a node no more jobs; what runs may end'))
    .option('--deadline <seconds>', 'take it back after so long (default: until undrain)', deadlineMs)
    .option('--reason <text>', 'told to the node and shown')
    .action(async (id: string, flags: DrainFlags) => drain(id, 'drain', flags));
  withAddress(program.command('undrain <node>').description('give a drained node jobs again')).action(
    async (id: string, flags: DrainFlags) => drain(id, 'undrain', flags),
  );
}
