import { hasFeature } from '#core/nodes/node.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import type { DispatcherStep, Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import { type CheckedWorld, type Checker, LATE_MS } from './checker.ts';

/** A node with progress that hangs is found by the third missed signal. */
const SILENCE_MS_MAX = 6000;

const isSign = ({ type }: NodeAgentMessage): boolean =>
  type === 'job_ack' || type === 'job_started' || type === 'job_progress' || type === 'asr_partial';

/**
 * R2: what nodes say of the jobs they have is acted on. One that gives signs of life and falls silent is found out; one that
 * refuses a job is rid of it in the same step.
 */
export class SignsOfLifeChecker implements Checker {
  readonly #world: CheckedWorld;
  readonly #lastSignAtMs = new Map<string, number>();

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  observe(observation: Observation): void {
    if (observation.kind !== 'dispatcherStep') return;
    const { event } = observation;
    if (event.kind === 'started') this.#lastSignAtMs.clear();
    if (event.kind === 'nodeMessage') this.#onMessage(observation, event.connectionId, event.message);
    this.#checkSilence(observation);
  }

  #onMessage({ state, now }: DispatcherStep, connectionId: string, message: NodeAgentMessage): void {
    if (!('job_id' in message)) return;
    const node = [...state.registry.nodes.values()].find((one) => one.connectionId === connectionId);
    if (node === undefined || message.node_id !== node.nodeId) return;
    for (const { attempts } of state.jobs.values()) {
      for (const { attemptId, nodeId, phase, wireJobId } of attempts) {
        if (nodeId !== node.nodeId || wireJobId !== message.job_id) continue;
        if (message.attempt_id !== undefined && message.attempt_id !== attemptId) continue;
        if (isSign(message)) this.#lastSignAtMs.set(`${wireJobId}/${attemptId}`, now.atMs);
        if (message.type === 'job_reject' && phase !== 'zombie' && phase !== 'ended') {
          throw new Breach('R2', `${nodeId} refused ${wireJobId} and is still waited for`);
        }
      }
    }
  }

  #checkSilence({ state, now }: DispatcherStep): void {
    for (const { attempts } of state.jobs.values()) {
      for (const { attemptId, nodeId, phase, wireJobId } of attempts) {
        if (phase !== 'acked' && phase !== 'started') continue;
        const node = state.registry.nodes.get(nodeId);
        const sinceAtMs = this.#lastSignAtMs.get(`${wireJobId}/${attemptId}`);
        if (node === undefined || sinceAtMs === undefined || !hasFeature(node, 'job_progress')) continue;
        const silenceMs = now.atMs - sinceAtMs;
        // Our own stalls are given back, once as told and once more for what may not have been read.
        const stalledMs = 2 * this.#world.stalledMsSince(sinceAtMs);
        if (silenceMs > SILENCE_MS_MAX + stalledMs + LATE_MS) {
          throw new Breach('R2', `${nodeId} has been silent on ${wireJobId} for ${Math.round(silenceMs)} ms`);
        }
      }
    }
  }
}
