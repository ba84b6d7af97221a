import type { JobPhase } from '#core/jobs/job.ts';
import { generalMiss } from '#core/nodes/general-miss.ts';
import type { NodeRecord } from '#core/nodes/node.ts';
import type { SelectionRule } from '#core/nodes/rules.ts';
import type { SessionState } from '#core/session/session-state.ts';
import type { NodeId } from '#protocol/ids.ts';
import { NODE_STATUSES, type NodeStatusWord } from '#protocol/node-server-messages.ts';
import { SERVICE_TYPES, type ServiceType } from '#protocol/shapes.ts';
import type { Runtime } from '#runtime/contract.ts';
import { type Breathe, inSlices } from './slices.ts';

/** Shown of each kind. */
const SAMPLES_MAX = 5;

export interface LanguageUse {
  asSource: number;
  asTarget: number;
}

/** What a connected node could still take, as the reference weighs it. units: cores, GB of GPU memory, GB of memory. */
export interface NodePower {
  readonly nodeId: NodeId;
  readonly cpu: number;
  readonly gpu: number;
  readonly memory: number;
  /** As the node tells them, by service id; and of recognition alone. */
  readonly efficiencies: ReadonlyMap<string, number>;
  readonly asrEfficiency: number | null;
}

/** Everything the pages and the scrapes want to know of sessions, nodes and jobs, counted in one pass. */
export interface Census {
  readonly takenAtMs: number;
  readonly takenWallMs: number;
  /** Sessions whose client is there; one that lost its socket may still come back. */
  readonly activeSessionCount: number;
  readonly languages: ReadonlyMap<string, LanguageUse>;
  readonly nodesByStatus: ReadonlyMap<NodeStatusWord, number>;
  readonly onlineNodes: readonly NodePower[];
  /** Online nodes with that service ready. */
  readonly nodesByReadyType: ReadonlyMap<ServiceType, number>;
  /** Places for jobs on connected nodes; `free` ones may be offered now. */
  readonly slots: { readonly free: number; readonly live: number; readonly zombies: number };
  /** Some nodes that would not be chosen now, by the first rule that keeps them out. */
  readonly samplesByMiss: ReadonlyMap<SelectionRule, readonly NodeId[]>;
  readonly jobsByPhase: ReadonlyMap<Exclude<JobPhase, 'unheard' | 'ended'>, number>;
}

/** Counts in slices: neither ten thousand sessions nor ten thousand nodes hold the loop. */
export const takeCensus = async (runtime: Runtime, breathe: Breathe): Promise<Census> => {
  const { view } = runtime;
  const { atMs, wallMs } = runtime.ports.clock.now();
  const languages = new Map<string, LanguageUse>();
  let activeSessionCount = 0;
  await inSlices(view.sessions(), breathe, (session) => {
    if (session.away === null) activeSessionCount += 1;
    countLanguages(languages, session);
  });

  const nodes = new NodeCount(view.dispatcher.registry.pools.requireGpu);
  await inSlices(view.dispatcher.registry.nodes.values(), breathe, (node) => nodes.add(node));

  const jobsByPhase = new Map<Exclude<JobPhase, 'unheard' | 'ended'>, number>([
    ['waiting', 0],
    ['offering', 0],
    ['running', 0],
  ]);
  await inSlices(view.dispatcher.jobs.values(), breathe, ({ phase }) => {
    if (phase !== 'ended' && phase !== 'unheard') jobsByPhase.set(phase, (jobsByPhase.get(phase) ?? 0) + 1);
  });

  return {
    takenAtMs: atMs,
    takenWallMs: wallMs,
    activeSessionCount,
    languages,
    nodesByStatus: nodes.byStatus,
    onlineNodes: nodes.online,
    nodesByReadyType: nodes.byReadyType,
    slots: nodes.slots,
    samplesByMiss: nodes.samplesByMiss,
    jobsByPhase,
  };
};

/** A session speaks its source, unless that is to be found out, and its target; in two-way mode both, both ways. */
const countLanguages = (
  languages: Map<string, LanguageUse>,
  { init, wish: { srcLang, tgtLang } }: SessionState,
): void => {
  const uses = { source: new Set([srcLang]), target: new Set([tgtLang]) };
  if (init.mode === 'two_way_auto') {
    for (const language of [init.lang_a, init.lang_b]) {
      if (language === undefined) continue;
      uses.source.add(language);
      uses.target.add(language);
    }
  }
  uses.source.delete('auto');
  for (const language of uses.source) useOf(languages, language).asSource += 1;
  for (const language of uses.target) useOf(languages, language).asTarget += 1;
};

const useOf = (languages: Map<string, LanguageUse>, language: string): LanguageUse => {
  const known = languages.get(language);
  if (known !== undefined) return known;
  const use = { asSource: 0, asTarget: 0 };
  languages.set(language, use);
  return use;
};

/** Source: protocol 6. A reading that is not there takes nothing away. */
const powerOf = ({ nodeId, declared, load, efficiencies, asrEfficiency }: NodeRecord): NodePower => {
  const { cpuCores, memoryGb, gpus } = declared.hardware;
  const left = (above: number, usedPercent: number | null): number =>
    Math.max(0, above - (usedPercent ?? 0)) / 100;
  return {
    nodeId,
    cpu: left(50, load.cpuPercent) * cpuCores,
    gpu: gpus.reduce((sum, gpu) => sum + left(75, load.gpuPercent) * gpu.memoryGb, 0),
    memory: left(75, load.memPercent) * memoryGb,
    efficiencies,
    asrEfficiency,
  };
};

class NodeCount {
  readonly byStatus = new Map<NodeStatusWord, number>(NODE_STATUSES.map((status) => [status, 0]));
  readonly byReadyType = new Map<ServiceType, number>();
  readonly online: NodePower[] = [];
  readonly slots = { free: 0, live: 0, zombies: 0 };
  readonly samplesByMiss = new Map<SelectionRule, NodeId[]>();
  readonly #requireGpu: boolean;

  constructor(requireGpu: boolean) {
    this.#requireGpu = requireGpu;
  }

  add(node: NodeRecord): void {
    const { connectionId, declared, status } = node;
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (connectionId === null) return;
    this.#sample(node);
    this.online.push(powerOf(node));
    this.#countSlots(node);
    const ready = new Set(declared.capabilities.filter((each) => each.ready).map(({ type }) => type));
    for (const type of SERVICE_TYPES) {
      if (ready.has(type)) this.byReadyType.set(type, (this.byReadyType.get(type) ?? 0) + 1);
    }
  }

  /** Node by node: one that holds more than it now wants takes no place from another. */
  #countSlots({ declared, slots, withheldSlots }: NodeRecord): void {
    this.slots.free += Math.max(0, declared.capacity - slots.size - withheldSlots);
    for (const { zombieUntilAtMs } of slots.values()) {
      if (zombieUntilAtMs === null) this.slots.live += 1;
      else this.slots.zombies += 1;
    }
  }

  #sample(node: NodeRecord): void {
    const miss = generalMiss(node, this.#requireGpu);
    if (miss === null) return;
    const samples = this.samplesByMiss.get(miss) ?? [];
    if (samples.length < SAMPLES_MAX) samples.push(node.nodeId);
    this.samplesByMiss.set(miss, samples);
  }
}
