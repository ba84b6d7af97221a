import type { JobResult } from '#protocol/node-agent-messages.ts';
import { type CommonEffect, count } from '../effects.ts';

const RANGE_COUNT = 5;

/** `0.8-1.0` for 0.8 to 1, both ends included; what lies outside counts at the nearer end. */
const rangeOf = (probability: number): string => {
  const at = Math.min(RANGE_COUNT - 1, Math.max(0, Math.floor(probability * RANGE_COUNT)));
  return `${(at / RANGE_COUNT).toFixed(1)}-${((at + 1) / RANGE_COUNT).toFixed(1)}`;
};

/** What a delivered result says about its own recognition, as far as its node tells [SES90]. */
export const qualityCounts = ({
  extra,
  rerun_count,
  asr_quality_level,
}: JobResult): readonly CommonEffect[] => {
  const effects: CommonEffect[] = [];
  const probability = extra?.language_probability;
  if (probability !== undefined) {
    effects.push(count('results_by_language_probability_total', { range: rangeOf(probability) }));
  }
  if (rerun_count !== undefined && rerun_count > 0) effects.push(count('results_rerun_total'));
  if (asr_quality_level === 'bad') effects.push(count('results_bad_segment_total'));
  return effects;
};
