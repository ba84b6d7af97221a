import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NodeRecord } from '#core/nodes/node.ts';
import { at, NO_BUCKET, NO_PLACE } from '#core/nodes/places.ts';
import { dropFromPools, isLastOfAPool, moveNode, type PoolIndex, poolsFor } from '#core/nodes/pools.ts';
import { requirementOf } from '#core/nodes/requirements.ts';
import { selectNode } from '#core/nodes/selection.ts';
import { asNodeId } from '#protocol/ids.ts';
import { jobRequest } from '../jobs/words.ts';
import { become, newFleet, nodeTraits, requirements, setTaken } from './fleet.ts';

const CLASS_COUNT = 64;

/** Every list of every pool holds its members once, in the order of their turns, linked both ways. */
const expectLists = ({ pools, places }: PoolIndex): Set<number> => {
  const used = new Set<number>();
  for (const pool of pools.values()) {
    const listed = new Set<number>();
    for (let bucket = 0; bucket < CLASS_COUNT; bucket += 1) {
      const mask = bucket < 32 ? pool.fittingMask : pool.failOpenMask;
      expect(((mask >>> (bucket % 32)) & 1) === 1).toBe(at(pool.heads, bucket) !== NO_PLACE);
      let before = NO_PLACE;
      let turn = -1;
      for (let place = at(pool.heads, bucket); place !== NO_PLACE; place = at(places.next, place)) {
        const node = places.nodes[place];
        expect(at(places.previous, place)).toBe(before);
        expect([places.pools[place], at(places.bucket, place), node?.bucket]).toEqual([pool, bucket, bucket]);
        expect(node?.turn).toBeGreaterThan(turn);
        turn = node?.turn ?? turn;
        before = place;
        listed.add(place);
      }
      expect(at(pool.tails, bucket)).toBe(before);
    }
    for (const [node, place] of pool.members) {
      expect(used.has(place)).toBe(false);
      used.add(place);
      expect([places.nodes[place], places.pools[place]]).toEqual([node, pool]);
      expect(listed.has(place)).toBe(node.bucket !== NO_BUCKET);
    }
  }
  return used;
};

/** The chains of all nodes hold every place in use once, and the free ones are all others that ever were. */
const expectChains = ({ pools, places }: PoolIndex, nodes: Iterable<NodeRecord>, used: Set<number>): void => {
  const chained = new Set<number>();
  for (const node of nodes) {
    let before = NO_PLACE;
    for (let place = node.firstPlace; place !== NO_PLACE; place = at(places.sibling, place)) {
      expect(chained.has(place)).toBe(false);
      expect(at(places.siblingBefore, place)).toBe(before);
      expect(places.nodes[place]).toBe(node);
      chained.add(place);
      before = place;
    }
    const isLast = [...pools.values()].some(({ members }) => members.size === 1 && members.has(node));
    expect(isLastOfAPool({ ...emptyHanded, pools, places }, node)).toBe(isLast);
  }
  expect(chained).toEqual(used);
  const free = new Set<number>();
  for (let place = places.free; place !== NO_PLACE; place = at(places.next, place)) {
    expect(free.has(place) || used.has(place)).toBe(false);
    free.add(place);
  }
  expect([places.count, free.size + used.size]).toEqual([used.size, places.untouched]);
};
const emptyHanded = { privateTenants: new Set<string>(), requireGpu: true, turn: 0, version: 0 };

const name = fc.nat(30);
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('become' as const), name, traits: nodeTraits }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), name, taken: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('forget' as const), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('select' as const), requirement: requirements }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ask' as const), from: fc.nat(600) }) },
);
/** Asked for at once, so that some pools lose their place to others. */
const DEMANDS = 120;

it('[SEL10] a place is one node’s in one pool, in one list, and free again when either goes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40, size: 'max' }), (changes) => {
      const fleet = newFleet();
      const { pools, nodes } = fleet;
      for (const step of changes) {
        if (step.kind === 'become') become(fleet, `n${step.name}`, step.traits);
        else if (step.kind === 'ask') {
          for (let n = step.from; n < step.from + DEMANDS; n += 1)
            poolsFor(pools, nodes, requirementOf(jobRequest('x', { tgtLang: `l${n}` })));
        } else if (step.kind === 'select') {
          const choice = selectNode(fleet, step.requirement);
          if (choice.kind === 'none') continue;
          setTaken(fleet, choice.node, choice.node.slots.size + 1);
          moveNode(pools, choice.node, true);
        } else {
          const node = nodes.get(asNodeId(`n${step.name}`));
          if (node === undefined) continue;
          if (step.kind === 'take') setTaken(fleet, node, Math.min(step.taken, node.declared.capacity));
          else {
            nodes.delete(node.nodeId);
            dropFromPools(pools, node);
            expect(node.firstPlace).toBe(NO_PLACE);
          }
        }
      }
      expectChains(pools, nodes.values(), expectLists(pools));
      for (const node of nodes.values()) dropFromPools(pools, node);
      expect(pools.places.count).toBe(0);
    }),
    { numRuns: 30 },
  );
});
