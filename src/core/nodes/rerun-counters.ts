import type { RerunMetrics } from '#protocol/shapes.ts';
import { count } from '../effects.ts';
import type { NodeRecord } from './node.ts';
import type { RegistryTurn } from './registry.ts';

type RerunKey = keyof RerunMetrics;

const LABELS: Readonly<Record<RerunKey, string>> = {
  totalReruns: 'started',
  successfulReruns: 'succeeded',
  failedReruns: 'failed',
  timeoutReruns: 'timed_out',
  qualityImprovements: 'improved',
};
const KEYS = Object.keys(LABELS) as readonly RerunKey[];

/**
 * A node tells running totals: what counts is how much they grew since its last word. The first word is where counting
 * begins, and totals that shrank were begun anew by a restarted node [NOD70].
 */
export const countReruns = (turn: RegistryTurn, node: NodeRecord, told: RerunMetrics): void => {
  for (const key of KEYS) {
    const total = told[key];
    if (total === undefined) continue;
    const before = node.rerunTotals.get(key);
    node.rerunTotals.set(key, total);
    if (before === undefined) continue;
    const grownBy = total >= before ? total - before : total;
    if (grownBy > 0) turn.effects.push(count('node_reruns_total', { how: LABELS[key] }, grownBy));
  }
};
