import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { NODE_FEATURES, SESSION_CAPABILITIES } from '#protocol/capabilities.ts';
import { CLOSE_CODES } from '#protocol/close-codes.ts';
import { NODE_FRAME_BYTES_MAX, SESSION_FRAME_BYTES_MAX } from '#protocol/limits.ts';
import {
  nodeAgentSchemas,
  nodeServerSchemas,
  sessionClientSchemas,
  sessionServerSchemas,
} from '#protocol/messages.ts';

/**
 * Writes docs/asyncapi.json, the protocol page that tools read: `node --conditions=source scripts/generate-asyncapi.ts`.
 * Shapes come from the schemas of src/protocol, descriptions from the comments above them; a test compares [PRO18].
 */
type Json = string | number | boolean | null | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

const root = new URL('../', import.meta.url);
const PROTOCOL = new URL('src/protocol/', root);

/** One direction of one socket. The names are those of the sample messages. */
const SIDES = [
  { name: 'session.client', channel: 'session', action: 'receive', schemas: sessionClientSchemas },
  { name: 'session.server', channel: 'session', action: 'send', schemas: sessionServerSchemas },
  { name: 'node.agent', channel: 'node', action: 'receive', schemas: nodeAgentSchemas },
  { name: 'node.server', channel: 'node', action: 'send', schemas: nodeServerSchemas },
] as const;
type Side = (typeof SIDES)[number];

const RECORD = ['resume', 'ack', 'rooms'];
/**
 * What only peers see that were granted one of these capabilities (`session_init.capabilities`) or features
 * (`node_register.advanced_features`): whole messages, and fields of messages that all peers know.
 */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  'session.client.session_resume': ['resume'],
  'session.client.delivery_ack': ['ack'],
  'session.server.session_resume_ack': ['resume'],
  'session.server.audio_ack': ['ack'],
  'session.server.notice': ['notices'],
  'node.agent.job_ack': ['job_ack'],
  'node.agent.job_reject': ['job_reject'],
  'node.agent.job_progress': ['job_progress'],
  'node.agent.job_cancelled': ['job_reject'],
  'node.agent.node_drain': ['drain'],
  'node.server.node_control': ['drain'],
  'node.server.audio_append': ['open_job'],
  'node.server.audio_end': ['open_job'],
  'SessionInitAck.resume_token': ['resume'],
  'SessionInitAck.resume_window_ms': ['resume'],
  ...Object.fromEntries(
    ['TranslationResult', 'MissingResult'].flatMap((name) => [
      ...['delivery_seq', 'audio_start_ms', 'audio_end_ms', 'attempts', 'queued_ms'].map((field) => [
        `${name}.${field}`,
        RECORD,
      ]),
      ...['speaker_session_id', 'speech_start_ms'].map((field) => [`${name}.${field}`, ['rooms']]),
    ]),
  ),
  ...Object.fromEntries(
    ['AsrPartial', 'NodeAsrPartial'].flatMap((name) =>
      ['revision', 'settled', 'tentative'].map((field) => [`${name}.${field}`, ['partials']]),
    ),
  ),
  'NodeAsrPartial.attempt_id': ['partials'],
  'JobAssign.open': ['open_job'],
  'JobAssign.audio_offset_ms': ['open_job'],
  'JobAssign.tgt_langs': ['multi_target'],
  'JobResult.tgt_lang': ['multi_target'],
};

/** For schemas without a comment of their own. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  NodeControl: 'An order to the node as a whole.',
  RoomError: 'A room could not be made, joined or used.',
  RoomJoin: 'Enters a room by its code; answered by `room_members` or `room_error`.',
  RoomLeave: 'Leaves the room; a lost socket does the same.',
  ServerHeartbeat: 'Answer to `client_heartbeat`.',
  SessionCloseAck: 'Answer to `session_close`: nothing more comes for that session.',
  WebrtcAnswer: 'WebRTC signalling, as `webrtc_offer`.',
};

/** A schema as it stands in the sources: `SessionInitSchema` is called `SessionInit`. */
interface Named {
  readonly name: string;
  readonly schema: JsonObject;
  readonly description: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly [part: string]: unknown;
}

/** Object literals by the variable they define, `Type.Object({...})` and plain ones of shared fields alike. */
const readComments = (file: string) => {
  const text = readFileSync(new URL(file, PROTOCOL), 'utf8');
  const { program, comments } = parseSync(file, text);
  const above = (at: number): string | undefined => {
    const comment = comments.findLast(({ end }) => end <= at);
    if (!comment?.value.startsWith('*') || text.slice(comment.end, at).trim() !== '') return undefined;
    return comment.value
      .replaceAll(/\n\s*\*/g, ' ')
      .replace(/^\*/, '')
      .replaceAll(/\s+/g, ' ')
      .trim();
  };
  const variables = new Map<string, { description: string | undefined; literal: Syntax | undefined }>();
  for (const statement of program.body as unknown as readonly Syntax[]) {
    const declaration = (statement.declaration ?? statement) as Syntax;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations as readonly { id: Syntax; init: Syntax }[]) {
      const literal = init.type === 'CallExpression' ? (init.arguments as readonly Syntax[])[0] : init;
      variables.set(String(id.name), {
        description: above(statement.start),
        literal: literal?.type === 'ObjectExpression' ? literal : undefined,
      });
    }
  }
  const fieldsOf = (literal: Syntax | undefined): readonly (readonly [string, string])[] =>
    ((literal?.properties ?? []) as readonly Syntax[]).flatMap((property) => {
      if (property.type === 'SpreadElement') {
        return fieldsOf(variables.get(String((property.argument as Syntax).name))?.literal);
      }
      const comment = above(property.start);
      return comment === undefined ? [] : [[String((property.key as Syntax).name), comment] as const];
    });
  return { variables, fieldsOf };
};

/** Every exported schema, by its name in the sources. */
const readNamed = async (): Promise<readonly Named[]> => {
  const files = readdirSync(PROTOCOL).filter((file) => /^(shapes|.*-messages)\.ts$/.test(file));
  const named = await Promise.all(
    files.sort().map(async (file) => {
      const { variables, fieldsOf } = readComments(file);
      const exported = (await import(new URL(file, PROTOCOL).href)) as Readonly<Record<string, unknown>>;
      return Object.entries(exported).flatMap(([variable, schema]): readonly Named[] => {
        if (!variable.endsWith('Schema')) return [];
        const name = variable.replace(/Schema$/, '');
        const { description, literal } = variables.get(variable) ?? {};
        return [
          {
            name,
            // Through text, which leaves behind what is not JSON Schema.
            schema: JSON.parse(JSON.stringify(schema)) as JsonObject,
            description: description ?? DESCRIPTIONS[name],
            fields: new Map(fieldsOf(literal)),
          },
        ];
      });
    }),
  );
  return named.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
};

const refTo = (...path: readonly string[]): JsonObject => ({ $ref: `#/${path.join('/')}` });

/** A schema with every named part replaced by a reference, and with what its comments and grants say. */
const described = (
  { name, schema, description, fields }: Named,
  names: ReadonlyMap<string, string>,
): JsonObject => {
  const visit = (part: Json, field?: string): Json => {
    if (Array.isArray(part)) return part.map((entry) => visit(entry));
    if (typeof part !== 'object' || part === null) return part;
    const known = part === schema ? undefined : names.get(JSON.stringify(part));
    const inner = known === undefined ? entriesOf(part as JsonObject) : refTo('components', 'schemas', known);
    const comment = field === undefined ? undefined : fields.get(field);
    const grant = field === undefined ? undefined : GRANTS[`${name}.${field}`];
    if (comment === undefined && grant === undefined) return inner;
    // What stands beside a reference is ignored by draft 7.
    return {
      ...(comment !== undefined && { description: comment }),
      ...(grant !== undefined && { 'x-grant': grant }),
      ...(known === undefined ? inner : { allOf: [inner] }),
    };
  };
  const entriesOf = (part: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        key === 'properties' && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value as JsonObject).map(([field, inner]) => [
                field,
                visit(inner, part === schema ? field : undefined),
              ]),
            )
          : key === 'const' || key === 'enum'
            ? value
            : visit(value),
      ]),
    );
  return { ...(description !== undefined && { description }), ...(visit(schema) as JsonObject) };
};

const messageOf = ({ name, channel }: Side, type: string, schema: Named): JsonObject => {
  const grant = GRANTS[`${name}.${type}`];
  return {
    name: type,
    title: schema.name,
    ...(schema.description !== undefined && { description: schema.description }),
    contentType: 'application/json',
    ...(grant !== undefined && {
      tags: grant.map((word) => ({ name: `${channel === 'session' ? 'capability' : 'feature'}:${word}` })),
      'x-grant': grant,
    }),
    payload: refTo('components', 'schemas', schema.name),
  };
};

const CHANNELS = {
  session: {
    address: '/ws/session',
    title: 'Clients',
    description:
      'A person who speaks or listens. Text frames, one JSON message each. With the capability `binary` granted, binary frames carry audio from the client (byte 0 = 1: audio, 2: bare final; little-endian), each in place of one `audio_chunk`.',
    'x-frame-bytes-max': SESSION_FRAME_BYTES_MAX,
    'x-capabilities': SESSION_CAPABILITIES,
  },
  node: {
    address: '/ws/node',
    title: 'Nodes',
    description: 'A machine that recognises, translates and speaks. Text frames, one JSON message each.',
    'x-frame-bytes-max': NODE_FRAME_BYTES_MAX,
    'x-features': NODE_FEATURES,
  },
} as const;

/** A grant or description that belongs to nothing any more would be lost in silence. */
const refuseLeftovers = (named: readonly Named[], messages: Readonly<Record<string, JsonObject>>): void => {
  const byName = new Map(named.map((entry) => [entry.name, entry]));
  for (const key of Object.keys(GRANTS)) {
    const [name = '', field = ''] = key.split('.');
    const properties = byName.get(name)?.schema.properties as JsonObject | undefined;
    if (!(key in messages) && properties?.[field] === undefined) throw new Error(`${key} does not exist`);
  }
  for (const [name, description] of Object.entries(DESCRIPTIONS)) {
    if (byName.get(name)?.description !== description) throw new Error(`${name} has a comment of its own`);
  }
};

/**
 * The document, as plain JSON. The same sources give the same document.
 *
 * errors: throws where the tables above speak of what does not exist, and where two exported schemas are alike.
 */
export const asyncapiDocument = async (): Promise<JsonObject> => {
  const named = await readNamed();
  const byText = new Map(named.map((entry) => [JSON.stringify(entry.schema), entry]));
  if (byText.size !== named.length) throw new Error('two named schemas have the same shape');
  const names = new Map([...byText].map(([text, { name }]) => [text, name]));
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

  const messages: Record<string, JsonObject> = {};
  const channels: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};
  for (const [channel, head] of Object.entries(CHANNELS)) {
    const sides = SIDES.filter((side) => side.channel === channel);
    const ids = sides.flatMap((side) => Object.keys(side.schemas).map((type) => `${side.name}.${type}`));
    channels[channel] = {
      ...head,
      messages: Object.fromEntries(ids.map((id) => [id, refTo('components', 'messages', id)])),
      'x-close-codes': CLOSE_CODES,
    };
  }
  for (const side of SIDES) {
    for (const [type, schema] of Object.entries(side.schemas)) {
      const entry = byText.get(JSON.stringify(schema));
      if (entry === undefined) throw new Error(`${side.name}.${type} is no exported schema`);
      messages[`${side.name}.${type}`] = messageOf(side, type, entry);
    }
    operations[side.name] = {
      action: side.action,
      channel: refTo('channels', side.channel),
      messages: Object.keys(side.schemas).map((type) =>
        refTo('channels', side.channel, 'messages', `${side.name}.${type}`),
      ),
    };
  }
  refuseLeftovers(named, messages);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Lingua Scheduler',
      version,
      description:
        'Real-time speech translation: the two WebSockets of the scheduler. `receive` is what the scheduler takes, `send` what it says. An optional field that is null means the same as an absent one. `x-grant` names the capabilities (clients) or features (nodes) of which one must have been granted.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: '127.0.0.1:5010', protocol: 'ws' } },
    channels,
    operations,
    components: {
      messages,
      schemas: Object.fromEntries(named.map((entry) => [entry.name, described(entry, names)])),
    },
  };
};

const LINE_CHARS_MAX = 110;

/** JSON as the formatter of this project leaves it: lists of words on one line where they fit. */
export const writtenJson = (value: Json, indent = '', before = 0): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    const line = `[${list.map((entry) => JSON.stringify(entry)).join(', ')}]`;
    const isPlain = list.every((entry) => typeof entry !== 'object');
    if (isPlain && before + line.length <= LINE_CHARS_MAX) return line;
    return `[\n${list.map((entry) => deeper + writtenJson(entry, deeper)).join(',\n')}\n${indent}]`;
  }
  const lines = Object.entries(value as JsonObject).map(([key, entry]) => {
    const start = `${deeper}${JSON.stringify(key)}: `;
    // One more for the comma that may follow.
    return start + writtenJson(entry, deeper, start.length + 1);
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('docs/asyncapi.json', root), `${writtenJson(await asyncapiDocument())}\n`);
}
