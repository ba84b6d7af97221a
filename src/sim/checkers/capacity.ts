import type { DispatchSettings } from '#core/settings.ts';
import type { JobAssign, JobCancel } from '#protocol/node-server-messages.ts';
import type { DispatcherStep, Observation, Wire } from '../observations.ts';
import { Breach } from './breach.ts';
import { type CheckedWorld, type Checker, LATE_MS, type RuntimeView } from './checker.ts';

/** What one node has in hand on its present socket, by its own account. */
interface Hands {
  capacity: number;
  /** By job and attempt. */
  readonly jobs: Set<string>;
  /** How many of them its last heartbeat did not count: cancelled ones among them may be taken for over. */
  uncounted: number;
}

/**
 * I3, from both ends: no node is sent more than it can hold by its own count, and in the registry every slot belongs to a
 * live attempt or to a zombie whose time is bounded.
 */
export class CapacityChecker implements Checker {
  readonly #settings: DispatchSettings;
  readonly #world: CheckedWorld;
  readonly #hands = new Map<string, Hands>();
  /** From when on a cancelled attempt may no longer count: the scheduler's time runs from when it sent the cancel. */
  readonly #countsUntilAtMs = new Map<string, number>();
  #nowAtMs = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
    this.#settings = world.settings.dispatch;
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'dispatcherStep':
        this.#nowAtMs = observation.now.atMs;
        this.#noteCancels(observation);
        this.#checkRegistry(observation);
        break;
      case 'sessionStep':
        this.#nowAtMs = observation.now.atMs;
        break;
      case 'nodeOnline':
        // What was in hand on an earlier socket is counted there no more: its slots ended with it.
        this.#handsOf(observation.node).jobs.clear();
        break;
      case 'nodeSaid':
        this.#onNodeSaid(observation);
        break;
      case 'nodeSaw':
        this.#onNodeSaw(observation);
        break;
      default:
    }
  }

  settled({ dispatcher }: RuntimeView): void {
    for (const { nodeId, slots } of dispatcher.registry.nodes.values()) {
      if (slots.size > 0) throw new Breach('I3', `${nodeId} still holds ${slots.size} slots`);
    }
  }

  #onNodeSaid({ node, message }: Extract<Observation, { kind: 'nodeSaid' }>): void {
    const hands = this.#handsOf(node);
    switch (message.type) {
      case 'node_register':
        hands.capacity = Number(message.max_concurrent_jobs);
        break;
      case 'job_result':
        // "Had it before" is no answer to the job.
        if (!JSON.stringify(message.error ?? '').includes('DUPLICATE_')) hands.jobs.delete(keyOf(message));
        break;
      case 'node_heartbeat': {
        const usage = message.resource_usage as { readonly running_jobs: number };
        hands.uncounted = Math.max(0, hands.jobs.size - usage.running_jobs);
        // Now, as the scheduler does: a later heartbeat may count jobs again that are no longer in hand here.
        this.#dropUncounted(hands, 0);
        break;
      }
      case 'job_cancelled':
      case 'job_reject':
        hands.jobs.delete(keyOf(message));
        break;
      default:
    }
  }

  #onNodeSaw({ node, message }: Extract<Observation, { kind: 'nodeSaw' }>): void {
    const hands = this.#handsOf(node);
    if (message.type !== 'job_assign') return;
    hands.jobs.add(keyOf(message));
    for (const key of hands.jobs) {
      if ((this.#countsUntilAtMs.get(key) ?? Number.POSITIVE_INFINITY) <= this.#nowAtMs)
        hands.jobs.delete(key);
    }
    this.#dropUncounted(hands, hands.capacity);
    if (hands.jobs.size > hands.capacity) {
      throw new Breach('I3', `${node} was given ${hands.jobs.size} jobs for ${hands.capacity} places`);
    }
  }

  /** Of cancelled jobs, oldest first, as many as the node did not count, until no more than so many are in hand. */
  #dropUncounted(hands: Hands, downTo: number): void {
    for (const key of hands.jobs) {
      if (hands.jobs.size <= downTo || hands.uncounted === 0) return;
      if (!this.#countsUntilAtMs.has(key)) continue;
      hands.jobs.delete(key);
      hands.uncounted -= 1;
    }
  }

  #noteCancels({ effects, now }: DispatcherStep): void {
    const { hangZombieMs, zombieMaxMs } = this.#settings;
    for (const effect of effects) {
      if (effect.kind !== 'sendNode' || effect.message.type !== 'job_cancel') continue;
      const { message } = effect;
      const isHang = message.reason === 'job_timeout' || message.reason === 'progress_timeout';
      const boundMs = isHang ? Math.min(hangZombieMs, zombieMaxMs) : zombieMaxMs;
      this.#countsUntilAtMs.set(keyOf(message), now.atMs + boundMs);
    }
  }

  #checkRegistry({ state, now }: DispatcherStep): void {
    for (const { nodeId, slots, declared } of state.registry.nodes.values()) {
      if (slots.size > declared.capacity) {
        throw new Breach('I3', `${nodeId} holds ${slots.size} of ${declared.capacity} slots`);
      }
      for (const { key, jobId, attemptId, zombieUntilAtMs } of slots.values()) {
        if (zombieUntilAtMs !== null) {
          const overdueMs = now.atMs - zombieUntilAtMs;
          if (overdueMs > LATE_MS && overdueMs - this.#world.stalledMsSince(zombieUntilAtMs) > LATE_MS) {
            throw new Breach('I3', `${nodeId} keeps the slot of ${key} beyond its time`);
          }
          continue;
        }
        const attempt = state.jobs.get(jobId)?.attempts.find((one) => one.attemptId === attemptId);
        if (attempt === undefined || attempt.nodeId !== nodeId || !isLivePhase(attempt.phase)) {
          throw new Breach('I3', `${nodeId} holds a slot for ${key}, which does not run`);
        }
      }
    }
    for (const { request, attempts } of state.jobs.values()) {
      for (const { attemptId, nodeId, phase } of attempts) {
        if (!isLivePhase(phase)) continue;
        if (state.registry.nodes.get(nodeId)?.slots.has(`${request.jobId}/${attemptId}`) !== true) {
          throw new Breach('I3', `${request.jobId}/${attemptId} runs on ${nodeId} without a slot`);
        }
      }
    }
  }

  #handsOf(node: string): Hands {
    let hands = this.#hands.get(node);
    if (hands === undefined) {
      hands = { capacity: 0, jobs: new Set(), uncounted: 0 };
      this.#hands.set(node, hands);
    }
    return hands;
  }
}

const isLivePhase = (phase: string): boolean => phase !== 'zombie' && phase !== 'ended';

const keyOf = (named: Wire | JobAssign | JobCancel): string => `${named.job_id}/${named.attempt_id}`;
