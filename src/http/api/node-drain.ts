import { Type } from 'typebox';
import { asNodeId } from '#protocol/ids.ts';
import type { NodeAsked, Runtime } from '#runtime/contract.ts';
import { type ApiAnswer, type ApiRoute, found, NOTHING, refused, route } from './route.ts';

const DEADLINE_MS_MAX = 86_400_000;
const REASON_CHARS_MAX = 200;

const PARAMS = Type.Object({ node_id: Type.String({ minLength: 1, maxLength: 256 }) });
const AskedSchema = Type.Object({ node_id: Type.String(), asked: Type.Enum(['drain', 'undrain']) });
type Asked = { readonly node_id: string; readonly asked: 'drain' | 'undrain' };

const answerOf = (nodeId: string, asked: Asked['asked'], how: NodeAsked): ApiAnswer<Asked> => {
  switch (how) {
    case 'asked':
      return found({ node_id: nodeId, asked });
    case 'unknown':
      return refused('NOT_FOUND', 'No node has this id, or it went long ago.');
    case 'busy':
      return refused('NOT_READY');
  }
};

/** Takes a node out of work and back; what runs on it may end [HTT57]. */
export const nodeDrainRoutes = (runtime: Runtime): readonly ApiRoute[] => [
  route({
    method: 'POST',
    path: '/api/v1/nodes/:node_id/drain',
    summary: 'Gives a node no more jobs, for a time or until it is taken back.',
    access: 'admin',
    params: PARAMS,
    query: Type.Object(
      {
        deadline_ms: Type.Optional(
          Type.Integer({
            // A drain of no time would be over before anybody saw it, and look like one that lasts.
            minimum: 1,
            maximum: DEADLINE_MS_MAX,
            description: 'From now; absent: until taken back.',
          }),
        ),
        reason: Type.String({
          maxLength: REASON_CHARS_MAX,
          default: '',
          description: 'Told to the node and shown.',
        }),
      },
      { additionalProperties: false },
    ),
    answer: AskedSchema,
    refusals: ['NOT_FOUND', 'NOT_READY'],
    handle: ({ params: { node_id }, query: { deadline_ms = null, reason } }) =>
      answerOf(node_id, 'drain', runtime.drainNode(asNodeId(node_id), { deadlineMs: deadline_ms, reason })),
  }),
  route({
    method: 'POST',
    path: '/api/v1/nodes/:node_id/undrain',
    summary: 'Gives a drained node jobs again.',
    access: 'admin',
    params: PARAMS,
    query: NOTHING,
    answer: AskedSchema,
    refusals: ['NOT_FOUND', 'NOT_READY'],
    handle: ({ params: { node_id } }) => answerOf(node_id, 'undrain', runtime.undrainNode(asNodeId(node_id))),
  }),
];
