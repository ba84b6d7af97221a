import { RingBuffer } from './ring-buffer.ts';

/**
 * What happens to an event at the bound [RUN1].
 *
 * - `sheddable`: may be dropped, and is counted by whoever offered it: audio, and partial texts that a newer one replaces.
 * - `control`: never dropped; at the bound the source is closed.
 * - `request`: asks another actor for work; at the bound the asker is told no.
 * - `certain`: always fits. Endings, firings of timers and answers, each of which something that was let in before
 *   already bounds.
 */
export type EventClass = 'sheddable' | 'control' | 'request' | 'certain';

/** Events of one class that may wait at once. Each class has a bound of its own, so that none crowds out another. */
export type MailboxBounds = Readonly<Record<Exclude<EventClass, 'certain'>, number>>;

/** What became of an offer. `shed`: a sheddable event at its bound. `full`: any other event at its bound. */
export type Offered = 'queued' | 'shed' | 'full';

/** A right to be handled that may be lost while the event waits: the firing of a timer that was replaced [RUN5]. */
export interface Ticket {
  /** Asked once, right before the event is handled: false when it must not reach the actor. */
  redeem(): boolean;
}

/** An event on its way to its actor. */
export interface Letter<Event> {
  readonly event: Event;
  readonly eventClass: EventClass;
  readonly ticket: Ticket | null;
}

/** The one way into an actor: events in order of arrival, bounded by class. */
export class Mailbox<Event> {
  readonly #bounds: MailboxBounds;
  readonly #letters = new RingBuffer<Letter<Event>>();
  #sheddable = 0;
  #control = 0;
  #requests = 0;
  #highWater = 0;

  constructor(bounds: MailboxBounds) {
    this.#bounds = bounds;
  }

  /** Events that wait. */
  get depth(): number {
    return this.#letters.length;
  }

  /** The greatest depth there ever was. */
  get highWater(): number {
    return this.#highWater;
  }

  offer(event: Event, eventClass: EventClass, ticket: Ticket | null = null): Offered {
    if (!this.#fits(eventClass)) return eventClass === 'sheddable' ? 'shed' : 'full';
    this.#letters.push({ event, eventClass, ticket });
    this.#count(eventClass, 1);
    if (this.#letters.length > this.#highWater) this.#highWater = this.#letters.length;
    return 'queued';
  }

  /** The oldest event; undefined when none waits. */
  take(): Letter<Event> | undefined {
    const letter = this.#letters.shift();
    if (letter !== undefined) this.#count(letter.eventClass, -1);
    return letter;
  }

  /** Drops everything: the actor is gone. */
  clear(): void {
    this.#letters.clear();
    this.#sheddable = 0;
    this.#control = 0;
    this.#requests = 0;
  }

  // By name, not by key: every event of every actor comes through here twice.

  #fits(eventClass: EventClass): boolean {
    switch (eventClass) {
      case 'sheddable':
        return this.#sheddable < this.#bounds.sheddable;
      case 'control':
        return this.#control < this.#bounds.control;
      case 'request':
        return this.#requests < this.#bounds.request;
      case 'certain':
        return true;
    }
  }

  #count(eventClass: EventClass, by: 1 | -1): void {
    switch (eventClass) {
      case 'sheddable':
        this.#sheddable += by;
        break;
      case 'control':
        this.#control += by;
        break;
      case 'request':
        this.#requests += by;
        break;
      case 'certain':
    }
  }
}
