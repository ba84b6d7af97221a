import { type Static, Type } from 'typebox';
import type { Now } from '#core/clock.ts';
import { generalMiss } from '#core/nodes/general-miss.ts';
import type { NodeRecord } from '#core/nodes/node.ts';
import { SELECTION_RULES } from '#core/nodes/rules.ts';
import { asNodeId } from '#protocol/ids.ts';
import { NODE_STATUSES } from '#protocol/node-server-messages.ts';
import type { Runtime } from '#runtime/contract.ts';
import type { Breathe } from '../slices.ts';
import { CURSOR_GONE, listSchema, PAGE_QUERY, takePage } from './paging.ts';
import { type ApiRoute, found, NOTHING, refused, route } from './route.ts';
import { Ms, wholeMs } from './units.ts';

const Percent = Type.Union([Type.Number(), Type.Null()], { description: 'Null: not reported.' });
const Count = Type.Integer({ minimum: 0 });

/** One machine as its owner and the operator see it. */
const NodeSchema = Type.Object({
  node_id: Type.String(),
  tenant: Type.String(),
  status: Type.Enum([...NODE_STATUSES]),
  reason: Type.String({ description: 'Why it has that status; empty when there is nothing to say.' }),
  kept_out_by: Type.Union([Type.Enum([...SELECTION_RULES]), Type.Null()], {
    description: 'The first rule that keeps it from an ordinary job now; null: it depends on the job.',
  }),
  is_connected: Type.Boolean(),
  platform: Type.String(),
  version: Type.String(),
  has_gpu: Type.Boolean(),
  drained_by: Type.Union([Type.Enum(['admin', 'node']), Type.Null()], {
    description: 'Who asked that it gets no more jobs; null: nobody.',
  }),
  accepts_public_jobs: Type.Boolean(),
  features: Type.Array(Type.String(), { description: 'As granted; empty for a legacy agent.' }),
  audio_formats: Type.Array(Type.String()),
  language_pairs: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: '`src>tgt`, `*` is any; null: it declared none and is asked for any, last.',
  }),
  services: Type.Array(
    Type.Object({ service_id: Type.String(), type: Type.String(), status: Type.String() }),
  ),
  capabilities: Type.Array(Type.Object({ type: Type.String(), ready: Type.Boolean() })),
  slots: Type.Object({
    capacity: Count,
    live: Count,
    zombie: Type.Integer({ minimum: 0, description: 'Given up or lost, and may still run.' }),
    foreign: Type.Integer({ minimum: 0, description: 'Jobs it reports that we do not know of.' }),
  }),
  job_ids: Type.Array(Type.String(), { description: 'Jobs that hold a place.' }),
  load: Type.Object({
    cpu_percent: Percent,
    gpu_percent: Percent,
    mem_percent: Percent,
    busiest_percent: Type.Number({ description: 'Smoothed; ranks it last above the threshold.' }),
    is_high: Type.Boolean(),
    is_excluded: Type.Boolean({ description: 'Taken only when no other node fits.' }),
  }),
  ms_per_audio_second: Type.Union([Ms(), Type.Null()], {
    description: 'Observed speed; null before the first good result.',
  }),
  hangs_in_a_row: Count,
  id_conflicts: Type.Integer({
    minimum: 0,
    description: 'Sockets refused because two nodes took this id from each other.',
  }),
  registered_at_ms: Ms('Epoch.'),
  heartbeat_age_ms: Type.Union([Ms(), Type.Null()], { description: 'Null: none came yet.' }),
  gone_for_ms: Type.Union([Ms(), Type.Null()], { description: 'Null while it is connected.' }),
  socket_generation: Type.Integer({ minimum: 0, description: 'Grows with every socket it takes.' }),
});

const ageOf = (sinceAtMs: number | null, now: Now): number | null =>
  sinceAtMs === null ? null : wholeMs(now.atMs - sinceAtMs);

const nodeView = (node: NodeRecord, requireGpu: boolean, now: Now): Static<typeof NodeSchema> => {
  const { declared, load, slots, speed } = node;
  const zombies = [...slots.values()].filter(({ zombieUntilAtMs }) => zombieUntilAtMs !== null).length;
  return {
    node_id: node.nodeId,
    tenant: node.tenant,
    status: node.status,
    reason: node.statusReason,
    kept_out_by: generalMiss(node, requireGpu),
    is_connected: node.connectionId !== null,
    platform: declared.platform,
    version: declared.version,
    has_gpu: declared.hasGpu,
    drained_by: node.drain?.by ?? null,
    accepts_public_jobs: declared.acceptsPublicJobs,
    features: [...declared.features],
    audio_formats: [...declared.formats],
    language_pairs: declared.languages === null ? null : [...declared.languages.pairs],
    services: declared.services.map(({ service_id, type, status }) => ({ service_id, type, status })),
    capabilities: declared.capabilities.map(({ type, ready }) => ({ type, ready })),
    slots: {
      capacity: declared.capacity,
      live: slots.size - zombies,
      zombie: zombies,
      foreign: node.foreignJobs,
    },
    job_ids: [...slots.values()].map(({ jobId }) => jobId),
    load: {
      cpu_percent: load.cpuPercent,
      gpu_percent: load.gpuPercent,
      mem_percent: load.memPercent,
      busiest_percent: Math.round(load.busiestPercent * 10) / 10,
      is_high: load.isHigh,
      is_excluded: load.isExcluded,
    },
    ms_per_audio_second: speed.samples === 0 ? null : wholeMs(speed.msPerAudioSecond),
    hangs_in_a_row: node.hangsInARow,
    id_conflicts: node.idConflicts,
    registered_at_ms: wholeMs(node.registeredWallMs),
    heartbeat_age_ms: ageOf(node.lastHeartbeatAtMs, now),
    gone_for_ms: ageOf(node.goneSinceAtMs, now),
    socket_generation: node.generation,
  };
};

/** `/api/v1/nodes`: which machines there are, how well they are, and why one gets no work. */
export const nodeRoutes = (runtime: Runtime, breathe: Breathe): readonly ApiRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/nodes',
    summary: 'Nodes, those that went lately included, in the order in which they first came.',
    access: 'admin',
    params: NOTHING,
    query: Type.Object(
      { ...PAGE_QUERY, status: Type.Optional(Type.Enum([...NODE_STATUSES])) },
      { additionalProperties: false },
    ),
    answer: listSchema('nodes', NodeSchema),
    refusals: [],
    handle: async ({ query }) => {
      const now = runtime.ports.clock.now();
      const { nodes, pools } = runtime.view.dispatcher.registry;
      const { requireGpu } = pools;
      const page = await takePage(nodes.values(), query, {
        breathe,
        idOf: ({ nodeId }) => nodeId,
        isWanted: ({ status }) => query.status === undefined || status === query.status,
        entryOf: (node) => nodeView(node, requireGpu, now),
      });
      if (page === null) return refused('INVALID_REQUEST', CURSOR_GONE);
      return found({ nodes: [...page.entries], total: page.total, next: page.next });
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes/:node_id',
    summary: 'One node.',
    access: 'admin',
    params: Type.Object({ node_id: Type.String({ minLength: 1, maxLength: 256 }) }),
    query: NOTHING,
    answer: NodeSchema,
    refusals: ['NOT_FOUND'],
    handle: ({ params }) => {
      const { nodes, pools } = runtime.view.dispatcher.registry;
      const node = nodes.get(asNodeId(params.node_id));
      return node === undefined
        ? refused('NOT_FOUND', 'No node has this id, or it went long ago.')
        : found(nodeView(node, pools.requireGpu, runtime.ports.clock.now()));
    },
  }),
];
