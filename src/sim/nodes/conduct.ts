import type { FaultName } from '../faults.ts';
import type { Habitat } from '../habitat.ts';
import type { Random } from '../random.ts';
import type { NodeTraits } from './traits.ts';

/** What a node will do with one job. */
export type Conduct =
  | 'answer'
  | Extract<
      FaultName,
      | 'job_slow'
      | 'job_hang'
      | 'job_crash'
      | 'job_twice'
      | 'job_stale'
      | 'job_foreign'
      | 'job_failure'
      | 'job_lacks_model'
      | 'job_empty'
      | 'job_reject'
      | 'job_unreadable'
    >;

const CONDUCTS: readonly Exclude<Conduct, 'answer'>[] = [
  'job_slow',
  'job_hang',
  'job_crash',
  'job_twice',
  'job_stale',
  'job_foreign',
  'job_failure',
  'job_lacks_model',
  'job_empty',
  'job_reject',
  'job_unreadable',
];
/** Four good answers for each fault of full weight. */
const ANSWER_WEIGHT = 4;

export const drawConduct = (habitat: Habitat, random: Random, { rejects }: NodeTraits): Conduct => {
  const weights: Partial<Record<Conduct, number>> = { answer: ANSWER_WEIGHT };
  for (const conduct of CONDUCTS) {
    weights[conduct] = conduct === 'job_reject' && !rejects ? 0 : habitat.weightOf(conduct);
  }
  return random.weighted(weights) ?? 'answer';
};

export const FAILURE_CODES = [
  'PROCESSING_ERROR',
  'MODEL_NOT_AVAILABLE',
  'TTS_TIMEOUT',
  'INVALID_AUDIO',
  'SOMETHING_ELSE',
] as const;
