import type { TObject } from 'typebox';
import { ERRORS } from '#protocol/errors.ts';
import { type ApiRoute, RefusalSchema } from './route.ts';

type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Through text, which leaves behind what is not JSON Schema. */
const plain = (schema: object): JsonObject => JSON.parse(JSON.stringify(schema)) as JsonObject;

const parametersOf = (schema: TObject, where: 'path' | 'query'): readonly JsonObject[] =>
  Object.entries(schema.properties).map(([name, property]) => {
    const { description, ...rest } = plain(property);
    return {
      name,
      in: where,
      required: where === 'path' || (schema.required ?? []).includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });

const refusal = (description: string): JsonObject => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
});

/** By status; refusals that share one are told together. */
const responsesOf = (route: ApiRoute): JsonObject => {
  const ownCodes =
    route.access === 'anyone'
      ? route.refusals
      : [...route.refusals, 'UNAUTHENTICATED' as const, 'FORBIDDEN' as const];
  const takesInput = Object.keys({ ...route.params.properties, ...route.query.properties }).length > 0;
  const codes = takesInput ? [...ownCodes, 'INVALID_REQUEST' as const] : ownCodes;
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { httpStatus = 500, hintEn } = ERRORS[code];
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), `${code}: ${hintEn}`]);
  }
  return {
    200: { description: 'As asked.', content: { 'application/json': { schema: plain(route.answer) } } },
    ...Object.fromEntries([...byStatus].map(([status, texts]) => [status, refusal(texts.join(' '))])),
  };
};

/** `/api/v1/nodes/:node_id` as OpenAPI writes it. */
const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

const operationOf = (route: ApiRoute): JsonObject => ({
  summary: route.summary,
  ...(route.access !== 'anyone' ? { security: [{ bearer: [] }] } : {}),
  parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
  responses: responsesOf(route),
});

/** The JSON part of the HTTP interface as OpenAPI 3.1, from the descriptions that also answer it [HTT50]. */
export const openApiDocument = (routes: readonly ApiRoute[]): JsonObject => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lingua Scheduler',
      version: '1',
      description:
        'What is going on in a scheduler, for programs. Numbers in `…_ms` are milliseconds; `…_at_ms` since 1970. Without admin tokens whoever is on the same machine is an operator.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:5010' }],
    paths,
    components: {
      schemas: { Refusal: plain(RefusalSchema) },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
};
