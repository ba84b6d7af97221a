import type { SessionEffect } from '#core/session/session-contract.ts';

/** Utterances that ended at once: each has an outcome to come and no job. */
export interface Jobless {
  /** Because too many were open. */
  readonly refused: number;
  /** Because all their audio was dropped before. */
  readonly shed: number;
}

export const joblessIn = (effects: readonly SessionEffect[]): Jobless => {
  let refused = 0;
  let shed = 0;
  for (const effect of effects) {
    if (effect.kind === 'submitJob') refused -= 1;
    else if (effect.kind !== 'count') continue;
    else if (effect.name === 'utterances_cut_total') refused += 1;
    else if (effect.name === 'utterances_shed_total') shed += 1;
  }
  return { refused, shed };
};
