import { hasFreeSlot, type NodeRecord } from './node.ts';
import type { SelectionRule } from './rules.ts';

/**
 * The first rule that keeps the node from an ordinary job now, whatever the job asks for; null when it depends on the
 * job. For people who ask why a node is idle, not for choosing: `firstMiss` is.
 */
export const generalMiss = (node: NodeRecord, requireGpu: boolean): SelectionRule | null => {
  const { connectionId, declared, status } = node;
  if (connectionId === null || status === 'offline') return 'offline';
  if (status !== 'ready') return 'status_not_ready';
  if (node.faults.ejectedUntilAtMs !== null) return 'ejected';
  if (!declared.acceptsPublicJobs) return 'not_in_public_pool';
  if (requireGpu && !declared.hasGpu) return 'gpu_unavailable';
  if (declared.servedTypes === 0) return 'model_not_available';
  if ((declared.servedTypes & ~node.lackingTypes) === 0) return 'service_unavailable';
  if (!hasFreeSlot(node)) return 'capacity_exceeded';
  return node.load.isExcluded ? 'resource_threshold_exceeded' : null;
};
