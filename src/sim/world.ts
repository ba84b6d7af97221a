import { defaultDispatchSettings, defaultSessionSettings } from '#core/settings.ts';
import { Gateway } from '#gateway/gateway.ts';
import { noStalls } from '#gateway/loop-lag.ts';
import { defaultGatewaySettings } from '#gateway/settings.ts';
import type { InstanceId } from '#protocol/ids.ts';
import type { Runtime } from '#runtime/contract.ts';
import { coreDomain, type Domain } from '#runtime/domain.ts';
import { createRuntime } from '#runtime/runtime.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import { HandDriver } from '#testing/hand-driver.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';
import { Agenda } from './agenda.ts';
import { Breach } from './checkers/breach.ts';
import { DispatcherChecker } from './checkers/dispatcher-checker.ts';
import { SessionChecker } from './checkers/session-checker.ts';
import { HABITS } from './clients/habits.ts';
import { SimClient } from './clients/sim-client.ts';
import { drawFaultPlan, type FaultName, type FaultPlan } from './faults.ts';
import { type PeerListener, SimConnection } from './network/connection.ts';
import { SimNode } from './nodes/sim-node.ts';
import { Random, seededIds } from './random.ts';
import { Trace } from './trace.ts';
import { watchedDomain } from './watched-domain.ts';

/** Sabotages the core on its way into the runtime; for proving that the checkers see it. */
export type Sabotage = (domain: Domain, random: Random) => Domain;

export interface WorldOptions {
  readonly sabotage?: Sabotage;
}

const speakingMs = 90_000;
/** After the faults: pending jobs, zombies and holds all end well within it. */
const settlingMs = 240_000;
const kinds = ['webOlder', 'webNewer', 'mobile', 'whole', 'sdk', 'rude', 'listener'] as const;

/**
 * Production core, runtime, memory store, codec and gateway over a simulated clock, network, clients and nodes. One seed,
 * one history: nothing in here reads the machine's time or chance [SIM2].
 */
export class World {
  readonly agenda = new Agenda();
  readonly trace = new Trace(() => this.agenda.nowMs);
  /** What each node said its capacity is, by node id. */
  readonly declared = new Map<string, number>();
  readonly faultCounts = new Map<FaultName, number>();
  readonly sessions: SessionChecker;
  readonly dispatcher: DispatcherChecker;
  readonly #random: Random;
  readonly #clock = new SimulatedClock();
  readonly #driver = new HandDriver(this.#clock);
  readonly #process = { stalledUntilMs: 0 };
  readonly #stalls: { readonly fromMs: number; readonly untilMs: number }[] = [];
  readonly #plan: FaultPlan;
  readonly #runtime: Runtime;
  readonly #gateway: Gateway;
  readonly #clients: SimClient[] = [];
  readonly #nodes: SimNode[] = [];
  #isHealed = false;
  #failure: unknown = null;

  constructor(seed: number, { sabotage }: WorldOptions = {}) {
    this.#random = new Random(seed);
    this.#plan = drawFaultPlan(this.#random.fork('faults'));
    this.sessions = new SessionChecker(defaultSessionSettings.holdMs, (atMs) => this.#stalledMsSince(atMs));
    this.dispatcher = new DispatcherChecker((nodeId) => this.declared.get(nodeId));
    const broken = sabotage?.(coreDomain, this.#random.fork('sabotage')) ?? coreDomain;
    const memory = new MemoryStore({ clock: this.#clock, completeLater: this.#driver.completeLater });
    this.#runtime = createRuntime(
      {
        clock: this.#clock,
        ids: seededIds(this.#random.fork('ids')),
        chance: this.#random.fork('chance').chance,
        store: {
          perform: (request) =>
            this.happens('store_refuses') ? Promise.resolve('refused') : memory.perform(request),
          readJob: (id) => memory.readJob(id),
          readNode: (id) => memory.readNode(id),
          readSession: (id) => memory.readSession(id),
          close: () => memory.close(),
        },
        meter: { count: () => undefined, observe: () => undefined },
        log: {
          write: (level, event, fields) => {
            // A part of the core that throws is caught by supervision; here it is a failure of the seed.
            if (level === 'error') this.#fail(new Error(`${event}: ${JSON.stringify(fields)}`));
          },
        },
        driver: this.#driver,
      },
      {
        instanceId: 'inst-sim' as InstanceId,
        session: defaultSessionSettings,
        dispatch: defaultDispatchSettings,
        mailboxMax: 200,
        dispatcherMailboxMax: 2000,
        sessionsMax: 1000,
        storeDeadlineMs: 1000,
        turnBudget: 64,
      },
      watchedDomain(broken, this, (error) => this.#fail(error)),
    );
    this.#gateway = new Gateway({
      runtime: this.#runtime,
      settings: defaultGatewaySettings,
      meter: { count: () => undefined },
      stalls: noStalls,
    });
    this.#populate();
  }

  /** Runs the whole history. errors: `Breach` for a broken invariant, anything else for a fault of the code. */
  async run(): Promise<void> {
    this.#runtime.start();
    for (const node of this.#nodes)
      this.agenda.after(this.#random.real(0, 2000), 'node starts', () => node.connect());
    for (const client of this.#clients) {
      this.agenda.after(this.#random.real(0, 6000), 'client starts', () => client.connect());
    }
    this.#scheduleFaults();
    await this.#runUntil(speakingMs);
    this.#heal();
    await this.#runUntil(speakingMs + 20_000);
    for (const client of this.#clients) client.leave();
    await this.#runUntil(speakingMs + settlingMs);
    this.#checkSettled();
  }

  connect(side: 'session' | 'node', name: string, peer: PeerListener): SimConnection {
    const quality = { latencyMs: this.#random.real(1, 40), jitterMs: this.#random.real(0, 30) };
    const connection = new SimConnection(
      name,
      this.agenda,
      this.#random.fork(`${name}${this.agenda.eventCount}`),
      quality,
      this.#process,
      peer,
    );
    this.#gateway.accept(side, connection.server);
    return connection;
  }

  noteFault(fault: FaultName): void {
    this.faultCounts.set(fault, (this.faultCounts.get(fault) ?? 0) + 1);
    this.trace.note(`fault ${fault}`);
  }

  /** Draws a fault that strikes by chance at its own occasions. */
  happens(fault: FaultName): boolean {
    const weight = this.#isHealed ? 0 : (this.#plan[fault] ?? 0);
    if (weight === 0 || !this.#random.happens(weight * 0.5)) return false;
    this.noteFault(fault);
    return true;
  }

  /** Weights of what may happen to a job now. */
  jobFaults(): Partial<
    Record<
      | 'job_slow'
      | 'job_hang'
      | 'job_crash'
      | 'job_twice'
      | 'job_stale'
      | 'job_failure'
      | 'job_empty'
      | 'node_foreign_result',
      number
    >
  > {
    if (this.#isHealed) return {};
    const {
      job_slow = 0,
      job_hang = 0,
      job_crash = 0,
      job_twice = 0,
      job_stale = 0,
      job_failure = 0,
      job_empty = 0,
      node_foreign_result = 0,
    } = this.#plan;
    return {
      job_slow,
      job_hang,
      job_crash,
      job_twice,
      job_stale,
      job_failure,
      job_empty,
      node_foreign_result,
    };
  }

  otherNodeOf(node: SimNode): SimNode | null {
    return this.#random.pickAny(this.#nodes.filter((each) => each !== node && each.nodeId !== null));
  }

  otherSessionOf(client: SimClient): string | null {
    return (
      this.#random.pickAny(this.#clients.filter((each) => each !== client && each.sessionId !== null))
        ?.sessionId ?? null
    );
  }

  /** Sends a message under a foreign identity and compares the victim before and after it was handled [I8]. */
  intrude(connection: SimConnection | null, what: string, digest: () => string, message: object): void {
    connection?.send(JSON.stringify(message), (deliver) => {
      // What is queued for the victim already is its own affair.
      this.#driver.runUntilIdle();
      const before = digest();
      deliver();
      this.#driver.runUntilIdle();
      const after = digest();
      this.trace.note(`intrusion ${what}`);
      if (before !== after) this.#fail(new Breach('I8', `${what} changed its victim`));
    });
  }

  digestOfSession(sessionId: string): string {
    for (const state of this.#runtime.view.sessions()) {
      if (state.sessionId !== sessionId) continue;
      const { segmenter, results, seqs, phase, acceptedAudioMs } = state;
      return JSON.stringify([
        phase,
        acceptedAudioMs,
        seqs.last,
        segmenter.growing?.audioMs ?? null,
        segmenter.paddingMs,
        segmenter.hangover,
        [...results.slots.keys()],
      ]);
    }
    return 'gone';
  }

  digestOfNode(nodeId: string): string {
    const { registry } = this.#runtime.view.dispatcher;
    const node = [...registry.nodes.values()].find((each) => each.nodeId === nodeId);
    if (node === undefined) return 'gone';
    return JSON.stringify([
      node.status,
      node.connectionId,
      node.lastHeartbeatAtMs,
      [...node.slots.keys()],
      node.generation,
    ]);
  }

  #populate(): void {
    const random = this.#random.fork('population');
    const nodeCount = random.between(2, 5);
    for (let at = 0; at < nodeCount; at++) {
      const features = random.happens(0.5) ? [] : ['job_ack', 'audio:opus', 'audio:pcm16'];
      this.#nodes.push(
        new SimNode(this, random.fork(`node ${at}`), {
          name: `node-${at}`,
          capacity: random.between(1, 4),
          features: at === 0 ? ['job_ack', 'audio:opus', 'audio:pcm16'] : features,
          speedMs: random.real(50, 600),
        }),
      );
    }
    const clientCount = random.between(3, 7);
    for (let at = 0; at < clientCount; at++) {
      const habit = HABITS[random.pick(kinds)];
      this.#clients.push(
        new SimClient(this, random.fork(`client ${at}`), habit, at + 1, random.between(4, 9)),
      );
    }
  }

  #scheduleFaults(): void {
    const random = this.#random.fork('fault times');
    const client = (): SimClient | null => random.pickAny(this.#clients);
    const node = (): SimNode | null => random.pickAny(this.#nodes);
    const strikes: Partial<Record<FaultName, () => void>> = {
      client_cut: () => client()?.cut(),
      client_half_open: () => client()?.goHalfOpen(),
      client_stops_reading: () => client()?.stopReading(random.real(500, 15_000)),
      client_replaced: () => client()?.initAgain(),
      node_cut: () => node()?.cut(),
      node_half_open: () => node()?.goHalfOpen(),
      node_crash: () => node()?.crash(),
      node_takeover: () => node()?.takeOver(),
      node_mute: () => node()?.mute(random.real(20_000, 70_000)),
      node_garbage: () => node()?.sendGarbage(),
      node_wrong_id: () => {
        const liar = node();
        const victim = liar === null ? null : this.otherNodeOf(liar);
        if (liar !== null && victim !== null) liar.speakAs(victim);
      },
      loop_stall: () => {
        const untilMs = this.agenda.nowMs + random.real(50, 3000);
        this.#process.stalledUntilMs = Math.max(this.#process.stalledUntilMs, untilMs);
        this.#stalls.push({ fromMs: this.agenda.nowMs, untilMs });
      },
      wall_step: () => this.#clock.stepWall(random.real(-600_000, 600_000)),
    };
    for (const [name, strike] of Object.entries(strikes) as [FaultName, () => void][]) {
      const weight = this.#plan[name];
      if (weight === undefined) continue;
      const next = (): void => {
        this.agenda.after(random.soonOrLate(12_000 / weight), name, () => {
          if (this.#isHealed) return;
          this.noteFault(name);
          strike();
          next();
        });
      };
      next();
    }
  }

  #heal(): void {
    this.#isHealed = true;
    for (const client of this.#clients) client.heal();
    for (const node of this.#nodes) node.heal();
    this.trace.note('healed');
  }

  /** The next thing is either something of the world or the scheduler's own alarm, whichever is earlier. */
  async #runUntil(untilMs: number): Promise<void> {
    for (;;) {
      const alarmAtMs = Math.max(this.#driver.nextAlarmAtMs, this.#process.stalledUntilMs);
      const atMs = Math.min(this.agenda.nextAtMs, alarmAtMs);
      if (atMs > untilMs) break;
      if (atMs > this.#clock.atMs) this.#clock.advanceTo(atMs);
      this.agenda.step(atMs);
      if (this.#clock.atMs >= this.#process.stalledUntilMs) {
        if (this.#driver.hasCompletions) await this.#driver.settle();
        else this.#driver.runUntilIdle();
      }
      if (this.#failure !== null) throw this.#failure;
    }
    this.agenda.step(untilMs);
    if (untilMs > this.#clock.atMs) this.#clock.advanceTo(untilMs);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #stalledMsSince(atMs: number): number {
    return this.#stalls.reduce(
      (sum, { fromMs, untilMs }) => sum + Math.max(0, untilMs - Math.max(fromMs, atMs)),
      0,
    );
  }

  #checkSettled(): void {
    const { view } = this.#runtime;
    if (view.sessionCount > 0) throw new Breach('I6', `${view.sessionCount} sessions are left`);
    this.sessions.settled();
    this.dispatcher.settled(view.dispatcher);
    this.#runtime.stop();
  }
}
