import type { Scenario } from '#load/scenario.ts';
import { HABITS } from './clients/habits.ts';
import { scriptedHabit } from './clients/scripted.ts';
import { type Company, SimClient } from './clients/sim-client.ts';
import type { Habitat } from './habitat.ts';
import { type Colleagues, SimNode } from './nodes/sim-node.ts';
import { drawNodeTraits } from './nodes/traits.ts';
import type { Random } from './random.ts';

const KINDS = ['webOlder', 'webNewer', 'mobile', 'whole', 'sdk', 'sdk-resuming', 'rude', 'listener'] as const;

/** Everybody who lives in one world. */
export interface Population {
  readonly clients: readonly SimClient[];
  readonly nodes: readonly SimNode[];
}

/** `isRoomy`: enough nodes of every skill for everything that is said. `scenario`: who comes, instead of a few of any kind. */
export const populate = (
  habitat: Habitat,
  random: Random,
  isRoomy: boolean,
  scenario: Scenario | null,
): Population => {
  const clients: SimClient[] = [];
  const nodes: SimNode[] = [];
  const company: Company = {
    otherSessionOf: (client) =>
      random.pickAny(clients.filter((other) => other !== client && other.sessionId !== null))?.sessionId ??
      null,
  };
  const colleagues: Colleagues = {
    otherThan: (node) => random.pickAny(nodes.filter((other) => other !== node && other.isRegistered)),
  };
  const nodeCount = isRoomy ? random.between(3, 5) : random.between(1, 5);
  for (let at = 0; at < nodeCount; at += 1) {
    const own = random.fork(`node ${at}`);
    nodes.push(new SimNode(habitat, colleagues, own, drawNodeTraits(own, at, isRoomy)));
  }
  const clientCount = scenario?.sessions ?? random.between(1, 5);
  for (let speaker = 1; speaker <= clientCount; speaker += 1) {
    const own = random.fork(`client ${speaker}`);
    const habit = scenario === null ? HABITS[random.pick(KINDS)] : scriptedHabit(scenario, speaker - 1);
    clients.push(new SimClient(habitat, company, own, habit, speaker));
  }
  return { clients, nodes };
};
