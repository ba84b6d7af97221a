import type { Ticket } from './mailbox.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from './timer-wheel.ts';

/** Puts a firing into its actor's mailbox. */
export type DeliverFiring = (key: string, firing: Ticket) => void;

/**
 * The timers of one actor, at most one live per key [RUN6]. A firing that waits in the mailbox while its timer is set
 * anew or cleared never reaches the actor [RUN5]: it carries the epoch that it was set in, and every change of the
 * timer begins another.
 */
export class ActorTimers {
  readonly #wheel: TimerWheel;
  readonly #deliver: DeliverFiring;
  readonly #timers = new Map<string, ActorTimer>();

  constructor(wheel: TimerWheel, deliver: DeliverFiring) {
    this.#wheel = wheel;
    this.#deliver = deliver;
  }

  /** Timers that are set, or rang and whose firing still waits. */
  get size(): number {
    return this.#timers.size;
  }

  set(key: string, atMs: number): void {
    let timer = this.#timers.get(key);
    if (timer === undefined) {
      timer = new ActorTimer(key, this.#deliver, this.#timers);
      this.#timers.set(key, timer);
    }
    timer.epoch += 1;
    this.#wheel.set(timer.wheelTimer, atMs);
  }

  clear(key: string): void {
    const timer = this.#timers.get(key);
    if (timer === undefined) return;
    this.#timers.delete(key);
    timer.epoch += 1;
    this.#wheel.clear(timer.wheelTimer);
  }

  /** The actor is gone. */
  clearAll(): void {
    for (const key of this.#timers.keys()) this.clear(key);
  }
}

class ActorTimer implements TimerOwner {
  readonly wheelTimer = new WheelTimer(this);
  readonly #key: string;
  readonly #deliver: DeliverFiring;
  readonly #siblings: Map<string, ActorTimer>;
  epoch = 0;

  constructor(key: string, deliver: DeliverFiring, siblings: Map<string, ActorTimer>) {
    this.#key = key;
    this.#deliver = deliver;
    this.#siblings = siblings;
  }

  ring(): void {
    const { epoch } = this;
    this.#deliver(this.#key, { redeem: () => this.#redeem(epoch) });
  }

  /** The timer ends when its firing is handled, so that the step may set it again. */
  #redeem(epoch: number): boolean {
    if (epoch !== this.epoch) return false;
    this.#siblings.delete(this.#key);
    this.epoch += 1;
    return true;
  }
}
