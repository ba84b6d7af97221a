import type { IdSource, InstanceId, JobId } from '#protocol/ids.ts';
import type { Chance } from '../chance.ts';
import type { Now } from '../clock.ts';
import type { NodeRecord } from '../nodes/node.ts';
import { newRegistry, type Registry, type RegistryTurn } from '../nodes/registry.ts';
import type { DispatchSettings } from '../settings.ts';
import type { EndedJob, Job } from './job.ts';
import { newWaitingQueue, type WaitingQueue } from './waiting-queue.ts';

/** What the dispatcher is given once: where its chance and ids come from, and which process it is. */
export interface DispatcherDeps {
  readonly chance: Chance;
  readonly ids: IdSource;
  readonly owner: InstanceId;
}

/** Everything the dispatcher owns. Others read it for statistics and never change it. */
export interface DispatcherState {
  readonly settings: DispatchSettings;
  readonly deps: DispatcherDeps;
  readonly registry: Registry;
  /** Open jobs. */
  readonly jobs: Map<JobId, Job>;
  readonly waiting: WaitingQueue<Job>;
  /** Those among them whose audio is still being spoken, oldest first. */
  readonly openJobs: Set<Job>;
  /** Those that others of their session wait for, until they end. */
  readonly blocking: Set<Job>;
  /** The last jobs that ended, oldest first; bounded. */
  readonly endedJobs: Map<JobId, EndedJob>;
  /** How long the process stood still, in all; peers are not blamed for that time [JOB46]. */
  stalledMs: number;
}

/** One step: the state, the time, and where effects go. */
export interface DispatcherTurn extends RegistryTurn {
  readonly state: DispatcherState;
}

export const newDispatcherState = (settings: DispatchSettings, deps: DispatcherDeps): DispatcherState => ({
  settings,
  deps,
  registry: newRegistry(settings),
  jobs: new Map(),
  waiting: newWaitingQueue(settings.waitingJobsMax),
  openJobs: new Set(),
  blocking: new Set(),
  endedJobs: new Map(),
  stalledMs: 0,
});

export const beginTurn = (state: DispatcherState, now: Now): DispatcherTurn => ({
  state,
  registry: state.registry,
  settings: state.settings,
  chance: state.deps.chance,
  ids: state.deps.ids,
  owner: state.deps.owner,
  now,
  effects: [],
  gained: new Set<NodeRecord>(),
});
