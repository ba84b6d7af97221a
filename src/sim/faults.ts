import type { Random } from './random.ts';

/** Everything that can go wrong in a world. What a node does with a job is drawn from the `job_` ones. */
export const FAULTS = {
  client_cut: 'a client loses its socket',
  client_half_open: 'the line to a client is dead and nobody is told',
  client_stops_reading: 'a client does not read for a while',
  client_replaced: 'a client sends a second session_init on its socket',
  node_cut: 'a node loses its socket and keeps its jobs',
  node_half_open: 'the line to a node is dead and nobody is told',
  node_crash: 'a node dies and comes back with the same id and empty hands',
  node_takeover: 'a node comes on a second socket while the first is open',
  node_stops_reading: 'a node does not read for a while',
  node_mute: 'a node sends no heartbeats for a while',
  node_unready: 'a node says that its services are not ready',
  node_busy: 'a node reports a load above its limit',
  node_refused: 'a node registers in a way that must be refused, later properly',
  node_broken: 'a node fails whatever it gets, at once, for a while',
  node_cpu_spike: 'the processor of a node is busy for a while',
  node_takeover_storm: 'two processes use one node id and take it from each other',
  node_drained: 'the operator drains a node',
  node_drains_itself: 'a node asks for no more jobs',
  node_garbage: 'a node sends what is no message',
  node_wrong_id: 'a node speaks under the id of another',
  job_slow: 'an answer takes many times as long as usual',
  job_hang: 'a job is never answered',
  job_crash: 'the node dies in the middle of a job',
  job_twice: 'a job is answered twice, with different words',
  job_stale: 'an answer names an attempt that was never made',
  job_foreign: 'another node answers the job first',
  job_failure: 'a job ends with an error',
  job_lacks_model: 'a service of the node has no model for the job',
  job_empty: 'a node heard nothing',
  job_reject: 'a node will not take a job',
  job_unreadable: 'the speech in an answer cannot be decoded',
  job_deaf_to_cancel: 'a cancelled job runs on and is answered late',
  latency_spike: 'the lines are slow for a while',
  store_refuses: 'the store refuses for a while',
  store_silent: 'the store does not answer for a while',
  session_dies: 'a fault of ours kills a session',
  dispatcher_dies: 'a fault of ours kills the dispatcher',
  loop_stall: 'the scheduler stands still',
  wall_step: 'the wall clock is set',
} as const;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** How often a world has no faults at all: then every sentence must be translated [SIM6]. */
const CALM_PROBABILITY = 0.12;
/** Few at a time: where everything breaks, nothing is reached. */
const ON_PROBABILITY = 0.3;
const WEIGHTS = [0.15, 0.5, 1] as const;

/** Which faults a world has, and how much of each. Empty = calm. */
export type FaultPlan = Readonly<Partial<Record<FaultName, number>>>;

/** Drawn once for each seed, so that worlds differ in kind [SIM6]. */
export const drawFaultPlan = (random: Random): FaultPlan => {
  if (random.happens(CALM_PROBABILITY)) return {};
  const plan: Partial<Record<FaultName, number>> = {};
  for (const name of FAULT_NAMES) if (random.happens(ON_PROBABILITY)) plan[name] = random.pick(WEIGHTS);
  return plan;
};

/**
 * What an ordinary bad day looks like, for figures that can be compared: now and then a node dies, hangs, is slow or fails a
 * job, a line breaks, the store is away, the process is late.
 */
export const STANDARD_MIX: FaultPlan = {
  client_cut: 0.15,
  node_crash: 0.5,
  node_cut: 0.15,
  job_hang: 0.15,
  job_slow: 0.15,
  job_failure: 0.15,
  store_refuses: 0.5,
  loop_stall: 0.15,
};

export const isCalm = (plan: FaultPlan): boolean => Object.keys(plan).length === 0;
