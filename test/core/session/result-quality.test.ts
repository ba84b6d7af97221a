import { expect, test } from 'vitest';
import { qualityCounts } from '#core/session/result-quality.ts';
import type { JobResult } from '#protocol/node-agent-messages.ts';

const countsOf = (fields: Partial<JobResult>) =>
  qualityCounts(fields as JobResult).map((effect) =>
    effect.kind === 'count' ? [effect.name, effect.labels?.range ?? ''].join(' ').trim() : effect.kind,
  );

test.each([
  [0, '0.0-0.2'],
  [0.199, '0.0-0.2'],
  [0.2, '0.2-0.4'],
  [0.6, '0.6-0.8'],
  [0.999, '0.8-1.0'],
  [1, '0.8-1.0'],
  [1.5, '0.8-1.0'],
  [-1, '0.0-0.2'],
])('[SES90] a language probability of %f counts as %s', (language_probability, range) => {
  expect(countsOf({ extra: { language_probability } })).toEqual([
    `results_by_language_probability_total ${range}`,
  ]);
});

test('[SES90] reruns and bad segments are counted where the node tells of them, and nothing else is', () => {
  expect(countsOf({})).toEqual([]);
  expect(countsOf({ rerun_count: 0, asr_quality_level: 'good' })).toEqual([]);
  expect(countsOf({ rerun_count: 2, asr_quality_level: 'bad' })).toEqual([
    'results_rerun_total',
    'results_bad_segment_total',
  ]);
});
