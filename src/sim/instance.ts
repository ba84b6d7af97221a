import { Doorkeeper } from '#gateway/auth/doorkeeper.ts';
import { Tickets } from '#gateway/auth/tickets.ts';
import { Tokens } from '#gateway/auth/tokens.ts';
import { Gateway } from '#gateway/gateway.ts';
import { LoopLag } from '#gateway/loop-lag.ts';
import type { Transport } from '#gateway/transport.ts';
import type { Runtime } from '#runtime/contract.ts';
import type { Domain } from '#runtime/domain.ts';
import { createRuntime } from '#runtime/runtime.ts';
import { HandDriver } from '#testing/hand-driver.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';
import type { Agenda, Sleeper } from './agenda.ts';
import type { InstanceTraits } from './instance-settings.ts';
import type { Observer } from './observations.ts';
import { Poison } from './poison.ts';
import { type Random, seededIds } from './random.ts';
import { SimMeter } from './sim-meter.ts';
import { SimStore } from './sim-store.ts';

export interface InstanceParts {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly traits: InstanceTraits;
  /** The core as this world has it; `watch` sees what becomes of its steps. */
  readonly domain: Domain;
  watch(domain: Domain): Domain;
  readonly observe: Observer;
}

interface Stall {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** One scheduler process of a world: production runtime, store, gateway and stall meter, turned by hand. */
export class Instance implements Sleeper {
  readonly name: string;
  readonly clock = new SimulatedClock();
  readonly driver = new HandDriver(this.clock);
  readonly meter = new SimMeter();
  readonly store: SimStore;
  readonly poison: Poison;
  readonly runtime: Runtime;
  readonly traits: InstanceTraits;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #gateway: Gateway;
  readonly #lag: LoopLag;
  readonly #stalls: Stall[] = [];
  #isTurnDue = false;
  #isDraining = false;

  constructor({ agenda, random, traits, domain, watch, observe }: InstanceParts) {
    this.name = traits.settings.instanceId;
    this.traits = traits;
    this.#agenda = agenda;
    this.#random = random.fork('turns');
    this.poison = new Poison(random.fork('poison'));
    this.store = new SimStore(this.clock, agenda, random.fork('store'), this);
    this.runtime = createRuntime(
      {
        clock: this.clock,
        ids: seededIds(random.fork('ids')),
        chance: random.fork('chance').chance,
        store: this.store.port,
        meter: this.meter,
        log: {
          write: (level, event, fields) => {
            if (level === 'error') observe({ kind: 'breakage', event, detail: JSON.stringify(fields) });
          },
        },
        driver: this.driver,
      },
      traits.settings,
      watch(this.poison.poisoned(domain)),
    );
    this.#lag = new LoopLag(this.runtime, (durationMs) => this.runtime.noteStall(durationMs));
    const { clock, ids } = this.runtime.ports;
    this.#gateway = new Gateway(
      { runtime: this.runtime, settings: traits.gateway, meter: this.meter, stalls: this.#lag },
      // Sockets come past the door here: they are no upgrades.
      new Doorkeeper({
        tokens: new Tokens([]),
        tickets: new Tickets({ clock, ids }),
        origins: [],
        isInsecure: false,
      }),
    );
  }

  get stalledUntilMs(): number {
    return this.#stalls.at(-1)?.untilMs ?? 0;
  }

  /** When it would act by itself; Infinity if never. */
  get nextAtMs(): number {
    if (this.#isTurnDue) return Number.POSITIVE_INFINITY;
    return Math.max(this.driver.nextAlarmAtMs, this.stalledUntilMs);
  }

  get isQuiet(): boolean {
    return this.driver.nextAlarmAtMs === Number.POSITIVE_INFINITY && !this.driver.hasTurns;
  }

  get openSockets(): number {
    return [...this.#gateway.sockets()].length;
  }

  /** False when it takes no new sockets. */
  accept(side: 'session' | 'node', transport: Transport): boolean {
    if (!this.#gateway.isAccepting) return false;
    this.#gateway.accept(side, transport);
    return true;
  }

  /** The process does nothing at all for a while; the world goes on. One that stands still already is left alone. */
  stall(durationMs: number): void {
    const fromMs = this.#agenda.nowMs;
    if (this.stalledUntilMs <= fromMs) this.#stalls.push({ fromMs, untilMs: fromMs + durationMs });
  }

  /** How much of the time since then it stood still: that time is nobody's waiting. */
  stalledMsSince(atMs: number): number {
    return this.#stalls.reduce(
      (sum, { fromMs, untilMs }) =>
        sum + Math.max(0, Math.min(untilMs, this.#agenda.nowMs) - Math.max(fromMs, atMs)),
      0,
    );
  }

  /** The way out of a process that is told to go. */
  drain(deadlineMs: number): void {
    this.#gateway.stopAccepting();
    this.#isDraining = true;
    const leave = async (): Promise<void> => {
      await this.runtime.drain(deadlineMs);
      await this.#gateway.closeAll();
      this.#isDraining = false;
    };
    void leave();
  }

  /** After the end of a world: the standing beat of the stall meter stops, so that what else is left shows. */
  stopBeat(): void {
    this.#lag.stop();
  }

  /** Its clock goes on, whatever else it does or does not do. */
  tick(atMs: number): void {
    if (atMs > this.clock.atMs) this.clock.advanceTo(atMs);
  }

  /** To be called at every instant of the world: the process does what it has to do then. */
  async act(): Promise<void> {
    const { nowMs } = this.#agenda;
    if (this.stalledUntilMs > nowMs) return;
    if (this.store.hasAnswered || this.#isDraining) {
      this.store.hasAnswered = false;
      await this.driver.settle();
      return;
    }
    const isDue = this.driver.hasTurns || this.driver.nextAlarmAtMs <= nowMs;
    if (!isDue || this.#isTurnDue) return;
    if (this.traits.turnDelayMsMax === 0) {
      this.driver.runUntilIdle();
      return;
    }
    this.#isTurnDue = true;
    const delayMs = this.#random.real(0, this.traits.turnDelayMsMax);
    this.#agenda.after(
      delayMs,
      `${this.name} turn`,
      () => {
        this.#isTurnDue = false;
        this.flush();
      },
      this,
    );
  }

  /** Everything that waits is handled now. */
  flush(): void {
    this.driver.runUntilIdle();
  }
}
