import { NODE_STATUSES, type NodeStatusWord } from '#protocol/node-server-messages.ts';
import type { DispatcherState } from './dispatcher-state.ts';
import type { JobPhase } from './job.ts';

/** The dispatcher in numbers, for statistics and readiness. Reads every node and open job once. */
export interface DispatcherFigures {
  readonly nodes: Readonly<Record<NodeStatusWord, number>>;
  /** Records kept of nodes that are gone; counted under `offline` too. */
  readonly goneNodes: number;
  readonly jobs: Readonly<Record<Exclude<JobPhase, 'unheard' | 'ended'>, number>>;
  readonly slots: { readonly total: number; readonly taken: number; readonly zombies: number };
}

export const dispatcherFigures = (state: DispatcherState): DispatcherFigures => {
  const nodes = Object.fromEntries(NODE_STATUSES.map((status) => [status, 0])) as Record<
    NodeStatusWord,
    number
  >;
  const slots = { total: 0, taken: 0, zombies: 0 };
  for (const node of state.registry.nodes.values()) {
    nodes[node.status] += 1;
    if (node.connectionId !== null) slots.total += node.declared.capacity;
    slots.taken += node.slots.size;
    for (const slot of node.slots.values()) slots.zombies += slot.zombieUntilAtMs === null ? 0 : 1;
  }
  const jobs = { waiting: 0, offering: 0, running: 0 };
  for (const { phase } of state.jobs.values()) if (phase !== 'ended' && phase !== 'unheard') jobs[phase] += 1;
  return { nodes, goneNodes: state.registry.goneNodes.size, jobs, slots };
};
