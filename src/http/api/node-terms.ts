import { Type } from 'typebox';
import type { Runtime } from '#runtime/contract.ts';
import { type ApiRoute, found, NOTHING, route } from './route.ts';

const TermsSchema = Type.Object({
  requires_gpu: Type.Boolean({ description: 'A node that lists none is refused with NO_GPU_AVAILABLE.' }),
});

/** What a node can ask before it registers, for a registration cannot be tried and taken back [HTT59]. */
export const nodeTermsRoute = ({ settings }: Runtime): ApiRoute =>
  route({
    method: 'GET',
    path: '/api/v1/node-terms',
    summary: 'What a machine must have to be taken as a node.',
    access: 'anyone',
    params: NOTHING,
    query: NOTHING,
    answer: TermsSchema,
    refusals: [],
    handle: () => found({ requires_gpu: settings.dispatch.requireGpu }),
  });
