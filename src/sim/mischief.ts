import { asNodeId } from '#protocol/ids.ts';
import type { Agenda } from './agenda.ts';
import type { SimClient } from './clients/sim-client.ts';
import { FAULT_NAMES, type FaultName, type FaultPlan } from './faults.ts';
import type { Instance } from './instance.ts';
import type { SimNode } from './nodes/sim-node.ts';
import type { Random } from './random.ts';

/** Time between two strikes of one fault at full weight. */
const STRIKE_EVERY_MS = 12_000;

/** The state of the network, shared by all lines. */
export interface Weather {
  latencyFactor: number;
}

export interface MischiefParts {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly plan: FaultPlan;
  readonly weather: Weather;
  /** No fault reaches beyond it. */
  readonly endsAtMs: number;
  readonly instances: readonly Instance[];
  readonly clients: readonly SimClient[];
  readonly nodes: readonly SimNode[];
  note(fault: FaultName, on: string): void;
}

/** Strikes by its plan until it is told to stop; then it puts right what can be put right [SIM6]. */
export class Mischief {
  readonly #parts: MischiefParts;
  #isOver = false;

  constructor(parts: MischiefParts) {
    this.#parts = parts;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  weightOf(fault: FaultName): number {
    return this.#isOver ? 0 : (this.#parts.plan[fault] ?? 0);
  }

  start(): void {
    for (const fault of FAULT_NAMES) if (this.#strikeOf(fault) !== null) this.#strikeLater(fault);
  }

  stop(): void {
    const { clients, instances, nodes, weather } = this.#parts;
    this.#isOver = true;
    weather.latencyFactor = 1;
    for (const { poison, store } of instances) {
      poison.disarm();
      store.mood = 'answers';
    }
    for (const client of clients) client.heal();
    for (const node of nodes) node.heal();
  }

  #strikeLater(fault: FaultName): void {
    const { agenda, random, plan } = this.#parts;
    const weight = plan[fault];
    if (weight === undefined) return;
    agenda.after(random.soonOrLate(STRIKE_EVERY_MS / weight), fault, () => {
      if (this.#isOver) return;
      this.#strikeOf(fault)?.();
      this.#strikeLater(fault);
    });
  }

  #client(fault: FaultName, strike: (client: SimClient) => void): () => void {
    return () => {
      const client = this.#parts.random.pickAny(this.#parts.clients);
      if (client === null) return;
      this.#parts.note(fault, client.name);
      strike(client);
    };
  }

  #node(fault: FaultName, strike: (node: SimNode) => void): () => void {
    return () => {
      const node = this.#parts.random.pickAny(this.#parts.nodes);
      if (node === null) return;
      this.#parts.note(fault, node.name);
      strike(node);
    };
  }

  #instance(fault: FaultName, strike: (instance: Instance) => void): () => void {
    return () => {
      const instance = this.#parts.random.pickAny(this.#parts.instances);
      if (instance === null) return;
      this.#parts.note(fault, instance.name);
      strike(instance);
    };
  }

  /** Null for faults that strike at occasions of their own. */
  #strikeOf(fault: FaultName): (() => void) | null {
    const { random } = this.#parts;
    switch (fault) {
      case 'client_cut':
        return this.#client(fault, (client) => client.cut());
      case 'client_half_open':
        return this.#client(fault, (client) => client.goHalfOpen(random.real(5000, 120_000)));
      case 'client_stops_reading':
        return this.#client(fault, (client) => client.stopReading(random.real(500, 15_000)));
      case 'client_replaced':
        return this.#client(fault, (client) => client.initAgain());
      case 'node_cut':
        return this.#node(fault, (node) => node.cut());
      case 'node_half_open':
        return this.#node(fault, (node) => node.goHalfOpen(random.real(5000, 120_000)));
      case 'node_crash':
        return this.#node(fault, (node) => node.crash());
      case 'node_takeover':
        return this.#node(fault, (node) => node.takeOver());
      case 'node_stops_reading':
        return this.#node(fault, (node) => node.stopReading(random.real(500, 30_000)));
      case 'node_mute':
        return this.#node(fault, (node) => node.mute(random.real(20_000, 70_000)));
      case 'node_unready':
        return this.#node(fault, (node) => node.beUnready(random.real(35_000, 70_000)));
      case 'node_busy':
        return this.#node(fault, (node) => node.beBusy(random.real(10_000, 70_000)));
      case 'node_broken':
        return this.#node(fault, (node) => node.breakDown(random.real(10_000, 50_000)));
      case 'node_cpu_spike':
        return this.#node(fault, (node) => node.spikeCpu(random.real(10_000, 70_000)));
      case 'node_takeover_storm':
        return this.#node(fault, (node) => this.#stormAt(node));
      case 'node_drained':
        return this.#node(fault, (node) => this.#drain(node));
      case 'node_drains_itself':
        return this.#node(fault, (node) =>
          node.askForRest(random.happens(0.7) ? random.real(0, 60_000) : null),
        );
      case 'node_garbage':
        return this.#node(fault, (node) => node.sendGarbage());
      case 'node_wrong_id':
        return this.#node(fault, (node) => {
          const victim = random.pickAny(this.#parts.nodes.filter((other) => other !== node));
          if (victim !== null) node.speakAs(victim);
        });
      case 'store_refuses':
        return this.#storeMood(fault, 'refuses');
      case 'store_silent':
        return this.#storeMood(fault, 'silent');
      case 'session_dies':
        return this.#instance(fault, ({ poison }) => poison.arm('session'));
      case 'dispatcher_dies':
        return this.#instance(fault, ({ poison }) => poison.arm('dispatcher'));
      case 'loop_stall':
        return this.#instance(fault, (instance) => instance.stall(this.#stallMs()));
      case 'wall_step':
        return this.#instance(fault, (instance) => instance.clock.stepWall(random.real(-600_000, 600_000)));
      case 'latency_spike':
        return () => this.#slowLines();
      default:
        return null;
    }
  }

  /** As often as in half a minute of two processes that take turns: more than is allowed. */
  #stormAt(node: SimNode): void {
    const { agenda, random } = this.#parts;
    for (let turn = 0; turn < 8; turn += 1) {
      agenda.after(random.real(0, 30_000), `${node.name} is taken over`, () => {
        if (!this.#isOver) node.takeOver();
      });
    }
  }

  /** For a time, or until the operator thinks again. */
  #drain({ nodeId, name }: SimNode): void {
    const { agenda, instances, random } = this.#parts;
    if (nodeId === null) return;
    const isBounded = random.happens(0.5);
    const durationMs = random.real(500, 40_000);
    for (const { runtime } of instances) {
      runtime.drainNode(asNodeId(nodeId), { deadlineMs: isBounded ? durationMs : null, reason: 'simulated' });
    }
    if (isBounded) return;
    agenda.after(durationMs, `${name} may work again`, () => {
      for (const { runtime } of instances) runtime.undrainNode(asNodeId(nodeId));
    });
  }

  /** Mostly a hiccup; now and then the machine was suspended. */
  #stallMs(): number {
    const { agenda, endsAtMs, random } = this.#parts;
    const durationMs = random.happens(0.1) ? random.real(10_000, 60_000) : random.real(50, 3000);
    return Math.min(durationMs, endsAtMs - agenda.nowMs);
  }

  #storeMood(fault: FaultName, mood: 'refuses' | 'silent'): () => void {
    const { agenda, random } = this.#parts;
    return this.#instance(fault, ({ name, store }) => {
      store.mood = mood;
      agenda.after(random.real(500, 10_000), `${name} store is well`, () => {
        store.mood = 'answers';
      });
    });
  }

  #slowLines(): void {
    const { agenda, random, weather, note } = this.#parts;
    note('latency_spike', 'all lines');
    weather.latencyFactor = random.real(5, 40);
    agenda.after(random.real(500, 6000), 'lines are fast again', () => {
      weather.latencyFactor = 1;
    });
  }
}
