import { openSession } from '#client/open-session.ts';
import type { Session } from '#client/session.ts';
import type { SessionOptions } from '#client/session-options.ts';

/** What all people of a run add up to. */
export interface Tally {
  opened: number;
  refused: number;
  reopened: number;
  sent: number;
  skipped: number;
  translated: number;
  /** Outcomes of sentences that were not spoken to their end. */
  unfinished: number;
  lost: number;
  duplicated: number;
  misordered: number;
  cuts: number;
  audioMs: number;
  readonly missing: Map<string, number>;
  readonly delaysMs: number[];
}

export const newTally = (): Tally => ({
  opened: 0,
  refused: 0,
  reopened: 0,
  sent: 0,
  skipped: 0,
  translated: 0,
  unfinished: 0,
  lost: 0,
  duplicated: 0,
  misordered: 0,
  cuts: 0,
  audioMs: 0,
  missing: new Map(),
  delaysMs: [],
});

/** A socket that can be lost on purpose. */
export interface Cuttable {
  terminate(): void;
}

/** How long the last outcomes may take after a person has left. */
const LAST_OUTCOMES_MS = 20_000;

/**
 * One person with one conversation: through the client SDK, as an app would. Counts what came of each sentence: the
 * k-th outcome belongs to the k-th sentence, for that is what the scheduler promises.
 */
export class Person {
  readonly #tally: Tally;
  readonly #options: SessionOptions;
  readonly #cuttable: () => Cuttable | null;
  readonly #nowMs: () => number;
  /** Ends what the SDK would go on with: attempts to get in, and to come back. */
  readonly #going = new AbortController();
  #session: Session | null = null;
  #reading: Promise<void> = Promise.resolve();
  /** When each sentence ended whose outcome is still owed. */
  #owed: number[] = [];
  #lastIndex = -1;
  #isGone = false;

  constructor(tally: Tally, options: SessionOptions, cuttable: () => Cuttable | null, nowMs: () => number) {
    this.#tally = tally;
    this.#options = options;
    this.#cuttable = cuttable;
    this.#nowMs = nowMs;
  }

  get session(): Session | null {
    return this.#session;
  }

  async open(): Promise<void> {
    try {
      this.#session = await openSession({ ...this.#options, signal: this.#going.signal });
    } catch {
      this.#tally.refused += 1;
      return;
    }
    this.#tally.opened += 1;
    this.#lastIndex = -1;
    this.#reading = this.#read(this.#session);
  }

  /** The sentence is over; its outcome is owed from now on. Where the session went while it was spoken, none can come. */
  finish(): void {
    this.#tally.sent += 1;
    if (this.#session === null) {
      this.#tally.lost += 1;
      return;
    }
    this.#session.endUtterance();
    this.#owed.push(this.#nowMs());
  }

  cut(): void {
    const socket = this.#cuttable();
    if (socket === null) return;
    this.#tally.cuts += 1;
    socket.terminate();
  }

  /**
   * Waits for what is owed, then goes for good, with a goodbye or without; who was not let in yet is waited for no
   * longer.
   */
  async leave(saysGoodbye: boolean): Promise<void> {
    const session = this.#session;
    if (session === null) {
      this.#goNow();
      return;
    }
    const deadlineMs = this.#nowMs() + LAST_OUTCOMES_MS;
    while (!saysGoodbye && this.#owed.length > 0 && this.#nowMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#isGone = true;
    if (saysGoodbye) await session.close({ deadlineMs: LAST_OUTCOMES_MS }).catch(() => undefined);
    else this.#cuttable()?.terminate();
    this.#goNow();
    await this.#reading;
    this.#giveUpOwed();
  }

  #goNow(): void {
    this.#isGone = true;
    this.#going.abort();
  }

  async #read(session: Session): Promise<void> {
    try {
      for await (const outcome of session.results) {
        if (outcome.index === this.#lastIndex) this.#tally.duplicated += 1;
        else if (outcome.index < this.#lastIndex) this.#tally.misordered += 1;
        this.#lastIndex = Math.max(this.#lastIndex, outcome.index);
        const endedAtMs = this.#owed.shift();
        if (endedAtMs === undefined) this.#tally.unfinished += 1;
        else if (outcome.kind === 'translated') {
          this.#tally.translated += 1;
          this.#tally.delaysMs.push(this.#nowMs() - endedAtMs);
        } else {
          const { missing } = this.#tally;
          missing.set(outcome.reason, (missing.get(outcome.reason) ?? 0) + 1);
        }
      }
    } catch {
      // The session was lost for good: what it owed will not come, and the person tries again.
      if (this.#isGone) return;
      this.#session = null;
      this.#giveUpOwed();
      this.#tally.reopened += 1;
      await this.open();
    }
  }

  #giveUpOwed(): void {
    this.#tally.lost += this.#owed.length;
    this.#owed = [];
  }
}
