import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import { hasFreeSlot, type NodeRecord } from '#core/nodes/node.ts';
import { standingMiss } from '#core/nodes/rules.ts';
import type { DispatcherStep, Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { CheckedWorld, Checker } from './checker.ts';

type Job = DispatcherState['jobs'] extends Map<unknown, infer Value> ? Value : never;

/**
 * R2: work never stands beside a node that could do it. No job waits while a node has room for it; and a job that blocks
 * others gets a second attempt beside the first as soon as it is hastened, if there is a node for that.
 */
export class IdleNodesChecker implements Checker {
  readonly #world: CheckedWorld;
  readonly #hastened = new Set<string>();

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  observe(observation: Observation): void {
    if (observation.kind !== 'dispatcherStep') return;
    if (observation.state.waiting.size > 0) this.#checkWaiting(observation.state);
    if (observation.event.kind === 'jobHastened') {
      this.#hastened.add(observation.event.jobId);
      this.#checkHastened(observation, observation.event.jobId, true);
    }
    for (const jobId of this.#hastened) this.#checkBlocking(observation, jobId);
  }

  /** While it holds up others it has two attempts, or there is no node for the second. */
  #checkBlocking(step: DispatcherStep, jobId: string): void {
    const job = [...step.state.jobs.values()].find(({ request }) => request.jobId === jobId);
    if (job === undefined) this.#hastened.delete(jobId);
    else this.#checkHastened(step, jobId, false);
  }

  #checkWaiting(state: DispatcherState): void {
    for (const job of state.jobs.values()) {
      if (job.phase !== 'waiting') continue;
      // On the same socket it would say again that it cannot do it.
      const node = this.#roomFor(state, job, ({ nodeId, generation }) =>
        job.attempts.every(
          (one) => one.nodeId !== nodeId || one.generation !== generation || one.rejection !== 'unsupported',
        ),
      );
      if (node !== null)
        throw new Breach('R2', `${job.request.jobId} waits and ${node.nodeId} has room for it`);
    }
  }

  #checkHastened({ state, effects }: DispatcherStep, jobId: string, isHastenedNow: boolean): void {
    if (effects.some((effect) => effect.kind === 'sendNode' && effect.offer?.jobId === jobId)) return;
    const { failoverMaxAttempts } = this.#world.settings.dispatch;
    const job = [...state.jobs.values()].find(({ request }) => request.jobId === jobId);
    if (job === undefined || job.phase !== 'running' || job.sentCount > failoverMaxAttempts) return;
    // Two nodes answered that they cannot do it: a third is asked only in the moment in which the job is hastened again.
    if (job.failureCount > 1 && !(isHastenedNow && job.hastenings > 1)) return;
    const underWay = job.attempts.filter(
      ({ phase, isAwaited }) => isAwaited || (phase !== 'zombie' && phase !== 'ended'),
    );
    if (underWay.length > 1 || underWay[0]?.phase === 'offering') return;
    const node = this.#roomFor(state, job, ({ nodeId }) =>
      job.attempts.every((attempt) => attempt.nodeId !== nodeId),
    );
    if (node !== null) throw new Breach('R2', `${jobId} blocks others and ${node.nodeId} has room for it`);
  }

  #roomFor(state: DispatcherState, job: Job, isNew: (node: NodeRecord) => boolean): NodeRecord | null {
    const { requireGpu } = this.#world.settings.dispatch;
    for (const node of state.registry.nodes.values()) {
      if (!hasFreeSlot(node) || job.refusedBy.has(node.nodeId) || !isNew(node)) continue;
      if (standingMiss(node, job.requirement, requireGpu) === null) return node;
    }
    return null;
  }
}
