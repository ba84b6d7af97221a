import type { NodeHeartbeat } from '#protocol/node-agent-messages.ts';
import { declarationAfter, servesTheSame } from './declaration.ts';
import { stayDrained } from './drain.ts';
import { noteEfficiencies } from './efficiencies.ts';
import { judgeHealth } from './health.ts';
import { tellIdleness } from './idleness.ts';
import { readLoad } from './load.ts';
import { hasFreeSlot, type NodeRecord } from './node.ts';
import { moveNode, refreshMemberships } from './pools.ts';
import { putNodeInStore, type RegistryTurn, setTimer } from './registry.ts';
import { countReruns } from './rerun-counters.ts';
import { seeServices } from './unavailability.ts';

/** Takes in what the node says of itself; the server's clock counts, not the message's [NOD8]. */
export const takeHeartbeat = (turn: RegistryTurn, node: NodeRecord, message: NodeHeartbeat): void => {
  const { settings, registry } = turn;
  node.lastHeartbeatAtMs = turn.now.atMs;
  setTimer(turn, { kind: 'heartbeat', nodeId: node.nodeId }, settings.heartbeatTimeoutMs);
  putNodeInStore(turn, node);

  const before = node.declared;
  node.declared = declarationAfter(before, message);
  readLoad(node.load, message.resource_usage, {
    thresholdPercent: settings.resourceThresholdPercent,
    countsCpu: !node.declared.runsOnCpu,
  });
  if (message.rerun_metrics !== undefined) countReruns(turn, node, message.rerun_metrics);
  noteEfficiencies(node, message);
  // Results and heartbeats share a socket: what runs there and is not in a slot is not ours any more.
  node.foreignJobs = Math.max(0, (message.resource_usage.running_jobs ?? 0) - node.slots.size);

  if (servesTheSame(before, node.declared)) moveNode(registry.pools, node);
  else refreshMemberships(registry.pools, node);
  seeServices(turn, node);
  if (!stayDrained(turn, node)) judgeHealth(turn, node);
  tellIdleness(turn, node);
  if (node.status === 'ready' && hasFreeSlot(node)) turn.gained.add(node);
};
