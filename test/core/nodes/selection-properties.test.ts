import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LastNode } from '#core/nodes/last-nodes.ts';
import type { NodeRecord } from '#core/nodes/node.ts';
import { bestOf, dropFromPools, moveNode, POOLS_MAX, poolsFor } from '#core/nodes/pools.ts';
import { requirementOf } from '#core/nodes/requirements.ts';
import { explainSelection, selectNode } from '#core/nodes/selection.ts';
import { asNodeId, type NodeId } from '#protocol/ids.ts';
import { jobRequest } from '../jobs/words.ts';
import { become, newFleet, nodeTraits, requirements, setTaken, type TestFleet } from './fleet.ts';

const NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];

type Change =
  | { readonly kind: 'become'; readonly name: string; readonly traits: Parameters<typeof become>[2] }
  | { readonly kind: 'take'; readonly name: string; readonly taken: number }
  | { readonly kind: 'forget'; readonly name: string }
  | {
      readonly kind: 'select';
      readonly requirement: ReturnType<typeof requirementOf>;
      readonly excluded: string[];
      readonly last: LastNode | null;
    };

const name = fc.constantFrom(...NAMES);
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('become' as const), name, traits: nodeTraits }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), name, taken: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), name }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('select' as const),
        requirement: requirements,
        excluded: fc.subarray(NAMES, { maxLength: 3 }),
        last: fc.option(
          fc.record({
            nodeId: fc.constantFrom(...NAMES, 'forgotten').map(asNodeId),
            wish: fc.constantFrom('stay' as const, 'spread' as const),
          }),
        ),
      }),
    },
  ),
  { maxLength: 60, size: 'max' },
);

/** Both ways to the decision; the chosen node takes one job more, as dispatch would do. */
const decide = (
  fleet: TestFleet,
  requirement: ReturnType<typeof requirementOf>,
  names: readonly string[],
  last: LastNode | null,
): string => {
  const excluded: ReadonlySet<NodeId> = new Set(names.map(asNodeId));
  const explained = explainSelection(fleet, requirement, excluded, last);
  const selected = selectNode(fleet, requirement, excluded, last);
  expect(selected.kind === 'node' ? selected.node.nodeId : null).toBe(explained.chosen);
  expect(selected.reason).toBe(explained.reason);
  expect(explained.nodes.map(({ nodeId }) => nodeId).sort()).toEqual([...fleet.nodes.keys()].sort());
  for (const { failed, score } of explained.nodes) expect(failed === null).toBe(score !== null);
  expect(explained.nodes.find(({ nodeId }) => nodeId === explained.chosen)?.failed ?? null).toBeNull();
  if (selected.kind === 'none') return selected.reason;
  setTaken(fleet, selected.node, selected.node.slots.size + 1);
  moveNode(fleet.pools, selected.node, true);
  return selected.reason;
};

describe('selection', () => {
  /** `seen` collects the reasons that were met. */
  const bothDecideAlike = (seen: Set<string>) =>
    fc.property(changes, (list) => {
      const fleet = newFleet();
      for (const change of list) {
        if (change.kind === 'select') {
          seen.add(decide(fleet, change.requirement, change.excluded, change.last));
          continue;
        }
        const node = fleet.nodes.get(asNodeId(change.name));
        if (change.kind === 'become') become(fleet, change.name, change.traits);
        else if (node === undefined) continue;
        else if (change.kind === 'take')
          setTaken(fleet, node, Math.min(change.taken, node.declared.capacity));
        else {
          fleet.nodes.delete(node.nodeId);
          dropFromPools(fleet.pools, node);
        }
      }
    });

  it('[SEL9] [SEL10] the indexes and the walk over all nodes decide the same, whatever changed before', () => {
    fc.assert(bothDecideAlike(new Set()), { numRuns: 400 });
  });

  it('[SEL9] the same fleets as always meet every reason that there is', () => {
    const seen = new Set<string>();
    fc.assert(bothDecideAlike(seen), { numRuns: 400, seed: 1 });
    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        'capacity_exceeded',
        'fail_open',
        'high_load',
        'least_loaded',
        'paired',
        'same_session',
      ]),
    );
  });

  const eager = (fleet: TestFleet, at: number): NodeRecord =>
    become(fleet, `n${at}`, {
      status: 'ready',
      isGone: false,
      isPublic: true,
      tenant: 'default',
      types: ['asr', 'nmt', 'tts'],
      pairs: [{ src: '*', tgt: '*' }],
      takesPcm: false,
      capacity: 4,
      taken: at % 4,
      foreign: 0,
      isHigh: false,
      isExcluded: false,
      isEjected: false,
      lacks: [],
      rankedShare: 1,
    });

  it('[SEL10] at most 512 demands have an index; the one unused longest goes and comes back right', () => {
    const fleet = newFleet();
    for (let at = 0; at < 4; at += 1) eager(fleet, at);
    const demand = (n: number) => requirementOf(jobRequest('x', { tgtLang: `l${n}` }));
    for (let n = 0; n < POOLS_MAX + 40; n += 1) {
      selectNode(fleet, demand(n));
      selectNode(fleet, demand(0));
      expect(fleet.pools.pools.size).toBeLessThanOrEqual(POOLS_MAX);
    }
    expect(fleet.pools.pools.has(demand(0).key)).toBe(true);
    expect(fleet.pools.pools.has(demand(1).key)).toBe(false);
    expect(fleet.pools.places.count).toBe(fleet.nodes.size * fleet.pools.pools.size);
    expect(selectNode(fleet, demand(1))).toMatchObject({ kind: 'node', node: { nodeId: 'n0' } });
  });

  it('[SEL10] [W57] a decision among 10 000 nodes looks at no more of them than one among 100', () => {
    const lookedAt = (size: number): number => {
      const fleet = newFleet();
      for (let at = 0; at < size; at += 1) eager(fleet, at);
      const requirement = requirementOf(jobRequest('x'));
      const [pool] = poolsFor(fleet.pools, fleet.nodes, requirement);
      if (pool === undefined) throw new Error('no pool');
      let looks = 0;
      const has = (): boolean => {
        looks += 1;
        return false;
      };
      const counting = { has } as unknown as ReadonlySet<NodeId>;
      for (let n = 0; n < 50; n += 1) {
        const node = bestOf(pool, counting, false);
        if (node === null) throw new Error('no node');
        setTaken(fleet, node, node.slots.size + 1);
      }
      return looks;
    };
    expect(lookedAt(10_000)).toBe(lookedAt(100));
  });
});
