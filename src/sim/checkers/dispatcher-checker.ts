import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import { Breach } from './breach.ts';

/** A good answer that must win, seen before the step that handles it. */
interface Due {
  readonly jobId: string;
  readonly text: string;
}

/** I1, I3 and I4 for jobs and nodes, from the dispatcher's steps. */
export class DispatcherChecker {
  /** By node id, what the node itself declared; not what the registry made of it. */
  readonly #capacityOf: (nodeId: string) => number | undefined;
  readonly #endedJobs = new Set<string>();
  readonly #submitted = new Set<string>();
  results = 0;
  dropped = 0;
  hedges = 0;

  constructor(capacityOf: (nodeId: string) => number | undefined) {
    this.#capacityOf = capacityOf;
  }

  /** Which answer must win in the step that is about to happen, if any. */
  before(state: DispatcherState, event: DispatcherEvent): Due | null {
    if (event.kind === 'jobSubmitted') this.#submitted.add(event.request.jobId);
    if (event.kind !== 'nodeMessage' || event.message.type !== 'job_result') return null;
    const { message, connectionId } = event;
    const nodeId = state.registry.connections.get(connectionId)?.nodeId;
    if (nodeId == null || state.registry.nodes.get(nodeId)?.connectionId !== connectionId) return null;
    const hasContent = Boolean(message.text_asr) || Boolean(message.text_translated);
    if (message.node_id !== nodeId || !message.success || !hasContent) return null;
    for (const job of state.jobs.values()) {
      const attempt = job.attempts.find(
        (each) =>
          each.attemptId === message.attempt_id &&
          each.wireJobId === message.job_id &&
          each.nodeId === nodeId &&
          !each.hasAnswered,
      );
      if (attempt !== undefined) return { jobId: job.request.jobId, text: message.text_asr ?? '' };
    }
    return null;
  }

  after(state: DispatcherState, due: Due | null, effects: readonly DispatcherEffect[]): void {
    let won: Due | null = null;
    for (const effect of effects) {
      if (effect.kind === 'count' && effect.name === 'results_dropped_total') this.dropped += 1;
      if (effect.kind === 'count' && effect.labels?.why === 'hedge') this.hedges += 1;
      if (effect.kind !== 'tellSession' || effect.event.kind !== 'jobEnded') continue;
      const { jobId, outcome } = effect.event;
      if (this.#endedJobs.has(jobId)) throw new Breach('I1', `${jobId} ended twice`);
      if (!this.#submitted.has(jobId)) throw new Breach('I1', `${jobId} ended and was never submitted`);
      this.#endedJobs.add(jobId);
      if (outcome.kind === 'result') won = { jobId, text: outcome.result.text_asr ?? '' };
    }
    if (due === null && won !== null)
      throw new Breach('I4', `${won.jobId} took an answer that none of its attempts gave`);
    if (due !== null && (won === null || won.jobId !== due.jobId || won.text !== due.text)) {
      throw new Breach('I4', `${due.jobId} did not take the first good answer`);
    }
    if (won !== null) this.results += 1;
    this.#checkSlots(state);
  }

  /** After the faults are over and all clients have gone: nothing is left without an owner [I6]. */
  settled(state: DispatcherState): void {
    if (state.jobs.size > 0) throw new Breach('I6', `${state.jobs.size} jobs are left`);
    for (const node of state.registry.nodes.values()) {
      if (node.slots.size > 0) throw new Breach('I6', `${node.nodeId} still holds ${node.slots.size} slots`);
    }
  }

  #checkSlots(state: DispatcherState): void {
    for (const node of state.registry.nodes.values()) {
      const capacity = this.#capacityOf(node.nodeId);
      if (capacity !== undefined && node.slots.size > capacity) {
        throw new Breach('I3', `${node.nodeId} holds ${node.slots.size} of ${capacity}`);
      }
    }
    for (const job of state.jobs.values()) {
      const live = job.attempts.filter(({ phase }) => phase !== 'zombie' && phase !== 'ended');
      if (live.length > 2) throw new Breach('I4', `${job.request.jobId} has ${live.length} live attempts`);
      for (const { nodeId, attemptId } of live) {
        if (state.registry.nodes.get(nodeId)?.slots.has(`${job.request.jobId}/${attemptId}`) !== true) {
          throw new Breach('I3', `${job.request.jobId}/${attemptId} runs without a slot on ${nodeId}`);
        }
      }
    }
  }
}
