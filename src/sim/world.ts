import type { Scenario } from '#load/scenario.ts';
import { coreDomain, type Domain } from '#runtime/domain.ts';
import { Agenda } from './agenda.ts';
import { Breach } from './checkers/breach.ts';
import { Checkers } from './checkers/checkers.ts';
import { Coverage } from './coverage.ts';
import { digestOf } from './digest.ts';
import { drawFaultPlan, type FaultName, isCalm, STANDARD_MIX } from './faults.ts';
import { Figures } from './figures.ts';
import type { Habitat, Intrusion } from './habitat.ts';
import { Instance } from './instance.ts';
import { drawInstanceTraits } from './instance-settings.ts';
import { Mischief, type Weather } from './mischief.ts';
import { type PeerListener, SimConnection } from './network/connection.ts';
import type { Observation } from './observations.ts';
import { type Population, populate } from './population.ts';
import { Random } from './random.ts';
import { Trace } from './trace.ts';
import { watchedDomain } from './watched-domain.ts';

/** Breaks a rule on purpose between core and runtime, for proving that the checkers see it [SIM7]. */
export type Sabotage = (domain: Domain, random: Random) => Domain;

export interface WorldOptions {
  readonly sabotage?: Sabotage;
  /** `drawn`: by the seed. `standard`: an ordinary bad day with enough nodes, for figures. */
  readonly mix?: 'drawn' | 'standard';
  /** Who comes and what they do, instead of a few clients of any kind; best with the standard mix. */
  readonly scenario?: Scenario;
}

const NODES_COME_MS = 2000;
/** Faults strike while people speak; then they speak on for a while in a world that is well. */
const FAULTS_MS = 55_000;
const WELL_MS = 15_000;
/** From there every promise must be kept: jobs time out, holds and zombies end well within it. */
const SETTLE_MS = 150_000;
/** And without any socket nothing at all may be left after this. */
const EMPTY_MS = 120_000;
/** How often a world ends by the scheduler being told to go, not by its clients. */
const DRAIN_PROBABILITY = 0.1;
const DRAIN_DEADLINE_MS = 20_000;
/** Things at one instant; more is a circle. */
const EVENTS_PER_INSTANT_MAX = 20_000;
const WALL_START_MS = 1_790_000_000_000;

/**
 * Production core, runtime, memory store, codec and gateway over a simulated clock, network, clients and nodes. One seed,
 * one history: nothing in here reads the machine's time or chance [SIM2].
 */
export class World {
  readonly agenda = new Agenda();
  readonly trace = new Trace(() => this.agenda.nowMs);
  readonly coverage = new Coverage();
  readonly figures = new Figures();
  readonly #random: Random;
  readonly #weather: Weather = { latencyFactor: 1 };
  /** All that share the world's sockets; one for now. */
  readonly #instances: readonly Instance[];
  readonly #population: Population;
  readonly #mischief: Mischief;
  readonly #checkers: Checkers;
  readonly #faultsMs: number;
  readonly #isScripted: boolean;
  #connectionCount = 0;
  #breakages = 0;
  #failure: unknown = null;

  constructor(seed: number, { sabotage, mix = 'drawn', scenario }: WorldOptions = {}) {
    this.#random = new Random(seed);
    this.#isScripted = scenario !== undefined;
    this.#faultsMs = scenario === undefined ? FAULTS_MS : scenario.duration_s * 1000;
    const plan = mix === 'standard' ? STANDARD_MIX : drawFaultPlan(this.#random.fork('faults'));
    const isRoomy = mix === 'standard' || isCalm(plan);
    const traits = drawInstanceTraits(this.#random.fork('settings'), 'a', isRoomy);
    const domain = sabotage?.(coreDomain, this.#random.fork('sabotage')) ?? coreDomain;
    const observe = (observation: Observation): void => this.#observe(observation);
    this.#instances = [
      new Instance({
        agenda: this.agenda,
        random: this.#random.fork('instance a'),
        traits,
        domain,
        watch: (poisoned) => watchedDomain(poisoned, this.trace, observe),
        observe,
      }),
    ];
    this.#checkers = new Checkers({
      settings: traits.settings,
      isCalm: isCalm(plan),
      stalledMsSince: (atMs) => this.#instances.reduce((sum, each) => sum + each.stalledMsSince(atMs), 0),
    });
    this.#population = populate(
      this.#habitat(observe),
      this.#random.fork('population'),
      isRoomy,
      scenario ?? null,
    );
    this.#mischief = new Mischief({
      agenda: this.agenda,
      random: this.#random.fork('mischief'),
      plan,
      weather: this.#weather,
      endsAtMs: this.#faultsMs,
      instances: this.#instances,
      ...this.#population,
      note: (fault, on) => observe({ kind: 'fault', fault, on }),
    });
    this.coverage.note(isCalm(plan) ? 'world calm' : 'world with faults');
    if (traits.isTight) this.coverage.note('world tight');
    if (traits.turnDelayMsMax > 0) this.coverage.note('world unhurried');
  }

  /** Runs the whole history. errors: `Breach` for a broken rule, anything else for a fault of the code. */
  async run(): Promise<void> {
    const { clients, nodes } = this.#population;
    for (const instance of this.#instances) instance.runtime.start();
    for (const node of nodes) {
      this.agenda.after(this.#random.real(0, NODES_COME_MS), `${node.name} starts`, () => node.connect());
    }
    for (const client of clients) {
      const startsAfterMs =
        client.habit.script === undefined
          ? this.#random.real(1500, 8000)
          : NODES_COME_MS + client.habit.script.opensAtMs;
      this.agenda.after(startsAfterMs, `${client.name} starts`, () => client.start());
    }
    this.#mischief.start();
    await this.#runFor(this.#faultsMs);

    this.trace.note('faults end');
    this.#mischief.stop();
    await this.#runFor(WELL_MS);

    if (this.#random.happens(DRAIN_PROBABILITY)) await this.#drain();
    this.trace.note('clients finish');
    for (const client of clients) if (!this.#isScripted || !client.isGone) client.leave();
    await this.#runFor(SETTLE_MS);
    this.#checkers.settled(this.#instances.map(({ runtime }) => runtime.view));

    this.trace.note('everybody goes');
    for (const client of clients) if (!client.isGone) client.hangUp();
    for (const node of nodes) node.stop();
    for (const instance of this.#instances) instance.stopBeat();
    await this.#runFor(EMPTY_MS);
    this.#checkEmpty();
    for (const { meter, runtime } of this.#instances) {
      this.#checkers.ended(meter, runtime.view);
      this.coverage.addCounts(meter.counts);
      runtime.stop();
    }
  }

  async #drain(): Promise<void> {
    this.trace.note('the scheduler is told to go');
    this.coverage.note('world drained');
    for (const instance of this.#instances) instance.drain(DRAIN_DEADLINE_MS);
    await this.#runFor(DRAIN_DEADLINE_MS + 2000);
    for (const { runtime } of this.#instances) {
      const { sessionCount } = runtime.view;
      if (sessionCount > 0) throw new Breach('I6', `${sessionCount} sessions outlived a drain`);
    }
  }

  /** Nobody is there and no socket: whatever would still happen by itself has no owner [I6]. */
  #checkEmpty(): void {
    for (const instance of this.#instances) {
      if (instance.openSockets > 0) throw new Breach('I6', `${instance.openSockets} sockets are left`);
      const { leaseCount } = instance.store;
      // A part of us that died could take nothing back.
      if (leaseCount > 0 && this.#breakages === 0) throw new Breach('I6', `${leaseCount} leases are left`);
      if (!instance.isQuiet) throw new Breach('I6', `${instance.name} still has timers or turns`);
    }
  }

  async #runFor(durationMs: number): Promise<void> {
    const untilMs = this.agenda.nowMs + durationMs;
    let lastMs = -1;
    let eventsNow = 0;
    for (;;) {
      const atMs = Math.max(this.agenda.nowMs, this.#nextAtMs());
      if (atMs > untilMs) break;
      eventsNow = atMs === lastMs ? eventsNow + 1 : 0;
      lastMs = atMs;
      if (eventsNow > EVENTS_PER_INSTANT_MAX) throw new Breach('I6', 'the world goes in a circle');
      for (const instance of this.#instances) instance.tick(atMs);
      this.agenda.step(atMs);
      for (const instance of this.#instances) await instance.act();
      if (this.#failure !== null) throw this.#failure;
    }
    this.agenda.step(untilMs);
    for (const instance of this.#instances) instance.tick(untilMs);
  }

  #nextAtMs(): number {
    let atMs = this.agenda.nextAtMs;
    for (const instance of this.#instances) atMs = Math.min(atMs, instance.nextAtMs);
    return atMs;
  }

  /** A breach stops the seed, and must not look to supervision like a fault of the actor that was just stepped. */
  #observe(observation: Observation): void {
    if (this.#failure !== null) return;
    this.#traceOf(observation);
    if (observation.kind === 'breakage') this.#breakages += 1;
    try {
      this.coverage.observe(observation);
      this.figures.observe(observation, this.agenda.nowMs);
      this.#checkers.observe(observation);
    } catch (error) {
      this.#failure = error;
    }
  }

  #traceOf(observation: Observation): void {
    switch (observation.kind) {
      case 'clientSaw': {
        const { client, message } = observation;
        const index = 'utterance_index' in message ? ` ${message.utterance_index}` : '';
        this.trace.note(`${client} < ${message.type}${index}`);
        break;
      }
      case 'nodeSaw':
        this.trace.note(`${observation.node} < ${observation.message.type}`);
        break;
      case 'breakage':
        this.trace.note(observation.event);
        break;
      case 'fault':
        this.trace.note(`fault ${observation.fault} on ${observation.on}`);
        break;
      case 'clientOffline':
        this.trace.note(`${observation.client} offline ${observation.code}`);
        break;
      case 'nodeOffline':
        this.trace.note(`${observation.node} offline ${observation.code}`);
        break;
      default:
    }
  }

  #habitat(observe: (observation: Observation) => void): Habitat {
    const random = this.#random.fork('occasions');
    const lines = this.#random.fork('lines');
    return {
      agenda: this.agenda,
      observe,
      wallMs: () => WALL_START_MS + this.agenda.nowMs,
      connect: (side, name, peer) => this.#connect(side, name, peer, lines),
      weightOf: (fault) => this.#mischief.weightOf(fault),
      happens: (fault, on) => {
        const weight = this.#mischief.weightOf(fault);
        if (weight === 0 || !random.happens(weight / 2)) return false;
        observe({ kind: 'fault', fault, on });
        return true;
      },
      noteFault: (fault: FaultName, on) => observe({ kind: 'fault', fault, on }),
      intrude: (connection, intrusion) => this.#intrude(connection, intrusion),
      digestOfSession: (sessionId) => this.#digestOfSession(sessionId),
      digestOfNode: (nodeId) =>
        this.#digestOfAny(({ runtime }) =>
          [...runtime.view.dispatcher.registry.nodes.values()].find((node) => node.nodeId === nodeId),
        ),
      digestOfJob: (wireJobId) =>
        this.#digestOfAny(({ runtime }) =>
          [...runtime.view.dispatcher.jobs.values()].find(({ request, attempts }) =>
            attempts.some((attempt) => attempt.wireJobId === wireJobId || request.jobId === wireJobId),
          ),
        ),
    };
  }

  #connect(side: 'session' | 'node', name: string, peer: PeerListener, lines: Random): SimConnection | null {
    const instance = lines.pickAny(this.#instances);
    if (instance === null) return null;
    this.#connectionCount += 1;
    const own = lines.fork(`line ${this.#connectionCount}`);
    const baseMs = own.real(0.2, 60);
    const jitterMs = own.real(0, 30);
    const latencyMs = (): number => (baseMs + own.chance() * jitterMs) * this.#weather.latencyFactor;
    const connection = new SimConnection(
      `${name} line ${this.#connectionCount}`,
      this.agenda,
      own,
      latencyMs,
      instance,
      peer,
    );
    return instance.accept(side, connection.server) ? connection : null;
  }

  #intrude(connection: SimConnection, { what, frame, digest }: Intrusion): void {
    connection.send(frame, (deliver) => {
      const flush = (): void => {
        for (const instance of this.#instances) instance.flush();
      };
      // What waits for the victim already is its own affair.
      flush();
      const before = digest();
      const breakages = this.#breakages;
      deliver();
      flush();
      // Where a part of us died at that very moment, the change says nothing.
      if (breakages !== this.#breakages) return;
      this.#observe({ kind: 'intrusion', what, before, after: digest() });
    });
  }

  #digestOfSession(sessionId: string): string {
    return this.#digestOfAny(({ runtime }) => {
      for (const state of runtime.view.sessions()) if (state.sessionId === sessionId) return state;
      return undefined;
    });
  }

  #digestOfAny(find: (instance: Instance) => unknown): string {
    for (const instance of this.#instances) {
      const found = find(instance);
      if (found !== undefined) return digestOf(found);
    }
    return 'gone';
  }
}
