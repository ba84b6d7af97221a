import type { Runtime } from '#runtime/contract.ts';
import type { StallMeter } from './loop-lag.ts';
import type { GatewayMeter } from './metrics.ts';
import type { GatewaySettings } from './settings.ts';

/** What every connection needs from its process. */
export interface GatewayContext {
  readonly runtime: Runtime;
  readonly settings: GatewaySettings;
  readonly meter: GatewayMeter;
  readonly stalls: StallMeter;
}

export type Side = 'session' | 'node';

export const nowMsOf = ({ runtime }: GatewayContext): number => runtime.ports.clock.now().atMs;
