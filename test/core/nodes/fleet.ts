import fc from 'fast-check';
import { declarationOf } from '#core/nodes/declaration.ts';
import { type NodeRecord, newNode, slotKey } from '#core/nodes/node.ts';
import { moveNode, newPoolIndex, refreshMemberships } from '#core/nodes/pools.ts';
import { type Requirement, requirementOf } from '#core/nodes/requirements.ts';
import type { Fleet } from '#core/nodes/selection.ts';
import { serviceBit } from '#core/nodes/service-mask.ts';
import { asJobId, asNodeId, type ConnectionId, type NodeId } from '#protocol/ids.ts';
import { jobRequest, registration, services } from '../jobs/words.ts';

export interface TestFleet extends Fleet {
  readonly nodes: Map<NodeId, NodeRecord>;
}

export const newFleet = (): TestFleet => ({
  nodes: new Map(),
  pools: newPoolIndex(true),
  nearestMisses: new Map(),
});

const LANGUAGES = ['zh', 'en', 'es', 'fr'] as const;

/** What a random node is and does; every part may change while it lives. */
export interface NodeTraits {
  readonly status: 'ready' | 'degraded';
  readonly isGone: boolean;
  readonly isPublic: boolean;
  readonly tenant: 'acme' | 'default';
  readonly types: ('asr' | 'nmt' | 'tts' | 'tone')[];
  readonly pairs: { src: string; tgt: string }[] | null;
  readonly takesPcm: boolean;
  readonly capacity: number;
  readonly taken: number;
  readonly foreign: number;
  readonly isHigh: boolean;
  readonly isExcluded: boolean;
  readonly isEjected: boolean;
  readonly lacks: readonly ('asr' | 'nmt' | 'tts')[];
  readonly rankedShare: number;
}

const often = (weight: number): fc.Arbitrary<boolean> => fc.nat(weight).map((n) => n > 0);

export const nodeTraits: fc.Arbitrary<NodeTraits> = fc.record({
  status: often(5).map((isReady) => (isReady ? ('ready' as const) : ('degraded' as const))),
  isGone: often(9).map((is) => !is),
  isPublic: often(3),
  tenant: fc.constantFrom('acme' as const, 'default' as const),
  types: often(4).chain((hasAll) =>
    hasAll
      ? fc.constant(['asr' as const, 'nmt' as const, 'tts' as const])
      : fc.subarray(['asr' as const, 'nmt' as const, 'tts' as const, 'tone' as const]),
  ),
  pairs: fc.option(
    fc.array(
      fc.record({ src: fc.constantFrom('*', ...LANGUAGES), tgt: fc.constantFrom('*', ...LANGUAGES) }),
      {
        maxLength: 4,
      },
    ),
  ),
  takesPcm: fc.boolean(),
  capacity: fc.integer({ min: 0, max: 20 }),
  taken: fc.nat(20),
  foreign: fc.nat(3),
  isHigh: fc.boolean(),
  isExcluded: often(3).map((is) => !is),
  isEjected: often(7).map((is) => !is),
  lacks: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(['asr' as const, 'nmt' as const, 'tts' as const]) },
  ),
  rankedShare: fc.constantFrom(1, 1, 0.25, 0.5),
});

/** Makes the node in the fleet be what the traits say. */
export const become = (fleet: TestFleet, name: string, traits: NodeTraits): NodeRecord => {
  const nodeId = asNodeId(name);
  const declared = declarationOf(
    registration({
      accept_public_jobs: traits.isPublic,
      installed_services: services(traits.types),
      capability_by_type: traits.types.map((type) => ({ type, ready: true })),
      max_concurrent_jobs: traits.capacity,
      advanced_features: traits.takesPcm ? ['audio:pcm16', 'audio:opus'] : [],
      ...(traits.pairs === null ? {} : { language_pairs: traits.pairs }),
    }),
    4,
  );
  const node = fleet.nodes.get(nodeId) ?? newNode({ nodeId, tenant: traits.tenant, generation: 1, declared });
  fleet.nodes.set(nodeId, node);
  node.declared = declared;
  node.connectionId = traits.isGone ? null : (`conn-${name}` as ConnectionId);
  node.status = traits.status;
  node.load.isHigh = traits.isHigh;
  node.load.isExcluded = traits.isExcluded;
  node.foreignJobs = traits.foreign;
  node.faults.ejectedUntilAtMs = traits.isEjected ? 1 : null;
  node.lackingTypes = traits.lacks.reduce((mask, type) => mask | serviceBit(type), 0);
  node.rankedShare = traits.rankedShare;
  setTaken(fleet, node, Math.min(traits.taken, traits.capacity));
  refreshMemberships(fleet.pools, node);
  return node;
};

export const setTaken = (fleet: TestFleet, node: NodeRecord, taken: number): void => {
  node.slots.clear();
  for (let n = 1; n <= taken; n += 1) {
    const jobId = asJobId('job-x');
    const key = slotKey(jobId, n);
    node.slots.set(key, {
      key,
      jobId,
      attemptId: n,
      audioMs: 1,
      sentAtMs: null,
      isRead: false,
      zombieUntilAtMs: null,
    });
  }
  moveNode(fleet.pools, node);
};

export const requirements: fc.Arbitrary<Requirement> = fc
  .record({
    srcLang: fc.constantFrom('auto', ...LANGUAGES),
    tgtLang: fc.constantFrom(...LANGUAGES),
    tenant: fc.constantFrom('acme', 'default', 'other'),
    encoding: fc.constantFrom('opus' as const, 'pcm16' as const),
    wantsTone: often(4).map((is) => !is),
    paired: fc.option(fc.constantFrom('n0', 'n1', 'n2'), { freq: 3 }),
  })
  .map(({ wantsTone, paired, ...rest }) =>
    requirementOf(
      jobRequest('x', {
        ...rest,
        features: { speaker_identification: wantsTone },
        ...(paired === null ? {} : { pairedNodeId: asNodeId(paired) }),
      }),
    ),
  );
