import type { Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

/** I8: a message under a foreign identity changes nothing at all for its victim. */
export class IdentityChecker implements Checker {
  observe(observation: Observation): void {
    if (observation.kind !== 'intrusion' || observation.before === observation.after) return;
    throw new Breach('I8', `${observation.what} changed its victim`);
  }
}
