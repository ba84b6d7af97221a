import type { Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

/**
 * SIM10: where nothing goes wrong and there is room for all, every sentence is translated, and no attempt is made again; a
 * second one beside the first may be, for a long sentence takes its time.
 */
export class CalmChecker implements Checker {
  observe(observation: Observation): void {
    if (observation.kind === 'clientSaw' && observation.message.type === 'missing_result') {
      throw new Breach('SIM10', `${observation.client} missed a result without any fault`);
    }
    if (observation.kind !== 'dispatcherStep') return;
    for (const effect of observation.effects) {
      if (effect.kind !== 'count' || effect.name !== 'attempts_started_total') continue;
      const why = effect.labels?.why;
      if (why !== 'first' && why !== 'hedge') throw new Breach('SIM10', `a ${why} without any fault`);
    }
  }
}
