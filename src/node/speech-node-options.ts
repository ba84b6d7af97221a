import type { NodeFeature } from '#protocol/capabilities.ts';
import type { NodeHeartbeat, NodeRegister } from '#protocol/node-agent-messages.ts';
import type { NodeJobHandler } from './node-job.ts';
import type { NodeLog, NodeStatusEvent } from './node-status.ts';
import type { SystemUsage } from './system-usage.ts';
import type { Timers } from './timers.ts';

/** What the SDK does by itself, whatever the handler does: always declared. */
const KEPT_BY_SDK = [
  'job_ack',
  'job_progress',
  'job_reject',
  'drain',
] as const satisfies readonly NodeFeature[];

/** The features that this SDK can keep its word on. `multi_target` is not among them. */
export const SDK_NODE_FEATURES = [
  ...KEPT_BY_SDK,
  'partials',
  'open_job',
  'audio:pcm16',
  'audio:opus',
] as const satisfies readonly NodeFeature[];
export type SdkNodeFeature = (typeof SDK_NODE_FEATURES)[number];

/**
 * Fields of `node_register` that have a sensible default: schema "2.0", no models, no extras, public jobs
 * taken.
 */
type Defaulted =
  | 'capability_schema_version'
  | 'installed_models'
  | 'features_supported'
  | 'accept_public_jobs'
  | 'max_concurrent_jobs';

/** What the node is and can do, in the words of `node_register`. */
export type NodeRegistration = Omit<NodeRegister, 'type' | 'node_id' | 'advanced_features' | Defaulted> &
  Partial<Pick<NodeRegister, Defaulted>> & { readonly advanced_features?: readonly SdkNodeFeature[] };

/** What may have changed since the registration; sent with every heartbeat. */
export type NodeState = Partial<Omit<NodeHeartbeat, 'type' | 'node_id' | 'timestamp'>>;

export interface SpeechNodeOptions {
  /** `ws://host:5010/ws/node`. */
  readonly url: string;
  /** A fixed name; otherwise the server gives one, which is kept over reconnects. */
  readonly nodeId?: string;
  readonly token?: string;
  readonly registration: NodeRegistration;
  /** Jobs that run at once, at least 1; told to the server. */
  readonly capacity: number;
  readonly onJob: NodeJobHandler;
  /**
   * True: the handler gets open jobs (feature `open_job`) while the person still speaks. False, as when left out: it
   * gets every job with its whole audio.
   */
  readonly handlesOpenJobs?: boolean;
  readonly onStatus?: (event: NodeStatusEvent) => void;
  readonly log?: NodeLog;
  /** Asked before every heartbeat. `running_jobs` is always filled in by the SDK. */
  readonly currentState?: () => NodeState;

  readonly timers?: Timers;
  /** Monotonic milliseconds, for durations. */
  readonly clockMs?: () => number;
  /** Epoch milliseconds, for stamps in messages. */
  readonly wallClockMs?: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly chance?: () => number;
}

const featuresOf = ({ advanced_features = [] }: NodeRegistration): readonly SdkNodeFeature[] =>
  SDK_NODE_FEATURES.filter(
    (name) => advanced_features.includes(name) || KEPT_BY_SDK.some((kept) => kept === name),
  );

export const registerMessage = (
  { registration, capacity }: SpeechNodeOptions,
  nodeId: string | null,
): NodeRegister => ({
  capability_schema_version: '2.0',
  installed_models: [],
  features_supported: {},
  accept_public_jobs: true,
  max_concurrent_jobs: capacity,
  ...registration,
  advanced_features: featuresOf(registration),
  type: 'node_register',
  ...(nodeId !== null && { node_id: nodeId }),
});

/** `usage` is overruled by what the owner says, but for `running_jobs`. `wallMs`: epoch milliseconds. */
export const heartbeatMessage = (
  { registration, currentState }: SpeechNodeOptions,
  nodeId: string,
  usage: SystemUsage & { readonly running_jobs: number },
  wallMs: number,
): NodeHeartbeat => {
  const { resource_usage, ...state } = currentState?.() ?? {};
  return {
    installed_services: registration.installed_services ?? [],
    capability_by_type: registration.capability_by_type,
    ...state,
    type: 'node_heartbeat',
    node_id: nodeId,
    timestamp: Math.round(wallMs),
    resource_usage: { ...usage, ...resource_usage, running_jobs: usage.running_jobs },
  };
};
