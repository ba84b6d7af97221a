import { Gauge, type Registry } from 'prom-client';
import { NODE_STATUSES } from '#protocol/node-server-messages.ts';
import type { Runtime } from '#runtime/contract.ts';
import type { Census } from './census.ts';
import { METRIC_PREFIX } from './meter.ts';

/** What the edges say of themselves at a scrape. */
export interface EdgeFigures {
  /** Open sockets by side. */
  readonly session: number;
  readonly node: number;
  /** Bytes that wait to be read by peers. */
  readonly outboundBytes: number;
  /** The worst stall of the loop since the last scrape. */
  readonly loopLagMs: number;
}

const GAUGES = {
  sessions: ['Sessions at present', []],
  nodes: ['Nodes known, by status', ['status']],
  node_slots: ['Places for jobs on connected nodes, by use: free, live or zombie', ['use']],
  jobs: ['Open jobs, by phase: waiting, offering or running', ['phase']],
  mailbox_high_water: ['Most events that ever waited for one actor, by kind', ['kind']],
  sockets: ['Open sockets, by side', ['side']],
  audio_bytes: ['Bytes of audio held: waiting, buffered, in open jobs, in results', []],
  result_speech_bytes: ['Of these, speech of results that wait for their turn or are kept for a return', []],
  outbound_bytes: ['Bytes that wait to be read by peers', []],
  event_loop_lag_ms: ['Worst stall of the event loop since the last scrape', []],
  draining: ['1 while the process goes down', []],
  dashboard_snapshot_age_seconds: ['Age of the statistics snapshot, 0 = never made', []],
  web_task_pause_ms: ['Configured pause that ends an utterance', []],
  process_start_time_seconds: ['Start of the process, epoch', []],
  process_cpu_user_seconds: ['Processor time in user mode since the start', []],
  process_cpu_system_seconds: ['Processor time in system mode since the start', []],
  process_resident_memory_bytes: ['Resident memory', []],
  process_heap_used_bytes: ['JavaScript heap in use', []],
  process_external_memory_bytes: ['Memory outside the heap: buffers, sockets', []],
} as const satisfies Readonly<Record<string, readonly [help: string, labels: readonly string[]]>>;

export type GaugeName = keyof typeof GAUGES;
export const GAUGE_NAMES = Object.keys(GAUGES) as readonly GaugeName[];

/** Everything at `/metrics` that is a state and not a count; set at each scrape. */
export class Gauges {
  readonly #runtime: Runtime;
  readonly #gauges: Readonly<Record<GaugeName, Gauge>>;

  constructor(registry: Registry, runtime: Runtime) {
    this.#runtime = runtime;
    this.#gauges = Object.fromEntries(
      Object.entries(GAUGES).map(([name, [help, labels]]) => [
        name,
        new Gauge({ name: METRIC_PREFIX + name, help, labelNames: [...labels], registers: [registry] }),
      ]),
    ) as Record<GaugeName, Gauge>;
  }

  set(census: Census, snapshotAgeMs: number, edge: EdgeFigures): void {
    const { view, settings } = this.#runtime;
    const gauges = this.#gauges;
    gauges.sessions.set(view.sessionCount);
    for (const status of NODE_STATUSES) gauges.nodes.set({ status }, census.nodesByStatus.get(status) ?? 0);
    const { free, live, zombies } = census.slots;
    gauges.node_slots.set({ use: 'free' }, free);
    gauges.node_slots.set({ use: 'live' }, live);
    gauges.node_slots.set({ use: 'zombie' }, zombies);
    for (const [phase, count] of census.jobsByPhase) gauges.jobs.set({ phase }, count);
    const { session, dispatcher } = view.mailboxHighWater;
    gauges.mailbox_high_water.set({ kind: 'session' }, session);
    gauges.mailbox_high_water.set({ kind: 'dispatcher' }, dispatcher);
    gauges.sockets.set({ side: 'session' }, edge.session);
    gauges.sockets.set({ side: 'node' }, edge.node);
    gauges.audio_bytes.set(view.audioBytes);
    gauges.result_speech_bytes.set(view.resultSpeechBytes);
    gauges.outbound_bytes.set(edge.outboundBytes);
    gauges.event_loop_lag_ms.set(edge.loopLagMs);
    gauges.draining.set(view.isDraining ? 1 : 0);
    gauges.dashboard_snapshot_age_seconds.set(snapshotAgeMs / 1000);
    gauges.web_task_pause_ms.set(settings.session.pauseMs);
    this.#setProcess();
  }

  #setProcess(): void {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const { wallMs } = this.#runtime.ports.clock.now();
    this.#gauges.process_start_time_seconds.set(wallMs / 1000 - process.uptime());
    this.#gauges.process_cpu_user_seconds.set(user / 1e6);
    this.#gauges.process_cpu_system_seconds.set(system / 1e6);
    this.#gauges.process_resident_memory_bytes.set(rss);
    this.#gauges.process_heap_used_bytes.set(heapUsed);
    this.#gauges.process_external_memory_bytes.set(external);
  }
}
