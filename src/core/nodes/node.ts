import type { NodeFeature } from '#protocol/capabilities.ts';
import type { ConnectionId, JobId, NodeId } from '#protocol/ids.ts';
import type { NodeStatusWord } from '#protocol/node-server-messages.ts';
import type { Declaration } from './declaration.ts';
import { type FaultRecord, newFaultRecord } from './fault-record.ts';
import { type LoadReadings, newLoadReadings } from './load.ts';
import { NO_BUCKET, NO_PLACE, type Place } from './places.ts';
import type { ServiceMask } from './service-mask.ts';
import { newSpeed, type Speed } from './speed.ts';
import type { ServiceMark } from './unavailability.ts';

/** Names one attempt on the node that holds it. */
export type SlotKey = `${JobId}/${number}`;
export const slotKey = (jobId: JobId, attemptId: number): SlotKey => `${jobId}/${attemptId}`;

/** One place of a node's capacity, taken by an attempt that runs or may still run [I3]. Holds no audio. */
export interface Slot {
  readonly key: SlotKey;
  readonly jobId: JobId;
  readonly attemptId: number;
  audioMs: number;
  sentAtMs: number | null;
  /** The node has shown that the assignment reached it [JOB47]. */
  isRead: boolean;
  /** When a zombie gives its slot back at the latest; null while the attempt is live. */
  zombieUntilAtMs: number | null;
}

/** Why it is given no more jobs for a while, whatever its health [NOD40]. */
export interface NodeDrain {
  readonly by: 'admin' | 'node';
  /** Null = until it is taken back. */
  readonly endsAtMs: number | null;
  readonly reason: string;
}

/** One node, known by its id through any number of sockets. Owned by the dispatcher; mutated only by `core/nodes`. */
export interface NodeRecord {
  readonly nodeId: NodeId;
  readonly tenant: string;
  /** Grows with every socket the node takes; tells the socket of an attempt from the present one. */
  generation: number;
  /** Null while the node is gone. */
  connectionId: ConnectionId | null;
  status: NodeStatusWord;
  /** Why it has that status, as told to the node and shown to people. */
  statusReason: string;
  /** Stays when the socket ends. */
  drain: NodeDrain | null;
  declared: Declaration;
  readonly slots: Map<SlotKey, Slot>;
  /** Jobs the node says it runs beyond those we know of: they rank it lower and hold no slot [SEL2]. */
  foreignJobs: number;
  /** Places that are free by our count and not by the node's own: not offered for a moment [JOB43]. */
  withheldSlots: number;
  readonly load: LoadReadings;
  readonly speed: Speed;
  /** By service id; bounded. */
  readonly marks: Map<string, ServiceMark>;
  /** Types it declares and only marked services would serve [NOD47]. */
  lackingTypes: ServiceMask;
  readonly faults: FaultRecord;
  /** The share of its capacity by which it is ranked, above 0 to 1 [SEL20]. */
  rankedShare: number;
  /** Why it is idle though ready, as last told [NOD50]. */
  idleCode: string | null;
  healthyInARow: number;
  unhealthyInARow: number;
  hangsInARow: number;
  /** Running totals as the node last told them, by their key [NOD70]. */
  readonly rerunTotals: Map<string, number>;
  /** By service id, as the node last told them; bounded [NOD71]. */
  efficiencies: ReadonlyMap<string, number>;
  /** The same of recognition, from nodes that name no service. */
  asrEfficiency: number | null;
  registeredAtMs: number;
  registeredWallMs: number;
  lastHeartbeatAtMs: number | null;
  goneSinceAtMs: number | null;
  /** When a new socket took over from one that was open; only the last minute is kept. */
  takeoverAtMs: readonly number[];
  /** Registrations under its id that were refused because it was taken over too often [NOD18]. */
  idConflicts: number;
  /** Place in the order of nodes that were left alone longest; lower = longer [SEL3]. */
  turn: number;
  /** Load class in every index it stands in, or `NO_BUCKET` [SEL10]. */
  bucket: number;
  /** In the indexes it stands in; the others are chained to it. */
  firstPlace: Place;
}

export interface NodeBirth {
  readonly nodeId: NodeId;
  readonly tenant: string;
  readonly generation: number;
  readonly declared: Declaration;
}

/**
 * A record without a socket; registration gives it one. What every choice looks at stands first and together, and field by
 * field: what is added to a copy lies elsewhere in memory.
 */
export const newNode = ({ nodeId, tenant, generation, declared }: NodeBirth): NodeRecord => ({
  nodeId,
  declared,
  slots: new Map(),
  load: newLoadReadings(),
  withheldSlots: 0,
  foreignJobs: 0,
  rankedShare: 1,
  turn: 0,
  bucket: NO_BUCKET,
  firstPlace: NO_PLACE,
  tenant,
  generation,
  connectionId: null,
  status: 'registering',
  statusReason: '',
  drain: null,
  speed: newSpeed(),
  marks: new Map(),
  lackingTypes: 0,
  faults: newFaultRecord(),
  idleCode: null,
  healthyInARow: 0,
  unhealthyInARow: 0,
  hangsInARow: 0,
  rerunTotals: new Map(),
  efficiencies: new Map(),
  asrEfficiency: null,
  registeredAtMs: 0,
  registeredWallMs: 0,
  lastHeartbeatAtMs: null,
  goneSinceAtMs: null,
  takeoverAtMs: [],
  idConflicts: 0,
});

export const hasFreeSlot = (node: NodeRecord): boolean =>
  node.slots.size + node.withheldSlots < node.declared.capacity;

export const hasFeature = (node: NodeRecord, feature: NodeFeature): boolean =>
  node.declared.features.includes(feature);

export const LOAD_CLASSES = 8;

/** In-flight work over (ranked) capacity in eighths, 0 to 7; only for a node with a free slot. */
export const loadEighth = (node: NodeRecord): number =>
  Math.min(
    LOAD_CLASSES - 1,
    Math.floor(
      ((node.slots.size + node.foreignJobs) * LOAD_CLASSES) / (node.declared.capacity * node.rankedShare),
    ),
  );
