import type { DispatcherStep, Observation, SessionStep } from '../observations.ts';
import { Breach } from './breach.ts';
import type { CheckedWorld, Checker } from './checker.ts';

/** More than the dispatcher says it remembers would be a leak. */
const ENDED_JOBS_MAX = 4096;
/** Of one client that may come back. */
const KEPT_OUTCOMES_MAX = 1024;

/** I7 as far as state shows it: what waits, what is remembered and what is buffered has a bound. */
export class BoundsChecker implements Checker {
  readonly #world: CheckedWorld;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  observe(observation: Observation): void {
    if (observation.kind === 'dispatcherStep') this.#onDispatcher(observation);
    else if (observation.kind === 'sessionStep') this.#onSession(observation);
  }

  #onDispatcher({ state }: DispatcherStep): void {
    const { waitingJobsMax } = this.#world.settings.dispatch;
    if (state.waiting.size > waitingJobsMax) {
      throw new Breach('I7', `${state.waiting.size} jobs wait, at most ${waitingJobsMax} may`);
    }
    if (state.endedJobs.size > ENDED_JOBS_MAX) {
      throw new Breach('I7', `${state.endedJobs.size} ended jobs are remembered`);
    }
  }

  #onSession({ state }: SessionStep): void {
    const { session } = this.#world.settings;
    const bufferedBytes = state.segmenter.growing?.audioBytes ?? 0;
    if (bufferedBytes > session.utteranceMaxBytes) {
      throw new Breach('I7', `${state.sessionId} buffers ${bufferedBytes} bytes`);
    }
    const { outbox } = state;
    if (outbox.entries.length > KEPT_OUTCOMES_MAX) {
      throw new Breach('I7', `${state.sessionId} keeps ${outbox.entries.length} outcomes`);
    }
    const { size } = state.results.openByJob;
    if (size > session.openUtterancesMax) {
      throw new Breach('I7', `${state.sessionId} has ${size} open utterances`);
    }
  }
}
