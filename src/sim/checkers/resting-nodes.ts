import type { ConnectionId, NodeId } from '#protocol/ids.ts';
import type { DispatcherStep, Observation } from '../observations.ts';
import { Breach } from './breach.ts';
import type { Checker } from './checker.ts';

/**
 * NOD40, NOD41: a node that the operator drained is sent no new job until that is taken back or over, whatever
 * heartbeats and sockets come meanwhile. It goes by what was asked, not by what the registry says of it.
 */
export class RestingNodesChecker implements Checker {
  readonly #untilMs = new Map<NodeId, number>();

  observe(observation: Observation): void {
    if (observation.kind !== 'dispatcherStep') return;
    this.#note(observation);
    for (const effect of observation.effects) {
      if (effect.kind === 'sendNode' && effect.offer !== undefined) {
        this.#checkOffer(observation, effect.connectionId);
      }
    }
  }

  #note({ event, now, state }: DispatcherStep): void {
    const { nodes } = state.registry;
    if (event.kind === 'nodeDrainAsked') {
      const lastsMs = event.deadlineMs ?? Number.POSITIVE_INFINITY;
      this.#untilMs.set(event.nodeId, now.atMs + lastsMs);
    }
    if (event.kind === 'nodeUndrainAsked') this.#untilMs.delete(event.nodeId);
    // With its record a node is forgotten, and with the dispatcher all are.
    for (const nodeId of this.#untilMs.keys()) if (!nodes.has(nodeId)) this.#untilMs.delete(nodeId);
  }

  #checkOffer({ now, state }: DispatcherStep, connectionId: ConnectionId): void {
    const nodeId = state.registry.connections.get(connectionId)?.nodeId ?? null;
    if (nodeId === null || now.atMs >= (this.#untilMs.get(nodeId) ?? 0)) return;
    throw new Breach('NOD40', `${nodeId} is drained and was sent a job`);
  }
}
