import type { SessionEffect } from '#core/session/session-contract.ts';

/** Utterances of this step that ended at once because too many were open: each has an outcome to come and no job. */
export const joblessIn = (effects: readonly SessionEffect[]): number => {
  let count = 0;
  for (const effect of effects) {
    if (effect.kind === 'submitJob') count -= 1;
    else if (effect.kind === 'count' && effect.name === 'utterances_cut_total') count += 1;
  }
  return count;
};
