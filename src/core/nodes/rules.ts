import type { NodeId } from '#protocol/ids.ts';
import { servesPair } from './languages.ts';
import { hasFeature, hasFreeSlot, type NodeRecord } from './node.ts';
import { DEFAULT_TENANT, type Requirement } from './requirements.ts';
import { hasAll } from './service-mask.ts';

/** Why a node may not take a job, in the order in which it is asked [SEL1]. The words of the reference, and ours. */
export const SELECTION_RULES = [
  'offline',
  'status_not_ready',
  'ejected',
  'not_in_public_pool',
  'gpu_unavailable',
  'model_not_available',
  'service_unavailable',
  'language_not_served',
  'audio_format_not_served',
  'open_job_not_served',
  'capacity_exceeded',
  'resource_threshold_exceeded',
  'excluded',
] as const;
export type SelectionRule = (typeof SELECTION_RULES)[number];

export const ruleOrder = (rule: SelectionRule): number => SELECTION_RULES.indexOf(rule);

/** Nodes a job must not go to (again). */
export type Excluded = ReadonlySet<NodeId>;
export const NOBODY_EXCLUDED: Excluded = new Set();

const isOpenToTenant = (node: NodeRecord, { tenant, pairedNodeId }: Requirement): boolean =>
  node.declared.acceptsPublicJobs ||
  (node.tenant === tenant && tenant !== DEFAULT_TENANT) ||
  node.nodeId === pairedNodeId;

const takesOpenJobs = (node: NodeRecord): boolean =>
  hasFeature(node, 'open_job') && hasFeature(node, 'partials');

/**
 * The first rule that keeps the node from such jobs as long as it says nothing new, or null. What the indexes are
 * built from, so it must not look at slots or load.
 */
export const standingMiss = (
  node: NodeRecord,
  requirement: Requirement,
  requireGpu: boolean,
): SelectionRule | null => {
  const { declared } = node;
  if (node.connectionId === null || node.status === 'offline') return 'offline';
  if (node.status !== 'ready') return 'status_not_ready';
  if (node.faults.ejectedUntilAtMs !== null) return 'ejected';
  if (!isOpenToTenant(node, requirement)) return 'not_in_public_pool';
  if (requireGpu && !declared.hasGpu) return 'gpu_unavailable';
  if (!hasAll(declared.servedTypes, requirement.services)) return 'model_not_available';
  if (!hasAll(declared.flags, requirement.flags)) return 'model_not_available';
  if ((node.lackingTypes & requirement.services) !== 0) return 'service_unavailable';
  if (!servesPair(declared.languages, requirement.src, requirement.tgt)) return 'language_not_served';
  if (!declared.formats.includes(requirement.format)) return 'audio_format_not_served';
  if (requirement.isOpen && !takesOpenJobs(node)) return 'open_job_not_served';
  return null;
};

/** As `standingMiss`, and what changes with every job. Load is judged among all nodes, not here [SEL5]. */
export const firstMiss = (
  node: NodeRecord,
  requirement: Requirement,
  requireGpu: boolean,
  excluded: Excluded,
): SelectionRule | null => {
  const miss = standingMiss(node, requirement, requireGpu);
  if (miss !== null) return miss;
  if (!hasFreeSlot(node)) return 'capacity_exceeded';
  return excluded.has(node.nodeId) ? 'excluded' : null;
};
