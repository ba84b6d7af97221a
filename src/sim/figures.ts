import type { JobId } from '#protocol/ids.ts';
import type { Observation } from './observations.ts';

/** What a world says about quality, apart from right and wrong: exact, because its time is simulated. */
export class Figures {
  outcomes = 0;
  missing = 0;
  hedges = 0;
  /** Sentences given up because later ones had waited too long, by their jobs. */
  readonly givenUp: JobId[] = [];
  /** From the loss of an attempt with its node's socket to the next attempt of the job, ms. */
  readonly redispatchMs: number[] = [];
  /** From the submission of a job to its first attempt on a node's link, ms. */
  readonly queuedMs: number[] = [];
  readonly #bereavedAtMs = new Map<string, number>();

  observe(observation: Observation, nowMs: number): void {
    if (observation.kind === 'clientSaw') {
      if (observation.message.type === 'translation_result') this.outcomes += 1;
      if (observation.message.type !== 'missing_result') return;
      this.outcomes += 1;
      this.missing += 1;
    } else if (observation.kind === 'sessionStep') {
      for (const effect of observation.effects) {
        if (effect.kind === 'cancelJob' && effect.reason === 'order_timeout') this.givenUp.push(effect.jobId);
      }
    } else if (observation.kind === 'dispatcherStep') this.#onDispatcher(observation, nowMs);
  }

  #onDispatcher(
    { effects, event, state }: Extract<Observation, { kind: 'dispatcherStep' }>,
    nowMs: number,
  ): void {
    for (const effect of effects) {
      if (effect.kind === 'observe' && effect.name === 'job_queued_ms') this.queuedMs.push(effect.value);
      if (
        effect.kind === 'count' &&
        effect.name === 'attempts_started_total' &&
        effect.labels?.why === 'hedge'
      ) {
        this.hedges += 1;
      } else if (effect.kind === 'sendNode' && effect.offer !== undefined) {
        const sinceMs = this.#bereavedAtMs.get(effect.offer.jobId);
        this.#bereavedAtMs.delete(effect.offer.jobId);
        // Beside what still runs, or in the very step of the loss.
        if (event.kind === 'nodeSocketClosed') this.redispatchMs.push(0);
        else if (sinceMs !== undefined) this.redispatchMs.push(nowMs - sinceMs);
      } else if (effect.kind === 'tellSession' && effect.event.kind === 'jobEnded') {
        this.#bereavedAtMs.delete(effect.event.jobId);
      }
    }
    if (event.kind !== 'nodeSocketClosed') return;
    for (const job of state.jobs.values()) {
      if (job.phase === 'waiting' && job.lastLoss === 'lost' && job.sentCount > 0) {
        if (!this.#bereavedAtMs.has(job.request.jobId)) this.#bereavedAtMs.set(job.request.jobId, nowMs);
      }
    }
  }
}
