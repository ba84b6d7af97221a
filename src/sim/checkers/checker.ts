import type { Runtime, RuntimeSettings } from '#runtime/contract.ts';
import type { Observation } from '../observations.ts';
import type { SimMeter } from '../sim-meter.ts';

export type RuntimeView = Runtime['view'];

/** What checkers may know of a world beforehand. */
export interface CheckedWorld {
  readonly settings: RuntimeSettings;
  /** Without faults, and with room for everything. */
  readonly isCalm: boolean;
  /** How much of the time since then a scheduler stood still: that is nobody's waiting. */
  stalledMsSince(atMs: number): number;
}

/**
 * Looks after one rule; told of everything, it throws a `Breach` as soon as the rule is broken. It judges what was
 * promised by what was seen, never by how the core comes to it.
 */
export interface Checker {
  observe(observation: Observation): void;
  /** Faults are long over and nobody speaks: what was promised has been kept. Sockets are still open. */
  settled?(view: RuntimeView): void;
  /** Everybody has gone. */
  ended?(meter: SimMeter, view: RuntimeView): void;
}

/** Timers ring a little late, and events wait for their turn. */
export const LATE_MS = 60;
