import type { Now } from '#core/clock.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { Breach } from './breach.ts';

/** What is known of one session from its steps alone. */
interface Book {
  /** Index by job, for jobs that were submitted and have had no outcome yet. */
  readonly openJobs: Map<string, number>;
  /** When the outcome of an index that has not left yet came, by index. */
  readonly readyAtMs: Map<number, number>;
  /** Indices submitted and not delivered. */
  readonly undelivered: Set<number>;
  lastDelivered: number;
  hasEnded: boolean;
}

/** A firing is at most one tick of the timer wheel late, and events of one instant are handled in their order. */
const lateMs = 20;

/**
 * I1 and I2 for one process, from what sessions were told and what they sent: every submitted utterance gets exactly one
 * outcome unless its socket is lost, outcomes leave in index order, and none waits for an earlier one longer than the
 * hold. Knows nothing of how the core does it.
 */
export class SessionChecker {
  readonly #holdMs: number;
  readonly #books = new Map<string, Book>();
  /** How long the process stood still since a given instant; that is nobody's waiting. */
  readonly #stalledMsSince: (atMs: number) => number;
  outcomes = 0;
  missing = 0;
  held = 0;

  constructor(holdMs: number, stalledMsSince: (atMs: number) => number) {
    this.#holdMs = holdMs;
    this.#stalledMsSince = stalledMsSince;
  }

  saw(sessionId: string, event: SessionEvent, effects: readonly SessionEffect[], now: Now): void {
    const book = this.#bookOf(sessionId);
    if (book.hasEnded && effects.length > 0) throw new Breach('I1', `${sessionId} acted after its end`);
    if (event.kind === 'jobEnded') {
      const index = book.openJobs.get(event.jobId);
      // An index that was given up has had its outcome; what its job still brings is not waiting.
      const isOpen = index !== undefined && book.undelivered.has(index);
      if (isOpen && !book.readyAtMs.has(index)) book.readyAtMs.set(index, now.atMs);
    }
    for (const effect of effects) this.#sawEffect(sessionId, book, effect, now);
    this.#checkHold(sessionId, book, now);
  }

  /** At the end of a world: no session is left with an utterance that had no outcome. */
  settled(): void {
    for (const [sessionId, book] of this.#books) {
      if (!book.hasEnded && book.undelivered.size > 0) {
        throw new Breach('I1', `${sessionId} still owes ${book.undelivered.size} outcomes`);
      }
    }
  }

  #sawEffect(sessionId: string, book: Book, effect: SessionEffect, now: Now): void {
    if (effect.kind === 'submitJob') {
      const { jobId, utteranceIndex } = effect.request;
      if (book.undelivered.has(utteranceIndex) || utteranceIndex <= book.lastDelivered) {
        throw new Breach('I1', `${sessionId} submitted index ${utteranceIndex} twice`);
      }
      book.openJobs.set(jobId, utteranceIndex);
      book.undelivered.add(utteranceIndex);
    } else if (effect.kind === 'sendClient') {
      const { message } = effect;
      if (message.type === 'translation_result' || message.type === 'missing_result') {
        this.#delivered(sessionId, book, message.utterance_index, message.type, now);
      }
    } else if (effect.kind === 'ended') {
      if (effect.reason !== 'socket_lost' && book.undelivered.size > 0) {
        throw new Breach(
          'I1',
          `${sessionId} ended (${effect.reason}) owing ${book.undelivered.size} outcomes`,
        );
      }
      book.hasEnded = true;
    }
  }

  #delivered(sessionId: string, book: Book, index: number, type: string, now: Now): void {
    if (index <= book.lastDelivered) {
      throw new Breach('I2', `${sessionId} sent index ${index} after ${book.lastDelivered}`);
    }
    for (const earlier of book.undelivered) {
      if (earlier < index) throw new Breach('I2', `${sessionId} sent index ${index} before ${earlier}`);
    }
    const readyAtMs = book.readyAtMs.get(index);
    if (readyAtMs !== undefined && now.atMs > readyAtMs) this.held += 1;
    book.lastDelivered = index;
    book.undelivered.delete(index);
    book.readyAtMs.delete(index);
    this.outcomes += 1;
    if (type === 'missing_result') this.missing += 1;
  }

  /** Looks at what waits, not only at what leaves: a result that never leaves is late too. */
  #checkHold(sessionId: string, book: Book, now: Now): void {
    if (book.hasEnded) return;
    for (const [index, readyAtMs] of book.readyAtMs) {
      const waitedMs = now.atMs - readyAtMs - this.#stalledMsSince(readyAtMs);
      if (waitedMs > this.#holdMs + lateMs) {
        throw new Breach('I2', `${sessionId} held index ${index} for ${Math.round(waitedMs)} ms`);
      }
    }
  }

  #bookOf(sessionId: string): Book {
    let book = this.#books.get(sessionId);
    if (book === undefined) {
      book = {
        openJobs: new Map(),
        readyAtMs: new Map(),
        undelivered: new Set(),
        lastDelivered: -1,
        hasEnded: false,
      };
      this.#books.set(sessionId, book);
    }
    return book;
  }
}
