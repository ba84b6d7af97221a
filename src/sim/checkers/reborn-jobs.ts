import type { Observation } from '../observations.ts';

/**
 * Jobs that lived through the death of a dispatcher. Its successor numbers their attempts from 1 again and sends them under
 * their first names, so a node may get a name that it had, and an answer from the life before may end an attempt of this one.
 * That is a known weakness, and checkers make an exception for these jobs and no others.
 */
export class RebornJobs {
  readonly #submitted = new Set<string>();
  readonly #reborn = new Set<string>();

  observe(observation: Observation): void {
    if (observation.kind !== 'dispatcherStep' || observation.event.kind !== 'jobSubmitted') return;
    const { jobId } = observation.event.request;
    if (this.#submitted.has(jobId)) this.#reborn.add(jobId);
    this.#submitted.add(jobId);
  }

  has(wireJobId: string): boolean {
    return this.#reborn.has(wireJobId.split('~', 1)[0] ?? '');
  }
}
