import type { Observation } from '../observations.ts';
import { POISON } from '../poison.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

/** SIM13: nothing throws but what was poisoned. Parts that throw are caught by supervision, so here is where it shows. */
export class BreakageChecker implements Checker {
  observe(observation: Observation): void {
    if (observation.kind !== 'breakage' || observation.detail.includes(POISON)) return;
    throw new Breach('SIM13', `${observation.event}: ${observation.detail}`);
  }
}
