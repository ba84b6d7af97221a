import type { SimMeter } from '../sim-meter.ts';
import { Breach } from './breach.ts';
import type { Checker, RuntimeView } from './checker.ts';

/** I6: once all is over nothing is left; timers and sockets are looked at by the world itself. */
export class LeftoverChecker implements Checker {
  observe(): void {
    // Only the end counts.
  }

  settled({ dispatcher }: RuntimeView): void {
    const { jobs, waiting } = dispatcher;
    if (jobs.size > 0) throw new Breach('I6', `${jobs.size} jobs are left`);
    if (waiting.size > 0) throw new Breach('I6', `${waiting.size} jobs still wait`);
  }

  ended(_meter: SimMeter, { dispatcher, sessionCount, audioBytes }: RuntimeView): void {
    const { registry } = dispatcher;
    if (audioBytes !== 0) throw new Breach('I6', `${audioBytes} bytes of audio are left`);
    if (sessionCount > 0) throw new Breach('I6', `${sessionCount} sessions are left`);
    if (registry.connections.size > 0)
      throw new Breach('I6', `${registry.connections.size} node sockets are left`);
    if (registry.nodes.size > 0) throw new Breach('I6', `${registry.nodes.size} records of nodes are left`);
    if (registry.goneNodes.size > 0) throw new Breach('I6', `${registry.goneNodes.size} gone nodes are left`);
  }
}
