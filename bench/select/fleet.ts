import { seededChance } from '#core/chance.ts';
import { declarationOf } from '#core/nodes/declaration.ts';
import { type NodeRecord, newNode, slotKey } from '#core/nodes/node.ts';
import { moveNode, newPoolIndex, poolsFor, refreshMemberships } from '#core/nodes/pools.ts';
import { type Requirement, requirementOf } from '#core/nodes/requirements.ts';
import type { Fleet } from '#core/nodes/selection.ts';
import { asJobId, asNodeId, type ConnectionId, type NodeId } from '#protocol/ids.ts';
import type { NodeRegister } from '#protocol/node-agent-messages.ts';

/** Languages that nodes declare pairs of, and how many of the 40 pairs one declares at most. */
const LANGUAGES = ['zh', 'en', 'es', 'fr', 'de', 'ja', 'ko', 'it'] as const;
const PAIRS_MAX = 6;
const SLOTS_MAX = 8;
/** Share of all slots that is taken while it is measured. */
const LOAD = 0.7;

const CORE = ['asr', 'nmt', 'tts'] as const;
const SERVICES = CORE.map((type) => ({
  service_id: `${type}-1`,
  type,
  device: 'gpu' as const,
  status: 'running' as const,
}));

const PAIRS = LANGUAGES.flatMap((src) =>
  LANGUAGES.filter((tgt) => tgt !== src).map((tgt) => ({ src, tgt })),
).slice(0, 40);

/** Skewed: a few pairs are asked for most of the time. */
const skewed = (chance: () => number): number => Math.floor(chance() ** 3 * PAIRS.length);

const registration = (chance: () => number): NodeRegister => ({
  type: 'node_register',
  version: '2.0.0',
  capability_schema_version: '2.0',
  platform: 'linux',
  hardware: { cpu_cores: 8, memory_gb: 32, gpus: [{ name: 'a GPU', memory_gb: 16 }] },
  installed_models: [],
  installed_services: SERVICES,
  capability_by_type: CORE.map((type) => ({ type, ready: true })),
  features_supported: {},
  accept_public_jobs: true,
  max_concurrent_jobs: 1 + Math.floor(chance() * SLOTS_MAX),
  language_pairs: Array.from(
    { length: 1 + Math.floor(chance() * PAIRS_MAX) },
    () => PAIRS[skewed(chance)] ?? PAIRS[0] ?? { src: 'zh', tgt: 'en' },
  ),
});

/** A fleet at work, with its work: `release` and `choose` keep the load where it is. */
export interface Workload {
  readonly fleet: Fleet & { readonly nodes: Map<NodeId, NodeRecord> };
  /** The same nodes as a plain list, for the linear scan. */
  readonly nodes: readonly NodeRecord[];
  readonly requirements: readonly Requirement[];
  /** Nodes with taken slots, one entry a slot, oldest first from `oldest` on. */
  readonly taken: NodeRecord[];
  oldest: number;
  lastSlot: number;
}

export const takeSlotOf = (work: Workload, node: NodeRecord): void => {
  work.lastSlot += 1;
  const key = slotKey(asJobId('job-x'), work.lastSlot);
  node.slots.set(key, {
    key,
    jobId: asJobId('job-x'),
    attemptId: work.lastSlot,
    audioMs: 1000,
    sentAtMs: null,
    isRead: false,
    zombieUntilAtMs: null,
  });
  work.taken.push(node);
};

/** The slot that was taken longest ago; the caller moves the node in its indexes, if it has any. */
export const releaseOldest = (work: Workload): NodeRecord | null => {
  const node = work.taken[work.oldest];
  if (node === undefined) return null;
  work.oldest += 1;
  if (work.oldest > 100_000) {
    work.taken.splice(0, work.oldest);
    work.oldest = 0;
  }
  const first = node.slots.keys().next().value;
  if (first !== undefined) node.slots.delete(first);
  return node;
};

export const newWorkload = (nodeCount: number, seed = 1): Workload => {
  const chance = seededChance(seed);
  const fleet = { nodes: new Map<NodeId, NodeRecord>(), pools: newPoolIndex(true), nearestMisses: new Map() };
  const requirements = Array.from({ length: 1024 }, () => {
    const { src, tgt } = PAIRS[skewed(chance)] ?? { src: 'zh', tgt: 'en' };
    return requirementOf({
      srcLang: src,
      tgtLang: tgt,
      pipeline: { use_asr: true, use_nmt: true, use_tts: true },
      encoding: 'opus',
      tenant: 'default',
    });
  });
  const nodes = Array.from({ length: nodeCount }, (_, at) => {
    const node = newNode({
      nodeId: asNodeId(`node-${at}`),
      tenant: 'default',
      generation: 1,
      declared: declarationOf(registration(chance), 4),
    });
    node.connectionId = `conn-${at}` as ConnectionId;
    node.status = 'ready';
    fleet.nodes.set(node.nodeId, node);
    refreshMemberships(fleet.pools, node);
    return node;
  });
  // The first question of a kind builds its index; that is not what a choice costs.
  for (const requirement of requirements) poolsFor(fleet.pools, fleet.nodes, requirement);
  const work: Workload = { fleet, nodes, requirements, taken: [], oldest: 0, lastSlot: 0 };
  const slotCount = nodes.reduce((sum, node) => sum + node.declared.capacity, 0);
  while (work.taken.length < slotCount * LOAD) {
    const node = nodes[Math.floor(chance() * nodes.length)];
    if (node === undefined || node.slots.size >= node.declared.capacity) continue;
    takeSlotOf(work, node);
    moveNode(fleet.pools, node, true);
  }
  return work;
};
