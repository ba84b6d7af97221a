import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NODE_FEATURES, SESSION_CAPABILITIES } from '#protocol/capabilities.ts';
import {
  nodeAgentSchemas,
  nodeServerSchemas,
  sessionClientSchemas,
  sessionServerSchemas,
} from '#protocol/messages.ts';

type Json = string | number | boolean | null | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/asyncapi.json', root), 'utf8');
const document = JSON.parse(page) as JsonObject;
/** By a path that is no literal: the script stands outside of what the compiler is given here. */
const generator = (await import(fileURLToPath(new URL('scripts/generate-asyncapi.ts', root)))) as {
  readonly asyncapiDocument: () => Promise<object>;
  readonly writtenJson: (value: object) => string;
};

const TABLES = [
  ['session.client', 'receive', 'session', sessionClientSchemas],
  ['session.server', 'send', 'session', sessionServerSchemas],
  ['node.agent', 'receive', 'node', nodeAgentSchemas],
  ['node.server', 'send', 'node', nodeServerSchemas],
] as const;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectAt = (...path: readonly string[]): JsonObject => {
  const found = path.reduce<Json | undefined>((at, name) => (isObject(at) ? at[name] : undefined), document);
  if (!isObject(found)) throw new Error(`nothing at ${path.join('/')}`);
  return found;
};
/** What a reference leads to, by any number of steps. */
const followed = (value: JsonObject): JsonObject =>
  typeof value.$ref === 'string' ? followed(objectAt(...value.$ref.replace('#/', '').split('/'))) : value;

const everyObject = (value: Json): readonly JsonObject[] => {
  if (Array.isArray(value)) return value.flatMap(everyObject);
  return isObject(value) ? [value, ...Object.values(value).flatMap(everyObject)] : [];
};

/** A payload as one schema: references put in, and without what is said for people. */
const asSchema = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(asSchema);
  if (!isObject(value)) return value;
  const { description, 'x-grant': grant, allOf, ...rest } = followed(value);
  if (Array.isArray(allOf)) return asSchema(allOf[0] as Json);
  return Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [
      key,
      key === 'properties' && isObject(inner)
        ? Object.fromEntries(Object.entries(inner).map(([field, schema]) => [field, asSchema(schema)]))
        : asSchema(inner),
    ]),
  );
};

describe('docs/asyncapi.json', () => {
  it('[PRO18] is what the schemas give today', async () => {
    // If this fails: node --conditions=source scripts/generate-asyncapi.ts
    expect(`${generator.writtenJson(await generator.asyncapiDocument())}\n` === page).toBe(true);
  });

  it('[PRO18] has no reference that leads nowhere', () => {
    const references = everyObject(document).filter(({ $ref }) => $ref !== undefined);
    expect(references.length).toBeGreaterThan(150);
    for (const reference of references) expect(() => followed(reference)).not.toThrow();
  });

  it('[PRO18] has each message of the four tables once, and no other', () => {
    const ids = TABLES.flatMap(([side, , , schemas]) =>
      Object.keys(schemas).map((type) => `${side}.${type}`),
    );
    expect(Object.keys(objectAt('components', 'messages'))).toEqual(ids);
    const inChannels = ['session', 'node'].flatMap((name) =>
      Object.keys(objectAt('channels', name, 'messages')),
    );
    expect(inChannels).toEqual(ids);
    expect(Object.keys(objectAt('operations'))).toEqual(TABLES.map(([side]) => side));
  });

  it.each(TABLES)('[PRO18] %s: the scheduler does %s', (side, action, channel, schemas) => {
    const operation = objectAt('operations', side);
    expect(operation).toMatchObject({ action, channel: { $ref: `#/channels/${channel}` } });
    expect(operation.messages).toEqual(
      Object.keys(schemas).map((type) => ({ $ref: `#/channels/${channel}/messages/${side}.${type}` })),
    );
  });

  it.each(TABLES)('[PRO18] %s: each message says what it is for', (side, _action, _channel, schemas) => {
    for (const type of Object.keys(schemas)) {
      const { name, description } = objectAt('components', 'messages', `${side}.${type}`);
      expect(name).toBe(type);
      expect(String(description ?? '').length, `${side}.${type}`).toBeGreaterThan(15);
    }
  });

  it.each(TABLES)(
    '[PRO18] %s: each payload is the schema that is checked',
    (side, _action, _channel, schemas) => {
      for (const [type, schema] of Object.entries(schemas)) {
        const { payload = null } = objectAt('components', 'messages', `${side}.${type}`);
        expect(asSchema(payload)).toEqual(JSON.parse(JSON.stringify(schema)));
      }
    },
  );

  it('[PRO18] names the capability or feature that a message or field belongs to', () => {
    const known = new Set<unknown>([...SESSION_CAPABILITIES, ...NODE_FEATURES]);
    const grants = everyObject(document).flatMap(({ 'x-grant': grant = [] }) => grant as readonly Json[]);
    expect(grants.length).toBeGreaterThan(30);
    expect(grants.filter((name) => !known.has(name))).toEqual([]);
    expect(objectAt('channels', 'session')['x-capabilities']).toEqual(SESSION_CAPABILITIES);
    expect(objectAt('channels', 'node')['x-features']).toEqual(NODE_FEATURES);
    expect(objectAt('components', 'messages', 'session.client.session_resume')).toMatchObject({
      'x-grant': ['resume'],
      tags: [{ name: 'capability:resume' }],
    });
    expect(objectAt('components', 'messages', 'node.server.audio_end').tags).toEqual([
      { name: 'feature:open_job' },
    ]);
  });

  it('[PRO18] keeps the comments of fields, those of shared fields too', () => {
    const fields = (schema: string): JsonObject => objectAt('components', 'schemas', schema, 'properties');
    expect(fields('SessionResume').last_delivery_seq).toHaveProperty('description', '0 = none seen yet.');
    expect(fields('MissingResult').delivery_seq).toHaveProperty(
      'description',
      'Per listener, from 1, without gaps.',
    );
    expect(fields('SessionInitAck').endpointing).toEqual({
      description: 'Effective values.',
      allOf: [{ $ref: '#/components/schemas/Endpointing' }],
    });
  });
});
