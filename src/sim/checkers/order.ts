import { isOutcome } from '../habitat.ts';
import type { Observation, SessionStep } from '../observations.ts';
import { Breach } from './breach.ts';
import { type CheckedWorld, type Checker, LATE_MS } from './checker.ts';
import { joblessIn } from './jobless.ts';
import { isSentOnce } from './sent-once.ts';

interface Book {
  /** Indices by job. */
  readonly indexByJob: Map<string, number>;
  /** Without an outcome so far. Null = its job has not ended; else when it did. */
  readonly waiting: Map<number, number | null>;
  readonly hastened: Set<number>;
  /** When those without a job became ready; which indices they have does not show before they are sent. */
  readonly joblessAtMs: number[];
  lastSent: number;
  hasEnded: boolean;
}

/** The share of the hold after which the jobs in front are hastened. Source: design 6.4. */
const HASTEN_SHARE = 1 / 3;

/**
 * I2: outcomes leave in the order of speech, each once; a ready one waits for earlier ones at most for the hold; at a third
 * of it the jobs in front are hastened, and none is given up before its time.
 */
export class OrderChecker implements Checker {
  readonly #world: CheckedWorld;
  readonly #holdMs: number;
  readonly #books = new Map<string, Book>();
  readonly #lastSeen = new Map<string, number>();

  constructor(world: CheckedWorld) {
    this.#world = world;
    this.#holdMs = world.settings.session.holdMs;
  }

  observe(observation: Observation): void {
    if (observation.kind === 'sessionStep') this.#onSession(observation);
    else if (observation.kind === 'breakage') this.#onBreakage(observation.detail);
    else if (observation.kind === 'clientSaw') this.#onClient(observation);
  }

  /** A session that died holds nothing back any more. */
  #onBreakage(detail: string): void {
    for (const [sessionId, book] of this.#books) if (detail.includes(sessionId)) book.hasEnded = true;
  }

  #onClient({ client, message }: Extract<Observation, { kind: 'clientSaw' }>): void {
    if (message.type === 'session_init_ack') this.#lastSeen.delete(client);
    if (!isOutcome(message)) return;
    const last = this.#lastSeen.get(client) ?? -1;
    const index = message.utterance_index;
    if (index <= last) throw new Breach('I2', `${client} saw index ${index} after ${last}`);
    this.#lastSeen.set(client, index);
  }

  #onSession(step: SessionStep): void {
    const { sessionId } = step.state;
    const book = this.#bookOf(sessionId);
    if (step.event.kind === 'jobEnded') {
      const index = book.indexByJob.get(step.event.jobId);
      if (index !== undefined && book.waiting.get(index) === null) book.waiting.set(index, step.now.atMs);
    }
    const { refused, shed } = joblessIn(step.effects);
    for (let left = refused + shed; left > 0; left -= 1) book.joblessAtMs.push(step.now.atMs);
    for (const effect of step.effects) {
      switch (effect.kind) {
        case 'submitJob': {
          const { jobId, utteranceIndex } = effect.request;
          book.indexByJob.set(jobId, utteranceIndex);
          book.waiting.set(utteranceIndex, null);
          break;
        }
        case 'hastenJob': {
          const index = book.indexByJob.get(effect.jobId);
          if (index !== undefined) book.hastened.add(index);
          break;
        }
        case 'cancelJob':
          if (effect.reason === 'order_timeout') this.#checkGivenUp(step, book, effect.jobId);
          break;
        case 'sendClient':
          if (isSentOnce(effect)) this.#sent(sessionId, book, effect.message.utterance_index);
          break;
        case 'ended':
          book.hasEnded = true;
          break;
        default:
      }
    }
    this.#checkWaiting(step, book);
  }

  #sent(sessionId: string, book: Book, index: number): void {
    if (index <= book.lastSent)
      throw new Breach('I2', `${sessionId} sent index ${index} after ${book.lastSent}`);
    for (const earlier of book.waiting.keys()) {
      if (earlier < index) throw new Breach('I2', `${sessionId} sent index ${index} before ${earlier}`);
    }
    book.lastSent = index;
    if (!book.waiting.delete(index)) book.joblessAtMs.shift();
    book.hastened.delete(index);
  }

  /** Someone must have waited for it all the time it may cost. */
  #checkGivenUp({ state, now }: SessionStep, book: Book, jobId: string): void {
    const index = book.indexByJob.get(jobId);
    if (index === undefined) return;
    const isOverdue = (readyAtMs: number | null): boolean =>
      readyAtMs !== null && now.atMs - readyAtMs >= this.#holdMs - 1;
    for (const [later, readyAtMs] of book.waiting) if (later > index && isOverdue(readyAtMs)) return;
    if (book.joblessAtMs.some(isOverdue)) return;
    throw new Breach('I2', `${state.sessionId} gave up index ${index} too early`);
  }

  /** Looks at what waits, not only at what leaves: a result that never leaves is late too. */
  #checkWaiting({ state, now }: SessionStep, book: Book): void {
    if (book.hasEnded || book.waiting.size < 2) return;
    let isUnhastened = false;
    let isBlocked = false;
    for (const [index, readyAtMs] of book.waiting) {
      if (readyAtMs === null) {
        isBlocked = true;
        isUnhastened ||= !book.hastened.has(index);
        continue;
      }
      if (!isBlocked) continue;
      const waitedMs = now.atMs - readyAtMs;
      if (waitedMs <= this.#holdMs * HASTEN_SHARE + LATE_MS) continue;
      // Our own stalls, and as much again to read what came meanwhile.
      const unfairMs = waitedMs - 2 * this.#world.stalledMsSince(readyAtMs) - LATE_MS;
      const who = `${state.sessionId} index ${index}`;
      if (unfairMs > this.#holdMs) throw new Breach('I2', `${who} was held for ${Math.round(waitedMs)} ms`);
      if (isUnhastened && unfairMs > this.#holdMs * HASTEN_SHARE) {
        throw new Breach(
          'I2',
          `${who} waited ${Math.round(waitedMs)} ms and what blocks it was not hastened`,
        );
      }
    }
  }

  #bookOf(sessionId: string): Book {
    let book = this.#books.get(sessionId);
    if (book === undefined) {
      book = {
        indexByJob: new Map(),
        waiting: new Map(),
        hastened: new Set(),
        joblessAtMs: [],
        lastSent: -1,
        hasEnded: false,
      };
      this.#books.set(sessionId, book);
    }
    return book;
  }
}
