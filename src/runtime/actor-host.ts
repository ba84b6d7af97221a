import type { Clock, Now } from '#core/clock.ts';
import type { Enqueued } from './contract.ts';
import { type EventClass, Mailbox, type MailboxBounds, type Ticket } from './mailbox.ts';
import { RingBuffer } from './ring-buffer.ts';

/**
 * What one kind of actor does. `State` is whatever the host shall hand back: the core's state and what the runtime
 * keeps beside it. Effects are performed right after the step that caused them, in their order [RUN11].
 */
export interface ActorBehaviour<State, Event, Effect> {
  step(state: State, event: Event, now: Now): readonly Effect[];
  perform(state: State, effect: Effect, now: Now): void;
  /** A step or an effect threw; the actor is gone already and nothing of it runs any more [RUN4]. */
  died(state: State, error: unknown): void;
}

/** Something with a place in the ready queue. */
interface Runnable {
  runNext(): void;
}

/**
 * Runs every actor of the process from one ready queue: one place per waiting event, so events are handled in the order
 * in which they were told, across all actors. That order depends on nothing but the inputs [RUN2].
 */
export class ActorHost {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #ready = new RingBuffer<Runnable>();
  #isTurnOver = false;

  /** `wake` is called whenever there is something to run; it may be called often and must not run anything itself. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  get hasWork(): boolean {
    return this.#ready.length > 0;
  }

  kind<Key, State, Event, Effect>(
    behaviour: ActorBehaviour<State, Event, Effect>,
    bounds: MailboxBounds,
  ): ActorKind<Key, State, Event, Effect> {
    return new ActorKind(behaviour, bounds, this.#clock, (actor) => {
      this.#ready.push(actor);
      this.#wake();
    });
  }

  /** What waits, waits for the next turn. The event that is handled now still comes to its end. */
  endTurn(): void {
    this.#isTurnOver = true;
  }

  /** Handles at most `budget` events, each to its end; those told on the way count [RUN3]. */
  runTurn(budget: number): void {
    this.#isTurnOver = false;
    for (let left = budget; left > 0 && !this.#isTurnOver; left -= 1) {
      const actor = this.#ready.shift();
      if (actor === undefined) return;
      actor.runNext();
    }
  }
}

/** What all actors of one kind share. */
interface ActorHome<Key, State, Event, Effect> {
  /** The most events that ever waited for one of them. */
  highWater: number;
  readonly behaviour: ActorBehaviour<State, Event, Effect>;
  readonly clock: Clock;
  makeReady(actor: Runnable): void;
  forget(key: Key): void;
}

/** The live actors of one kind, by key, in the order in which they were born. */
export class ActorKind<Key, State, Event, Effect> {
  readonly #home: ActorHome<Key, State, Event, Effect>;
  readonly #bounds: MailboxBounds;
  readonly #actors = new Map<Key, Actor<Key, State, Event, Effect>>();
  /** Frames of one socket come in heaps: the one that was found last is mostly looked for again. */
  #foundLast: Actor<Key, State, Event, Effect> | null = null;

  constructor(
    behaviour: ActorBehaviour<State, Event, Effect>,
    bounds: MailboxBounds,
    clock: Clock,
    makeReady: (actor: Runnable) => void,
  ) {
    this.#bounds = bounds;
    const forget = (key: Key): void => {
      this.#actors.delete(key);
      this.#foundLast = null;
    };
    this.#home = { highWater: 0, behaviour, clock, makeReady, forget };
  }

  get count(): number {
    return this.#actors.size;
  }

  /** The most events that ever waited for one of them, ended ones included. */
  get highWater(): number {
    return this.#home.highWater;
  }

  /**
   * Throws when the key lives already: keys come from the id source or exist once. A paused actor takes events, but
   * handles none until `resume`.
   */
  spawn(key: Key, state: State, isPaused = false): Actor<Key, State, Event, Effect> {
    if (this.#actors.has(key)) throw new Error('an actor with this key lives already');
    const actor = new Actor(key, state, new Mailbox<Event>(this.#bounds), this.#home, isPaused);
    this.#actors.set(key, actor);
    return actor;
  }

  find(key: Key): Actor<Key, State, Event, Effect> | undefined {
    if (this.#foundLast !== null && this.#foundLast.key === key) return this.#foundLast;
    const actor = this.#actors.get(key);
    if (actor !== undefined) this.#foundLast = actor;
    return actor;
  }

  actors(): IterableIterator<Actor<Key, State, Event, Effect>> {
    return this.#actors.values();
  }
}

/** One actor: its state, its mailbox, and whether it runs. */
export class Actor<Key, State, Event, Effect> implements Runnable {
  readonly key: Key;
  readonly state: State;
  readonly #mailbox: Mailbox<Event>;
  readonly #home: ActorHome<Key, State, Event, Effect>;
  #isAlive = true;
  #isPaused: boolean;

  constructor(
    key: Key,
    state: State,
    mailbox: Mailbox<Event>,
    home: ActorHome<Key, State, Event, Effect>,
    isPaused: boolean,
  ) {
    this.key = key;
    this.state = state;
    this.#mailbox = mailbox;
    this.#home = home;
    this.#isPaused = isPaused;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Events that wait. */
  get depth(): number {
    return this.#mailbox.depth;
  }

  /** Never runs the actor inside this call. */
  tell(event: Event, eventClass: EventClass, ticket: Ticket | null = null): Enqueued {
    if (!this.#isAlive) return 'gone';
    const offered = this.#mailbox.offer(event, eventClass, ticket);
    if (this.#mailbox.highWater > this.#home.highWater) this.#home.highWater = this.#mailbox.highWater;
    if (offered === 'queued' && !this.#isPaused) this.#home.makeReady(this);
    return offered;
  }

  /** What waits gets its places at the end of the ready queue. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (let waiting = this.#mailbox.depth; waiting > 0; waiting -= 1) this.#home.makeReady(this);
  }

  /** Drops what waits; the key is free again. */
  end(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#mailbox.clear();
    this.#home.forget(this.key);
  }

  /** Handles the oldest event, unless it lost its ticket. */
  runNext(): void {
    const letter = this.#mailbox.take();
    if (letter === undefined || (letter.ticket !== null && !letter.ticket.redeem())) return;
    const { behaviour, clock } = this.#home;
    try {
      const now = clock.now();
      const effects = behaviour.step(this.state, letter.event, now);
      for (const effect of effects) behaviour.perform(this.state, effect, now);
    } catch (error) {
      this.end();
      behaviour.died(this.state, error);
    }
  }
}
