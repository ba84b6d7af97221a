import type { NodeHeartbeat } from '#protocol/node-agent-messages.ts';
import type { NodeRecord } from './node.ts';

/** More services than any node runs; the rest of a longer list is left out. */
const SERVICES_MAX = 64;

/**
 * How fast the node says its services work: audio ms per processing ms, for translation characters per second. Shown to
 * people and never used for choosing. A heartbeat that says nothing changes nothing [NOD71].
 */
export const noteEfficiencies = (
  node: NodeRecord,
  { asr_metrics, processing_metrics }: NodeHeartbeat,
): void => {
  if (processing_metrics !== undefined) {
    node.efficiencies = new Map(
      Object.entries(processing_metrics.serviceEfficiencies).slice(0, SERVICES_MAX),
    );
  }
  node.asrEfficiency = asr_metrics?.processingEfficiency ?? node.asrEfficiency;
};
